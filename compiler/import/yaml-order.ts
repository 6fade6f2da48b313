import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { YamlNetwork } from "./yaml.ts";
import { resolveRollingBuffer } from "./yaml-rolling-buffer.ts";
import type { YamlOptions } from "./yaml-options.ts";
import type { YamlLayer } from "./yaml-schema.ts";
import { yamlError } from "./yaml-values.ts";

/** A described layer at its place among the hardware layers, with every reference resolved. */
export interface YamlSlot {
  readonly index: number;
  readonly layer: YamlLayer;
  readonly name: string;
  /** Layer executed next; null: execution ends here. */
  readonly next: number | null;
  /** The layer described behind this one, also when execution is cut in between. */
  readonly following: YamlLayer | null;
  /** Layer executed before; null for the first. */
  readonly previous: number | null;
  readonly sources: readonly TensorSource[];
  /** Reads the rolling buffer; the sources are the layers that write it. */
  readonly readsBuffer: boolean;
  /** Sources were given, not filled in. */
  readonly explicitSources: boolean;
  readonly weightSource: number | null;
  readonly snoopNext: number | null;
  /** What a simulation executes next instead of `next`; undefined: the same. */
  readonly simulatedNext: number | "stop" | undefined;
}

export interface YamlOrder {
  /** By hardware layer. */
  readonly slots: readonly YamlSlot[];
  /** Layers in the order they are executed. */
  readonly executed: readonly number[];
}

/**
 * Places layers (AI6207: numbers and names used twice), resolves references (AI1801: no such layer) and follows
 * execution (AI1802: a layer that is never reached, or a loop; AI2611: a jump the device cannot make; AI5302: a first
 * layer it cannot start at). A rolling buffer has the codes of `resolveRollingBuffer`. Without a device, layers are
 * numbered anew in the order in which they are executed.
 */
export function orderLayers(
  description: YamlNetwork,
  options: YamlOptions,
  device: DeviceSpec | null,
): { readonly order?: YamlOrder; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const placed = placeLayers(description, options.skipLayers, diagnostics);
  const resolver = new Resolver(placed, description, diagnostics);
  const slots = placed.map(({ layer }, index) => resolver.slot(layer, index));
  if (diagnostics.length > 0) return { diagnostics };
  if (device !== null) {
    diagnostics.push(...jumps(slots, device));
    diagnostics.push(...startsTooLate(slots, options.startLayer ?? 0, device));
  }
  const executed = follow(slots, options.startLayer ?? 0, options.stopAfter, diagnostics);
  if (hasErrors(diagnostics)) return { diagnostics };
  const kept = options.stopAfter === null ? slots : slots.slice(0, Math.max(...executed) + 1);
  const previous = new Map(executed.map((index, i) => [index, executed[i - 1] ?? null]));
  const linked = kept.map((slot) => ({
    ...link(slot, previous.get(slot.index) ?? null, slot.index === executed.at(-1)),
    following: slot.next === null ? null : (slots[slot.next]?.layer ?? null),
  }));
  const buffered = resolveRollingBuffer(description, linked);
  diagnostics.push(...buffered.diagnostics);
  if (hasErrors(diagnostics)) return { diagnostics };
  return { order: { slots: buffered.slots, executed }, diagnostics };
}

interface Placed {
  /** Number in the description, before leading layers were left out. */
  readonly sequence: number;
  readonly layer: YamlLayer;
}

function placeLayers(description: YamlNetwork, skip: number, diagnostics: Diagnostic[]): Placed[] {
  const placed: Placed[] = [];
  const places = new Map<number, SourceLocation>();
  let sequence = -1;
  for (const layer of description.layers) {
    sequence = layer.values.sequence ?? sequence + 1;
    const before = places.get(sequence);
    if (before !== undefined) {
      const message = `sequence ${sequence} is used twice; the first time in line ${before.line}`;
      diagnostics.push(
        yamlError("AI6207", message, layer.places.sequence ?? layer.at, "Give every layer its own number."),
      );
      continue;
    }
    places.set(sequence, layer.at);
    if (sequence >= skip) placed.push({ sequence, layer });
  }
  const [first] = description.layers;
  if (placed.length === 0 && first !== undefined) {
    const message = `the first ${skip} layers are left out; the last one is ${sequence}`;
    diagnostics.push(yamlError("AI1801", message, first.at, `Leave out ${sequence} at most.`));
  }
  return placed.toSorted((a, b) => a.sequence - b.sequence);
}

const reservedNames: readonly string[] = ["stop", "input"];

class Resolver {
  private readonly byName = new Map<string, number>();
  private readonly bySequence: ReadonlyMap<number, number>;
  private readonly buffers: ReadonlySet<string>;
  private readonly diagnostics: Diagnostic[];
  private readonly last: number;

  constructor(placed: readonly Placed[], description: YamlNetwork, diagnostics: Diagnostic[]) {
    this.diagnostics = diagnostics;
    this.last = placed.length - 1;
    this.bySequence = new Map(placed.map(({ sequence }, index) => [sequence, index]));
    this.buffers = new Set(description.dataBuffers.map((buffer) => (buffer.values.name ?? "").toLowerCase()));
    for (const [index, { layer }] of placed.entries()) this.addName(layer, index);
  }

