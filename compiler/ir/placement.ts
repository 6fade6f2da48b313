import type { Network } from "./network.ts";

/** Everything about where: processors, data memory, weight memory, bias memory. Indexed as `Network.layers`. */
export interface Placement {
  readonly network: Network;
  readonly layers: readonly LayerPlacement[];
  /** Processors that hold the network input (those of the layers that read it). */
  readonly weights: readonly (WeightPlacement | null)[];
  readonly bias: readonly (BiasPlacement | null)[];
  /** Bytes used in each quadrant's bias memory. */
  readonly biasUsed: readonly number[];
  readonly biasImages: readonly Uint8Array[];
}

export interface LayerPlacement {
  /** Processors that read the input, one pass. */
  readonly processors: bigint;
  readonly outputProcessors: bigint;
  /** Bytes inside each data memory instance. */
  readonly inputOffset: number;
  readonly outputOffset: number;
  readonly writeGap: number;
  readonly readGap: number;
}

/** Where a layer's kernels are, as the mask registers need it. */
export interface WeightPlacement {
  /** First 72-bit word, the same in all processors of the layer. */
  readonly column: number;
  /** Words reserved. */
  readonly length: number;
  /** Kernel slots (count register), and output channel slots. */
  readonly count: number;
  readonly outputSlots: number;
  /** Index of the layer whose kernels these are, when shared. */
  readonly sharedWith: number | null;
}

export interface BiasPlacement {
  /** Quadrant that adds the bias, or "all" (depthwise). */
  readonly quadrant: number | "all";
  /** Offset in bytes per quadrant; null where the quadrant has none. */
  readonly offsets: readonly (number | null)[];
}
