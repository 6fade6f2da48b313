import type { NetworkOptions } from "../ir/network.ts";
import type { CheckpointLayer } from "./checkpoint-layers.ts";
import type { NpyArray } from "./npy.ts";

/** Options of the reference generator that change the network it makes of a description. */
export interface YamlOptions extends NetworkOptions {
  /** Ignore all `streaming` keys. */
  readonly ignoreStreaming: boolean;
  /** Layers that stream although their description does not say so. */
  readonly streamingLayers: readonly number[];
  /** Cut the network after this layer. */
  readonly stopAfter: number | null;
  /** Layers whose bias is dropped. */
  readonly noBias: "all" | readonly number[];
  /** Leading layers of the description, and tensors of the checkpoint, that are left out. */
  readonly skipLayers: number;
  readonly skipCheckpointLayers: number;
  /** First layer that is executed. */
  readonly startLayer: number;
  /** Byte offset of the network's input; null: as the first layer says, else 0. */
  readonly inputOffset: number | null;
  /** Set for all layers. */
  readonly readAhead: boolean;
  readonly calcx4: boolean;
  readonly ignoreActivation: boolean;
  /** Bits of the last layer's results instead of what its description says. */
  readonly outputWidth: 8 | 32 | null;
}

export const defaultYamlOptions: YamlOptions = {
  averagePoolRounding: false,
  fifo: "none",
  ignoreStreaming: false,
  streamingLayers: [],
  stopAfter: null,
  noBias: [],
  skipLayers: 0,
  skipCheckpointLayers: 0,
  startLayer: 0,
  inputOffset: null,
  readAhead: false,
  calcx4: false,
  ignoreActivation: false,
  outputWidth: null,
};

/** Where weights come from: a trained checkpoint, or the arrays of a layer test (`arch: test`). */
export type YamlWeights =
  | {
      readonly kind: "checkpoint";
      readonly fileName: string;
      readonly arch: string | null;
      readonly layers: readonly CheckpointLayer[];
    }
  | { readonly kind: "test"; readonly weights: readonly NpyArray[]; readonly bias: readonly NpyArray[] | null };

/** The sample input, which decides the size of the network's input: [channels, rows, columns] or [channels, length]. */
export interface YamlSample {
  readonly shape: readonly number[];
}
