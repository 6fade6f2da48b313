import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Layer, Network } from "../../compiler/ir/network.ts";
import type { Placement } from "../../compiler/ir/placement.ts";
import type { ProgramOptions } from "../../compiler/options.ts";

/**
 * One layer as the registers have to describe it, derived from network and placement by the rules of the vendor's
 * generator and user guide. Shares nothing with the compiler's lowering, so that the two can be compared.
 */
export interface LayerFacts {
  readonly layer: Layer;
  readonly index: number;
  /** Number of its register set. */
  readonly set: number;
  /** Another register set stands before it, for a layer of one pixel. */
  readonly hasReset: boolean;
  readonly operation: "none" | "conv1d" | "conv2d" | "convT" | "linear";
  readonly processors: bigint;
  readonly outputProcessors: bigint;
  readonly inputOffset: number;
  readonly outputOffset: number;
  readonly writeGap: number;
  readonly readGap: number;
  /** Passes of at most 64 channels. */
  readonly inputPasses: number;
  readonly outputPasses: number;
  readonly operands: number;
  readonly rows: number;
  readonly columns: number;
  readonly pooledRows: number;
  readonly pooledColumns: number;
  readonly kernel: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly pool: readonly [number, number];
  readonly poolStride: readonly [number, number];
  readonly poolDilation: readonly [number, number];
  readonly isAverage: boolean;
  /** Stored bits per weight; 0 without weights. */
  readonly bits: number;
  readonly depthwise: boolean;
  /** Depthwise, with results on the processors of the input. */
  readonly broadcast: boolean;
  readonly bypass: boolean;
  readonly chw: boolean;
  readonly tcalc: boolean;
  /** Bytes of garbage written below the output. */
  readonly garbage: number;
  /** Line buffer words of one pass. */
  readonly lineWords: number;
  /** Pixels times passes of a flattened input, less one. */
  readonly flattened: number;
  /** Passes are programmed as rows. */
  readonly passesAsRows: boolean;
  readonly timeSlots: number;
  readonly localSource: boolean;
}

export interface NetworkFacts {
  readonly device: DeviceSpec;
  readonly options: ProgramOptions;
  readonly layers: readonly LayerFacts[];
  readonly quadrants: readonly number[];
  readonly fifo: boolean;
  readonly fastFifo: boolean;
  readonly quadFifo: boolean;
  readonly streaming: boolean;
  readonly averageRounding: boolean;
  /** Input processors before they are copied for a quad FIFO. */
  readonly startProcessors: bigint;
  /** Layer to which a snoop unit leads from a layer. */
  readonly jumps: ReadonlyMap<number, number>;
  /** Registers of both snoop units, and what they should hold in the end. */
  readonly snoop: readonly number[] | null;
}

export const lowest = (mask: bigint): number => bitList(mask)[0] ?? -1;
export const highest = (mask: bigint): number => bitList(mask).at(-1) ?? -1;
export const bitCount = (mask: bigint): number => bitList(mask).length;
/** The 16 processors of a quadrant. */
export const ofQuadrant = (mask: bigint, quadrant: number): bigint => (mask >> BigInt(16 * quadrant)) & 0xffffn;

function bitList(mask: bigint): number[] {
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (mask >> BigInt(bit)) & 1n);
}

export function networkFacts(placement: Placement, device: DeviceSpec, options: ProgramOptions): NetworkFacts {
  const { network } = placement;
  const kind = network.options.fifo;
  const quadFifo = kind === "fast-quad";
  const masks = placement.layers.map(({ processors }, index) =>
    quadFifo && index === 0 ? [0n, 16n, 32n, 48n].reduce((mask, by) => mask | (processors << by), 0n) : processors,
  );
  const used = masks.reduce((mask, other) => mask | other, placement.layers.at(-1)?.outputProcessors ?? 0n);
  const quadrants = [0, 1, 2, 3].filter((quadrant) => ofQuadrant(used, quadrant) !== 0n);
  const resets = network.layers.map(({ pool }, index) => {
    const previous = network.layers[index - 1]?.eltwise ?? null;
    return device.capabilities.averagePoolReset && pool?.kind === "average" && previous !== null;
  });
  const sets = registerSets(network, resets);
  const layers = network.layers.map((layer, index): LayerFacts => {
    const given = { placement, device, quadrants, processors: masks[index] as bigint };
    return { ...layerFacts(layer, given), hasReset: resets[index] as boolean, set: sets[index] as number };
  });
  return {
    device,
    options,
    layers,
    quadrants,
    fifo: kind !== "none",
    fastFifo: kind === "fast" || quadFifo,
    quadFifo,
    streaming: network.layers.some((layer) => layer.streaming),
    averageRounding: network.options.averagePoolRounding,
    startProcessors: placement.layers[0]?.processors ?? 0n,
    jumps: new Map(network.sequence?.onSnoop.map(({ layer, next }) => [layer, next])),
    snoop: network.sequence?.snoop ?? null,
  };
}

/** Register sets follow each other by the numbers of their layers; a hidden one stands in front of its layer. */
function registerSets({ layers, sequence }: Network, resets: readonly boolean[]): number[] {
  const numberOf = (index: number): number => sequence?.positions?.[index] ?? index;
  return layers.map(({ index }) => {
    const before = layers.filter((other) => numberOf(other.index) <= numberOf(index));
    return before.length + before.filter((other) => resets[other.index]).length - 1;
  });
}

interface Surroundings {
  readonly placement: Placement;
  readonly device: DeviceSpec;
  readonly quadrants: readonly number[];
  readonly processors: bigint;
}

type Kernel = Pick<LayerFacts, "operation" | "kernel" | "padding">;

