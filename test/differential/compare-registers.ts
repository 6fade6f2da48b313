import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { registerAddress } from "../../targets/accelerator/address.ts";
import type { BusOperation, Program, RegisterWriteOperation } from "../../targets/accelerator/program.ts";
import { decodeRegister, type RegisterSpec } from "../../targets/accelerator/register.ts";
import { registerTables } from "../../targets/index.ts";
import type { Placement } from "../../compiler/ir/placement.ts";
import type { ProgramOptions } from "../../compiler/options.ts";
import { networkFacts } from "./layer-facts.ts";
import { meantQuadrant, meantShared, meantStart } from "./meant-control.ts";
import { type Fields, type LayerRegisters, meantLayer, meantReset } from "./meant-layers.ts";
import { meantStreaming } from "./meant-streaming.ts";

export interface RegisterComparison {
  /** `register of quadrant and layer: field is, meant`. */
  readonly differences: readonly string[];
  /** Fields that were meant to be other than zero, as `register.field`. */
  readonly used: readonly string[];
}

/**
 * Decodes every register that configures and starts a program, of all quadrants and all layers the device has, and
 * compares every field with what network and placement mean. What is not meant to be anything must be zero.
 */
export function compareRegisters(
  program: Program,
  placement: Placement,
  device: DeviceSpec,
  options: ProgramOptions,
): RegisterComparison {
  const network = networkFacts(placement, device, options);
  const table = registerTables[device.name];
  const comparison = new Comparison(table);
  const { init, configure, start } = program.phases;
  comparison.checkAddresses([...init, ...configure, ...start], device);
  const words = new Map<number, number>();
  for (const operation of [...init, ...configure]) {
    if (operation.kind === "register") words.set(operation.address, operation.value);
  }
  // By register set, in the order of the quadrants in use.
  const layers = new Map<number, readonly LayerRegisters[]>();
  for (const facts of network.layers) {
    const quadrants = network.quadrants.map((quadrant) => ({
      ...meantLayer(facts, quadrant, network, placement),
      ...meantStreaming(facts, network),
    }));
    layers.set(facts.set, quadrants);
    if (facts.hasReset) layers.set(facts.set - 1, [meantReset(facts, network)]);
  }
  const shared = { ...meantShared(network), ...meantQuadrant(network) };
  const meant = (register: RegisterSpec, quadrant: number, layer: number): Fields => {
    if (register.scope === "global" || register.scope === "fifo") return shared[register.name] ?? nothing;
    if (!network.quadrants.includes(quadrant)) return nothing;
    if (register.scope === "quadrant") return shared[register.name] ?? nothing;
    return layers.get(layer)?.[network.quadrants.indexOf(quadrant)]?.[register.name] ?? nothing;
  };
  for (const register of Object.values(table)) {
    for (const { quadrant, layer } of placesOf(register, device)) {
      const word = words.get(registerAddress(device, register, quadrant, layer)) ?? 0;
      comparison.compare(register, word, meant(register, quadrant, layer), `quadrant ${quadrant} layer ${layer}`);
    }
  }
  comparison.compareStart(start, meantStart(network));
  return comparison;
}

const nothing: Fields = {};

/** All instances of a register. */
function placesOf({ scope }: RegisterSpec, { limits }: DeviceSpec) {
  const quadrants = scope === "global" || scope === "fifo" ? [0] : [0, 1, 2, 3];
  const count = scope === "layer" ? limits.layers : scope === "stream" ? limits.streamingLayers : 1;
  return quadrants.flatMap((quadrant) => Array.from({ length: count }, (_, layer) => ({ quadrant, layer })));
}

class Comparison implements RegisterComparison {
  readonly differences: string[] = [];
  readonly #used = new Set<string>();
  readonly #table: Readonly<Record<string, RegisterSpec>>;

  constructor(table: Readonly<Record<string, RegisterSpec>>) {
    this.#table = table;
  }

  get used(): readonly string[] {
    return [...this.#used];
  }

  /** Every write goes where its register, quadrant and layer are. */
  checkAddresses(operations: readonly BusOperation[], device: DeviceSpec): void {
    for (const { register, quadrant, layer, address } of operations.filter(isWrite)) {
      const spec = this.#table[register];
      const expected = spec && registerAddress(device, spec, quadrant ?? 0, layer ?? 0);
      if (address !== expected) this.differences.push(`${register} is written to 0x${address.toString(16)}`);
    }
  }

  compare(register: RegisterSpec, word: number, meant: Fields, place: string): void {
    if (word === 0 && meant === nothing) return;
    const found = decodeRegister(register, word);
    const outside = bitsOutside(register, word);
    if (outside !== 0) this.differences.push(`${register.name} of ${place}: 0x${outside.toString(16)} is in no field`);
    for (const [field, value] of Object.entries(found)) {
      const wanted = meant[field] ?? 0;
      if (wanted !== 0) this.#used.add(`${register.name}.${field}`);
      if (value === wanted) continue;
      this.differences.push(`${register.name} of ${place}: ${field} is ${value}, meant ${wanted}`);
    }
  }

  compareStart(
    start: readonly BusOperation[],
    meant: readonly { readonly quadrant: number; readonly fields: Fields }[],
  ) {
    const writes = start.filter(isWrite).filter(({ register }) => register === "CTL");
    const order = (list: readonly { readonly quadrant: number | null }[]) =>
      list.map(({ quadrant }) => quadrant).join();
    if (order(writes) !== order(meant))
      this.differences.push(`quadrants ${order(writes)} are started, not ${order(meant)}`);
    const control = this.#table.CTL as RegisterSpec;
    for (const [at, { quadrant, fields }] of meant.entries()) {
      this.compare(control, writes[at]?.value ?? 0, fields, `quadrant ${quadrant}, start ${at}`);
    }
  }
}

/** Bits of a word that belong to no field of the register. */
function bitsOutside({ fields }: RegisterSpec, word: number): number {
  const covered = Object.values(fields).reduce((mask, { lsb, width }) => mask | ((2 ** width - 1) << lsb), 0);
  return (word & ~covered) >>> 0;
}

const isWrite = (operation: BusOperation): operation is RegisterWriteOperation => operation.kind === "register";
