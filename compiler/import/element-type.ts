/** Names of the number types that occur in weight and data files. */
export type ElementName =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "bfloat16"
  | "float32"
  | "float64";

export interface ElementType {
  readonly name: ElementName;
  readonly bytes: number;
  /** Value at a byte offset. 64-bit integers beyond 2^53 come back rounded: see `allExact`. */
  readonly read: (view: DataView, offset: number, littleEndian: boolean) => number;
}

const wordsToNumber = (view: DataView, offset: number, littleEndian: boolean, signed: boolean): number => {
  const highOffset = littleEndian ? offset + 4 : offset;
  const low = view.getUint32(littleEndian ? offset : offset + 4, littleEndian);
  const high = signed ? view.getInt32(highOffset, littleEndian) : view.getUint32(highOffset, littleEndian);
  return high * 2 ** 32 + low;
};

/** IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** bfloat16 is the upper half of a float32. */
function brainFloatToNumber(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}

const types: readonly ElementType[] = [
  { name: "bool", bytes: 1, read: (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1) },
  { name: "int8", bytes: 1, read: (view, offset) => view.getInt8(offset) },
  { name: "uint8", bytes: 1, read: (view, offset) => view.getUint8(offset) },
  { name: "int16", bytes: 2, read: (view, offset, little) => view.getInt16(offset, little) },
  { name: "uint16", bytes: 2, read: (view, offset, little) => view.getUint16(offset, little) },
  { name: "int32", bytes: 4, read: (view, offset, little) => view.getInt32(offset, little) },
  { name: "uint32", bytes: 4, read: (view, offset, little) => view.getUint32(offset, little) },
  { name: "int64", bytes: 8, read: (view, offset, little) => wordsToNumber(view, offset, little, true) },
  { name: "uint64", bytes: 8, read: (view, offset, little) => wordsToNumber(view, offset, little, false) },
  { name: "float16", bytes: 2, read: (view, offset, little) => halfToNumber(view.getUint16(offset, little)) },
  { name: "bfloat16", bytes: 2, read: (view, offset, little) => brainFloatToNumber(view.getUint16(offset, little)) },
  { name: "float32", bytes: 4, read: (view, offset, little) => view.getFloat32(offset, little) },
  { name: "float64", bytes: 8, read: (view, offset, little) => view.getFloat64(offset, little) },
];

export const elementTypes = Object.fromEntries(types.map((type) => [type.name, type])) as Readonly<
  Record<ElementName, ElementType>
>;

export const isInteger = (type: ElementType): boolean => !type.name.includes("float");

/** False when a 64-bit integer was rounded by `read`, because a Number cannot hold it exactly. */
export const allExact = (type: ElementType, values: Float64Array): boolean =>
  type.bytes < 8 || !isInteger(type) || values.every(Number.isSafeInteger);

/** `count` values that follow each other from the start of `view` on. */
export function readElements(view: DataView, type: ElementType, count: number, littleEndian: boolean): Float64Array {
  const data = new Float64Array(count);
  if (type.name === "int8") data.set(new Int8Array(view.buffer, view.byteOffset, count));
  else if (type.name === "float32") {
    for (let i = 0; i < count; i++) data[i] = view.getFloat32(4 * i, littleEndian);
  } else for (let i = 0; i < count; i++) data[i] = type.read(view, i * type.bytes, littleEndian);
  return data;
}

/** Loops instead of `every`, because files hold millions of values. */
export function allFinite(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

export function allIntegers(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isInteger(values[i])) return false;
  return true;
}