/** Positions of zeros inside a kernel are the hardware's: what the user wrote has fewer taps. */
function kernelOf(layer: Layer, { placement, device }: Surroundings): Kernel & { readonly isImage: boolean } {
  const { convolution, index } = layer;
  if (convolution === null) return { operation: "none", kernel: [1, 1], padding: [0, 0], isImage: false };
  const { kind, kernel, padding, dilation } = convolution;
  const streams = layer.streaming || placement.network.layers[index - 1]?.streaming === true;
  const isPoint = kernel[0] === 1 && kernel[1] === 1;
  if (isPoint && streams && !convolution.bypass && index <= device.limits.streamingLayers && kind === "conv2d") {
    return { operation: "conv2d", kernel: [3, 3], padding: [1, 1], isImage: false };
  }
  if (kind === "conv1d" && dilation > 1) {
    const span = (kernel[0] - 1) * dilation + 1;
    if (span <= 9) return { operation: "conv1d", kernel: [span, 1], padding, isImage: false };
    return { operation: "conv2d", kernel: [3, 3], padding: [1, 1], isImage: true };
  }
  if (kind !== "convTranspose2d") return { operation: kind, kernel, padding, isImage: false };
  return { operation: "convT", kernel, padding: [2 - padding[0], 2 - padding[1]], isImage: false };
}

function layerFacts(layer: Layer, around: Surroundings): Omit<LayerFacts, "set" | "hasReset"> {
  const { placement, device, quadrants, processors } = around;
  const { convolution, input, pooled, output, pool, index } = layer;
  const place = placement.layers[index] as Placement["layers"][number];
  const { isImage, ...kernel } = kernelOf(layer, around);
  const dilation = convolution?.dilation ?? 1;
  const inputPasses = Math.ceil(input.channels / 64);
  const outputPasses = Math.ceil(output.channels / 64);
  const operands = layer.eltwise?.operands ?? 1;
  const depthwise = (convolution?.groups ?? 1) > 1;
  const broadcast = depthwise && place.processors === place.outputProcessors;
  const rows = isImage ? Math.ceil(input.height / dilation) : input.height;
  const columns = isImage ? dilation : input.width;
  const pooledColumns = isImage ? columns : pooled.width;
  const width = kernel.operation === "convT" ? 2 * pooledColumns : pooledColumns;
  const bytes = layer.outputBits / 8;
  return {
    layer,
    index,
    ...kernel,
    processors,
    outputProcessors: place.outputProcessors,
    inputOffset: place.inputOffset,
    outputOffset: place.outputOffset,
    writeGap: place.writeGap,
    readGap: place.readGap,
    inputPasses,
    outputPasses,
    operands,
    rows,
    columns,
    pooledRows: isImage ? rows : pooled.height,
    pooledColumns,
    pool: pool?.size ?? [1, 1],
    poolStride: pool?.stride ?? [1, 1],
    poolDilation: pool?.dilation ?? [1, 1],
    isAverage: pool?.kind === "average",
    bits: storedBits(layer, kernel.kernel, placement.network.input.format === "HWC"),
    depthwise,
    broadcast,
    bypass: convolution?.bypass ?? false,
    chw: index === 0 && placement.network.input.format === "CHW",
    tcalc: layer.tcalc ?? (layer.readAhead && inputPasses > 1),
    garbage: isImage && convolution?.kernel[0] === 3 ? 4 * bytes * dilation * outputPasses : 0,
    lineWords: convolution === null ? 1 : Math.max(0, width + 2 * kernel.padding[1] - kernel.kernel[1]) + 1,
    flattened: layer.flatten ? inputPasses * pooled.height * pooled.width - 1 : 0,
    passesAsRows:
      !device.capabilities.multiPassEltwise &&
      operands > 1 &&
      inputPasses > 1 &&
      operands * inputPasses !== operands + inputPasses,
    timeSlots: Math.max(0, ...quadrants.map((quadrant) => slotsIn(ofQuadrant(processors, quadrant)))),
    localSource: quadrants.some((quadrant) => isUneven(ofQuadrant(place.outputProcessors, quadrant))),
  };

  /** Steps less one in which a quadrant writes what its processors computed. */
  function slotsIn(mask: bigint): number {
    const count = bitCount(mask);
    if (convolution === null) return count === 0 ? 0 : Math.floor((count * bytes - 1) / 4);
    if (!depthwise) return 0;
    return broadcast ? (Math.min(count - 1, 3) + 1) * bytes - 1 : count * bytes - 1;
  }

  /** Distances between output processors differ, or there are any where nothing is convolved. */
  function isUneven(mask: bigint): boolean {
    const bits = bitList(mask);
    const gaps = bits.slice(1).map((bit, at) => bit - (bits[at] as number) - 1);
    return gaps.some((gap) => gap !== gaps[0]) || (convolution === null && (gaps[0] ?? 0) > 0);
  }
}

/** Weights of +1 and -1 take a bit, unless some have to be zero: for inserted taps, or processors without channel. */
function storedBits({ convolution, input, sources }: Layer, kernel: readonly [number, number], fills: boolean): number {
  const weights = convolution?.weights ?? null;
  if (convolution === null || weights === null) return 0;
  if (!weights.binary) return weights.bits;
  const taps = convolution.kernel[0] * convolution.kernel[1];
  const passes = Math.ceil(input.channels / 64);
  const perPass = passes === 1 ? input.channels : 4 * Math.ceil(Math.ceil(input.channels / passes) / 4);
  const unused = convolution.groups === 1 ? passes * perPass - input.channels : 0;
  // Words of the network input are filled up with zeros.
  const isFilled = fills && unused < 4 && sources.every((source) => source === "input");
  const hasUnused = unused > 0 && !isFilled;
  return kernel[0] * kernel[1] !== taps || hasUnused ? 2 : 1;
}
