import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { bitsOf, maskOfRange, processorsPerPass, roundUp } from "../ir/geometry.ts";
import type { Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { dies } from "./data-memory-groups.ts";
import type { DataLayout } from "./data-memory-layout.ts";
import { tensorIndex } from "./live-ranges.ts";
import { instancesOf, spanMask } from "./processors-groups.ts";
import type { ProcessorGroup, ProcessorGroups } from "./processors-groups.ts";
import { usedBytes } from "./data-memory.ts";
import { kernelCounts, kernelLayout } from "./weight-layout.ts";

/** How much the fullest memory of each kind counts. */
export interface Priorities {
  readonly weights: number;
  readonly data: number;
}

/**
 * Loads of all weight and data memories under a choice of first processors, kept up to date while groups move.
 * Weight memory counts 72-bit words per processor; data memory counts bytes per instance and layer.
 */
export class ProcessorLoads {
  readonly #columns: Float64Array;
  readonly #bytes: Float64Array;
  readonly #instances: number;
  readonly #contributions: readonly GroupLoad[];
  readonly #device: DeviceSpec;

  /** `words`: weight words by layer, from `kernelWords`. */
  constructor(
    layout: DataLayout,
    groups: ProcessorGroups,
    words: readonly number[],
    device: DeviceSpec,
    inPlace: boolean,
  ) {
    this.#device = device;
    this.#instances = device.processors / device.processorsPerDataInstance;
    this.#columns = new Float64Array(device.processors);
    this.#bytes = new Float64Array(layout.network.layers.length * this.#instances);
    this.#contributions = groups.groups.map((group) => groupLoad(layout, group, words, device, inPlace));
  }

  /** Total load a group brings, for placing large ones first. */
  size(group: number): number {
    const load = this.#contributions[group] as GroupLoad;
    const kernels = load.kernels(0).reduce((sum, part) => sum + part.columns * part.processors.length, 0);
    const bytes = load
      .tensors(0)
      .reduce(
        (sum, part) => sum + part.instances.length * part.bytes.reduce((most, value) => Math.max(most, value), 0),
        0,
      );
    return kernels / this.#device.weightMemory.words + bytes / this.#device.dataMemory.instanceBytes;
  }

  add(group: number, base: number, sign: 1 | -1): void {
    const load = this.#contributions[group] as GroupLoad;
    for (const { processors, columns } of load.kernels(base)) {
      for (const processor of processors)
        this.#columns[processor] = (this.#columns[processor] as number) + sign * columns;
    }
    for (const { instances, bytes, from, to } of load.tensors(base)) {
      for (let layer = from; layer < to; layer++) {
        for (const instance of instances) {
          const place = layer * this.#instances + instance;
          this.#bytes[place] = (this.#bytes[place] as number) + sign * (bytes[layer - from] as number);
        }
      }
    }
  }

  /** Lower is better; what does not fit costs far more than anything that does. */
  cost(priorities: Priorities): number {
    const columns = profile(this.#columns, this.#device.weightMemory.words);
    const bytes = profile(this.#bytes, this.#device.dataMemory.instanceBytes);
    return (
      priorities.weights * (columns.largest + columns.excess * excessPenalty + columns.squares * evenness) +
      priorities.data * (bytes.largest + bytes.excess * excessPenalty + bytes.squares * evenness)
    );
  }

  /** Share of the fullest weight and data memory in use. */
  get shares(): { readonly weights: number; readonly data: number } {
    return {
      weights: profile(this.#columns, this.#device.weightMemory.words).largest,
      data: profile(this.#bytes, this.#device.dataMemory.instanceBytes).largest,
    };
  }
}

const excessPenalty = 1000;
/** Weight of an even distribution beside the fullest memory. */
const evenness = 0.1;

function profile(loads: Float64Array, capacity: number): { largest: number; excess: number; squares: number } {
  let largest = 0;
  let excess = 0;
  let squares = 0;
  for (const load of loads) {
    if (load > largest) largest = load;
    if (load > capacity) excess += load - capacity;
    squares += load * load;
  }
  return {
    largest: largest / capacity,
    excess: excess / capacity,
    squares: squares / (loads.length * capacity * capacity),
  };
}

interface GroupLoad {
  readonly kernels: (base: number) => readonly { processors: readonly number[]; columns: number }[];
  readonly tensors: (
    base: number,
  ) => readonly { instances: readonly number[]; bytes: readonly number[]; from: number; to: number }[];
}

function groupLoad(
  layout: DataLayout,
  group: ProcessorGroup,
  words: readonly number[],
  device: DeviceSpec,
  inPlace: boolean,
): GroupLoad {
  const tensors = layout.tensors.length;
  const readers = group.spans.filter((span) => span.node >= tensors);
  const written = group.spans.filter((span) => span.node < tensors);
  const columns = readers.map((span) => words[span.node - tensors] as number);
  const profiles = written.map((span) => bytesByLayer(layout, span.node, inPlace));
  return {
    kernels: remembered((base) =>
      readers.flatMap((span, index) =>
        columns[index] === 0
          ? []
          : [{ processors: bitsOf(spanMask(group, span, base)), columns: columns[index] as number }],
      ),
    ),
    tensors: remembered((base) =>
      written.map((span, index) => ({
        instances: bitsOf(BigInt(instancesOf(spanMask(group, span, base), device))),
        ...(profiles[index] as { bytes: number[]; from: number; to: number }),
      })),
    ),
  };
}

function remembered<Value>(compute: (base: number) => Value): (base: number) => Value {
  const known = new Map<number, Value>();
  return (base) => {
    const value = known.get(base) ?? compute(base);
    known.set(base, value);
    return value;
  };
}

/** Bytes a tensor adds at every layer it lives through; written in place it only adds what its input does not free. */
function bytesByLayer(layout: DataLayout, tensor: number, inPlace: boolean) {
  const form = layout.tensors[tensor] as DataLayout["tensors"][number];
  const from = Math.max(form.live.start, 0);
  const end = Math.min(form.live.end, layout.network.layers.length);
  const bytes = Array.from({ length: Math.max(end - from, 0) }, () => usedBytes(form));
  const producer = layout.network.layers[tensor - 1];
  if (inPlace && producer && !producer.streaming && bytes.length > 0) {
    const freed = producer.sources
      .map(tensorIndex)
      .filter((source) => dies(layout, source, producer))
      .map((source) => usedBytes(layout.tensors[source] as DataLayout["tensors"][number]));
    bytes[0] = Math.max(0, usedBytes(form) - Math.max(0, ...freed));
  }
  return { bytes, from, to: from + bytes.length };
}

/**
 * 72-bit words every layer takes in each of its processors, rounded up to where the next layer may start. They do
 * not depend on which processors these are, as long as they begin with an instance of data memory.
 */
export function kernelWords(network: Network, device: DeviceSpec): number[] {
  return network.layers.map(({ index, input, output }) => {
    const anywhere: LayerPlacement = {
      processors: maskOfRange(0, processorsPerPass(input.channels, device)),
      outputProcessors: maskOfRange(0, processorsPerPass(output.channels, device)),
      inputOffset: 0,
      outputOffset: 0,
      writeGap: 0,
      readGap: 0,
    };
    const quad = network.options.fifo === "fast-quad" && index === 0;
    const layout = kernelLayout(network, index, anywhere, device, quad);
    return layout === null ? 0 : roundUp(kernelCounts(layout).length, columnAlignment);
  });
}

const columnAlignment = 4;
