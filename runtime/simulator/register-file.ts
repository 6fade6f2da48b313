import {
  decodeField,
  decodeRegister,
  encodeRegister,
  registerAddress,
  registerTables,
  type DeviceSpec,
  type RegisterSpec,
} from "../../targets/index.ts";

/** A register at one bus address. */
export interface RegisterSlot {
  readonly spec: RegisterSpec;
  /** null for the registers all quadrants share. */
  readonly quadrant: number | null;
  /** Hardware layer or streaming slot; 0 for registers that are not per layer. */
  readonly layer: number;
}

/** Every register of a device by address, and the words they hold. Registers are 0 until written. */
export class RegisterFile {
  readonly #device: DeviceSpec;
  readonly #table: Readonly<Record<string, RegisterSpec>>;
  readonly #slots: ReadonlyMap<number, RegisterSlot>;
  readonly #words = new Map<number, number>();

  constructor(device: DeviceSpec) {
    this.#device = device;
    this.#table = registerTables[device.name];
    this.#slots = slotsOf(device);
  }

  slotAt(address: number): RegisterSlot | undefined {
    return this.#slots.get(address);
  }

  readAddress(address: number): number {
    return this.#words.get(address) ?? 0;
  }

  writeAddress(address: number, value: number): void {
    this.#words.set(address, value >>> 0);
  }

  /** Whether this device's register has the field; throws when no device has it. */
  has(register: string, field: string): boolean {
    if (this.#table[register]?.fields[field] !== undefined) return true;
    if (!Object.values(registerTables).some((table) => table[register]?.fields[field] !== undefined)) {
      throw new RangeError(`no device has a field ${register}.${field}`);
    }
    return false;
  }

  /** Field value; 0 where this device does not have the field. */
  get(register: string, field: string, quadrant: number, layer = 0): number {
    if (!this.has(register, field)) return 0;
    const spec = this.#table[register] as RegisterSpec;
    return decodeField(spec, field, this.word(register, quadrant, layer));
  }

  /** Whole word; 0 where this device has no such register. */
  word(register: string, quadrant: number, layer = 0): number {
    const spec = this.#table[register];
    return spec === undefined ? 0 : this.readAddress(registerAddress(this.#device, spec, quadrant, layer));
  }

  /** Changes some fields and keeps the others. */
  set(register: string, values: Readonly<Record<string, number>>, quadrant: number, layer = 0): void {
    const spec = this.#table[register] as RegisterSpec;
    const address = registerAddress(this.#device, spec, quadrant, layer);
    const fields = decodeRegister(spec, this.readAddress(address));
    this.writeAddress(address, encodeRegister(spec, { ...fields, ...values }));
  }

  /** Zeroes the layer and streaming registers of a quadrant. */
  clearLayers(quadrant: number): void {
    for (const address of this.#words.keys()) {
      const slot = this.#slots.get(address);
      if (slot?.quadrant === quadrant && slot.spec.scope !== "quadrant") this.#words.delete(address);
    }
  }
}

/** Registers of one layer in one quadrant. */
export interface LayerRegisters {
  get(register: string, field: string): number;
  has(register: string, field: string): boolean;
}

export const layerRegisters = (file: RegisterFile, quadrant: number, layer: number): LayerRegisters => ({
  get: (register, field) => file.get(register, field, quadrant, layer),
  has: (register, field) => file.has(register, field),
});

const slotCache = new Map<DeviceSpec, ReadonlyMap<number, RegisterSlot>>();

function slotsOf(device: DeviceSpec): ReadonlyMap<number, RegisterSlot> {
  const known = slotCache.get(device);
  if (known !== undefined) return known;
  const slots = new Map<number, RegisterSlot>();
  for (const spec of Object.values(registerTables[device.name])) {
    for (const quadrant of quadrantsOf(device, spec)) {
      for (let layer = 0; layer < layersOf(device, spec); layer++) {
        slots.set(registerAddress(device, spec, quadrant ?? 0, layer), { spec, quadrant, layer });
      }
    }
  }
  slotCache.set(device, slots);
  return slots;
}

const quadrantsOf = (device: DeviceSpec, spec: RegisterSpec): readonly (number | null)[] =>
  spec.scope === "global" || spec.scope === "fifo" ? [null] : Array.from({ length: device.quadrants }, (_, q) => q);

function layersOf(device: DeviceSpec, spec: RegisterSpec): number {
  if (spec.scope === "layer") return device.limits.layers;
  return spec.scope === "stream" ? device.limits.streamingLayers : 1;
}
