import type { NetworkOptions } from "../ir/network.ts";
import { noNetworkEdits, type NetworkEdits } from "../options.ts";
import type { CheckpointLayer } from "./checkpoint-layers.ts";
import type { NpyArray } from "./npy.ts";

/** Options of the reference generator that change the network it makes of a description. */
export interface YamlOptions extends NetworkOptions, NetworkEdits {
  /** Leading layers of the description, and tensors of the checkpoint, that are left out. */
  readonly skipLayers: number;
  readonly skipCheckpointLayers: number;
  /** Layers may read fewer channels than there are: those on their processors. */
  readonly reshapeInputs: boolean;
}

export const defaultYamlOptions: YamlOptions = {
  ...noNetworkEdits,
  averagePoolRounding: false,
  fifo: "none",
  skipLayers: 0,
  skipCheckpointLayers: 0,
  reshapeInputs: false,
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