  slot(layer: YamlLayer, index: number): YamlSlot {
    const { next_sequence, simulated_sequence, snoop_sequence, weight_source, in_sequences } = layer.values;
    const target = (value: number | string | undefined, key: "next_sequence" | "simulated_sequence") =>
      value === undefined || value === -1 || value === "stop" ? undefined : this.layerOf(value, layer, key);
    const following = index === this.last ? null : index + 1;
    const simulated = target(simulated_sequence, "simulated_sequence");
    return {
      index,
      layer,
      name: layer.values.name ?? `layer_${index}`,
      next: next_sequence === undefined ? following : (target(next_sequence, "next_sequence") ?? null),
      following: null,
      previous: null,
      sources: (in_sequences ?? []).flatMap((value) => (this.isBuffer(value) ? [] : this.sourceOf(value, layer))),
      readsBuffer: (in_sequences ?? []).some((value) => this.isBuffer(value)),
      explicitSources: in_sequences !== undefined,
      weightSource: weight_source === undefined ? null : this.layerOf(weight_source, layer, "weight_source"),
      snoopNext: snoop_sequence === undefined ? null : this.layerOf(snoop_sequence, layer, "snoop_sequence"),
      simulatedNext: simulated_sequence === undefined ? undefined : (simulated ?? "stop"),
    };
  }

  private addName(layer: YamlLayer, index: number): void {
    const name = layer.values.name?.toLowerCase();
    if (name === undefined) return;
    const at = layer.places.name ?? layer.at;
    if (reservedNames.includes(name)) {
      this.diagnostics.push(
        yamlError("AI6207", `the name '${name}' has a meaning of its own`, at, "Choose another name."),
      );
    } else if (this.byName.has(name)) {
      this.diagnostics.push(
        yamlError("AI6207", `the name '${name}' is used twice`, at, "Names differ in more than case."),
      );
    } else {
      this.byName.set(name, index);
    }
  }

  private sourceOf(value: number | string, layer: YamlLayer): TensorSource {
    if (value === -1 || value === "input") return "input";
    return this.layerOf(value, layer, "in_sequences");
  }

  /** Layers come before buffers of the same name. */
  private isBuffer(value: number | string): boolean {
    return typeof value === "string" && this.buffers.has(value) && !this.byName.has(value);
  }

  private layerOf(value: number | string, layer: YamlLayer, key: keyof YamlLayer["values"]): number {
    const index = typeof value === "number" ? this.bySequence.get(value) : this.byName.get(value);
    if (index !== undefined) return index;
    const known = [...this.byName.keys()];
    const hint = `Layers have the numbers 0 to ${this.last}${known.length > 0 ? ` and the names ${known.join(", ")}` : ""}.`;
    const at = layer.places[key] ?? layer.at;
    this.diagnostics.push(yamlError("AI1801", `'${key}' names layer '${value}', which does not exist`, at, hint));
    return 0;
  }
}

/** Without link layers, execution goes on with the next layer or ends; streaming layers always do. */
function jumps(slots: readonly YamlSlot[], { name, capabilities }: DeviceSpec): Diagnostic[] {
  return slots.flatMap(({ index, next, layer }) => {
    if (next === null || next === index + 1) return [];
    if (capabilities.linkLayer) {
      if (layer.values.streaming !== true || slots[index + 1]?.layer.values.streaming !== true) return [];
      const message = `layer ${index} streams into layer ${index + 1}, but 'next_sequence' leads to layer ${next}`;
      const place = layer.places.next_sequence ?? layer.at;
      return [yamlError("AI3307", message, place, "Execute streaming layers one after the other.")];
    }
    const message = `layer ${index}: 'next_sequence' leads to layer ${next}; on ${name} only the following layer or 'stop' is available`;
    const hint = "Describe the layers in the order of their execution.";
    return [yamlError("AI2611", message, layer.places.next_sequence ?? layer.at, hint)];
  });
}

/** AI5302: the register of the first layer has a fixed width, or is missing. */
function startsTooLate(slots: readonly YamlSlot[], start: number, { name, limits }: DeviceSpec): Diagnostic[] {
  if (start <= limits.startLayer) return [];
  const message = `execution starts at layer ${start}; ${name} starts at 0 to ${limits.startLayer}`;
  const at = (slots[start] ?? (slots[0] as YamlSlot)).layer.at;
  return [yamlError("AI5302", message, at, "Describe the layers in the order of their execution.")];
}

function follow(
  slots: readonly YamlSlot[],
  start: number,
  stopAfter: number | null,
  diagnostics: Diagnostic[],
): readonly number[] {
  const executed: number[] = [];
  const seen = new Set<number>();
  const last = slots.length - 1;
  const at = (slots[0] as YamlSlot).layer.at;
  for (const [option, value] of [
    ["start layer", start],
    ["last layer", stopAfter ?? 0],
  ] as const) {
    if (value > last)
      diagnostics.push(
        yamlError("AI1801", `the ${option} is ${value}; the last one is ${last}`, at, `Use 0 to ${last}.`),
      );
  }
  if (Math.max(start, stopAfter ?? 0) > last) return [];
  for (let slot: YamlSlot | undefined = slots[start]; slot !== undefined;) {
    if (seen.has(slot.index)) {
      const place = slot.layer.places.next_sequence ?? slot.layer.at;
      diagnostics.push(
        yamlError("AI1802", `execution returns to layer ${slot.index}`, place, "End it with 'next_sequence: stop'."),
      );
      return executed;
    }
    seen.add(slot.index);
    executed.push(slot.index);
    slot = slot.next === null || slot.index === stopAfter ? undefined : slots[slot.next];
  }
  const final = stopAfter ?? last;
  for (const slot of slots) {
    if (seen.has(slot.index) || slot.index > final) continue;
    const message = `layer ${slot.index} is never executed`;
    diagnostics.push(
      yamlError("AI1802", message, slot.layer.at, "Remove it, or lead execution there with 'next_sequence'."),
    );
  }
  return executed;
}

function link(slot: YamlSlot, previous: number | null, final: boolean): YamlSlot {
  const sources = slot.explicitSources ? slot.sources : [previous ?? ("input" as const)];
  return { ...slot, previous, sources, next: final ? null : slot.next };
}
