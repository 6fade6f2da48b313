import type { LayerWeights } from "../../runtime/reference/layer.ts";
import type { WeightSet } from "../import/weight-set.ts";

/** How a training script meant its batch normalization; files of statistics do not say. */
export interface BatchNormConvention {
  /** Added to the variance. PyTorch: 1e-5. */
  readonly epsilon: number;
  /** Multiplies the normalized output. 1 in PyTorch and QATv2; 0.25 in the vendor's older training scripts. */
  readonly factor: number;
}

export const pytorchConvention: BatchNormConvention = { epsilon: 1e-5, factor: 1 };

/** Statistics and affine parameters of a batch normalization, one value per channel. */
export interface BatchNormWeights {
  /** null: 1. */
  readonly scale: ArrayLike<number> | null;
  /** null: 0. */
  readonly offset: ArrayLike<number> | null;
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  /** Absent: PyTorch's. */
  readonly convention?: BatchNormConvention;
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
