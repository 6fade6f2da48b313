import type { WeightChunk } from "../../targets/accelerator/program.ts";
import type { Network } from "./network.ts";

/** Everything about where: processors, data memory, weight memory, bias memory. Arrays are indexed as `Network.layers`. */
export interface Placement {
  readonly network: Network;
  readonly layers: readonly LayerPlacement[];
  readonly weights: WeightMemory;
  readonly bias: BiasMemory;
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

export interface WeightMemory {
  /** null: the layer has no kernels. */
  readonly layers: readonly (WeightPlacement | null)[];
  /** Every owned word, by processor and physical column, consecutive columns merged. */
  readonly chunks: readonly WeightChunk[];
  /** Logical weight bytes after sharing. */
  readonly usedBytes: number;
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
  /** The reference generator would have put the kernels onto words of another layer. */
  readonly displaced?: boolean;
  /** Index of the layer whose kernels these are, when shared. */
  readonly sharedWith: number | null;
}

export interface BiasMemory {
  readonly layers: readonly (BiasPlacement | null)[];
  /** One image per quadrant; its length is the number of bytes used. */
  readonly images: readonly Uint8Array[];
}

export interface BiasPlacement {
  /** Quadrant that adds the bias, or "all" (depthwise). */
  readonly quadrant: number | "all";
  /** Offset in bytes per quadrant; null where the quadrant has none. */
  readonly offsets: readonly (number | null)[];
}
