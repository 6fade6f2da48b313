/**
 * One description per register, read by lowering, C emission, simulator, inspector and documentation.
 */

/**
 * quadrant: control registers of a quadrant; layer: one per hardware layer; stream: one per streaming layer;
 * global: from the APB base (FIFO and always-on domain); fifo: the fast FIFO.
 */
export type RegisterScope = "global" | "quadrant" | "layer" | "stream" | "fifo";

export interface FieldSpec {
  readonly lsb: number;
  readonly width: number;
  readonly doc: string;
  /** Named values of an enumeration field. */
  readonly values?: Readonly<Record<string, number>>;
}

export interface RegisterSpec {
  readonly name: string;
  /** Short text behind the write in generated C. */
  readonly label: string;
  readonly scope: RegisterScope;
  /** Word index within its scope (see the device's address functions). */
  readonly index: number;
  readonly doc: string;
  readonly fields: Readonly<Record<string, FieldSpec>>;
}

/** Field values to encode: numbers, booleans for one-bit fields, names for enumerations. */
export type FieldValues = Readonly<Record<string, number | boolean | string | undefined>>;

/** Packs field values into a word. Throws RangeError when a field is unknown or a value does not fit. */
export function encodeRegister(register: RegisterSpec, values: FieldValues): number {
  let word = 0;
  for (const [name, given] of Object.entries(values)) {
    if (given === undefined) continue;
    const field = register.fields[name];
    if (field === undefined) throw new RangeError(`register ${register.name} has no field ${name}`);
    const value = fieldNumber(register, name, field, given);
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** field.width) {
      throw new RangeError(`${register.name}.${name} = ${value} does not fit ${field.width} bits`);
    }
    word += value * 2 ** field.lsb;
  }
  return word >>> 0;
}

/** Splits a word into its fields, as numbers. */
export function decodeRegister(register: RegisterSpec, word: number): Record<string, number> {
  const fields: Record<string, number> = {};
  for (const name of Object.keys(register.fields)) fields[name] = decodeField(register, name, word);
  return fields;
}

/** One field of a word, as a number. Throws RangeError when the register has no such field. */
export function decodeField(register: RegisterSpec, name: string, word: number): number {
  const field = register.fields[name];
  if (field === undefined) throw new RangeError(`register ${register.name} has no field ${name}`);
  return field.width === 32 ? word >>> 0 : (word >>> field.lsb) & (2 ** field.width - 1);
}

/** The non-zero fields of a word as `field=value`, enumerations by name. */
export function describeRegister(register: RegisterSpec, word: number): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(decodeRegister(register, word))) {
    if (value === 0) continue;
    const field = register.fields[name] as FieldSpec;
    const named = Object.entries(field.values ?? {}).find(([, number]) => number === value);
    parts.push(field.width === 1 && named === undefined ? name : `${name}=${named?.[0] ?? value}`);
  }
  return parts.join(" ");
}

function fieldNumber(register: RegisterSpec, name: string, field: FieldSpec, given: number | boolean | string): number {
  if (typeof given === "number") return given;
  if (typeof given === "boolean") return given ? 1 : 0;
  const value = field.values?.[given];
  if (value === undefined) throw new RangeError(`${register.name}.${name} has no value ${given}`);
  return value;
}
