import type { LayerWeights } from "../../runtime/reference/layer.ts";
import type { WeightSet } from "../import/weight-set.ts";

/** Statistics and affine parameters of a batch normalization, one value per channel. */
export interface BatchNormWeights {
  /** null: 1. */
  readonly scale: ArrayLike<number> | null;
  /** null: 0. */
  readonly offset: ArrayLike<number> | null;
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
}

/** All trained numbers of a model, by operator name. */
export interface NetworkWeights {
  readonly operators: WeightSet;
  readonly batchNorms: ReadonlyMap<string, BatchNormWeights>;
}

/** Integers of one operator, ready for a layer. */
export interface QuantizedWeights {
  readonly weights: LayerWeights;
  /** In units of bias memory: enters the accumulator times 128. */
  readonly bias: Int8Array | null;
  /** Total left shift of the accumulator, including the implicit 8 - bits. */
  readonly shift: number;
  /** log2 of the factor from the stored output to the real one. */
  readonly finalScale: number;
}

/** By operator name. Operators that share weights (`weightsOf`) have entries with the same arrays. */
export type QuantizedSet = ReadonlyMap<string, QuantizedWeights>;
