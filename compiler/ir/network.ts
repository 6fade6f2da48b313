import type { DeviceName } from "../../targets/accelerator/device.ts";
import type { Activation, EltwiseKind, Pair, Pins, Shape, WeightBits } from "../../dsl/model.ts";
import type { SourceLocation } from "../../dsl/diagnostic.ts";

/**
 * Hardware layers in execution order: what one register set of the accelerator does in flight,
 * with integer weights, before any memory is assigned.
 */
export interface Network {
  readonly name: string;
  readonly device: DeviceName;
  readonly input: NetworkInput;
  /** Execution order is array order; a layer reads only the input or earlier layers. */
  readonly layers: readonly Layer[];
  readonly options: NetworkOptions;
}

export interface NetworkInput extends Shape {
  readonly format: "CHW" | "HWC";
}

/** Whole-network switches that change values or layer semantics. */
export interface NetworkOptions {
  readonly averagePoolRounding: boolean;
  readonly fifo: "none" | "standard" | "fast" | "fast-quad";
}

/** A tensor a layer reads: the network input, or the output of the layer with that index. */
export type TensorSource = "input" | number;

export interface Layer {
  /** Position in `Network.layers`. */
  readonly index: number;
  readonly name: string;
  /** User operators that were fused into this layer. */
  readonly origins: readonly { readonly name: string; readonly source?: SourceLocation }[];
  /** Tensors read. Several: operands of `eltwise`, else a concatenation (channels, or pixels when reshaped). */
  readonly sources: readonly TensorSource[];
  /** Rows dropped at start and end of the sources before reshaping. */
  readonly crop: Pair;
  /**
   * Shape of one operand as the layer reads it, after concatenation, crop and reshape. Channels are per operand.
   * When the sources' total channels equal operands x channels from a single tensor, operands are its channel slices.
   */
  readonly input: Shape;
  readonly eltwise: LayerEltwise | null;
  readonly pool: LayerPool | null;
  /** Shape after pooling, before flattening. */
  readonly pooled: Shape;
  readonly flatten: boolean;
  /** null: pooling, element-wise or copying only (a passthrough layer). */
  readonly convolution: LayerConvolution | null;
  readonly activation: Activation | null;
  readonly outputBits: 8 | 32;
  readonly output: Shape;
  /** Read out and part of the known answer. */
  readonly isOutput: boolean;
  readonly streaming: boolean;
  readonly calcx4: boolean;
  readonly readAhead: boolean;
  /** null: read-ahead and more than one pass. */
  readonly tcalc: boolean | null;
  readonly pins: Pins;
  /** log2 of the factor from the stored output to the real one. */
  readonly finalScale: number;
}

export interface LayerEltwise {
  readonly operation: EltwiseKind;
  readonly operands: number;
  /** Pool each operand, then combine (the hardware's default order). */
  readonly poolFirst: boolean;
}

export interface LayerPool {
  readonly kind: "max" | "average";
  readonly size: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
}

export interface LayerConvolution {
  readonly kind: "conv2d" | "conv1d" | "convTranspose2d" | "linear";
  /** Rows x columns; conv1d: length x 1. */
  readonly kernel: Pair;
  readonly padding: Pair;
  readonly dilation: number;
  readonly stride: number;
  readonly outputPadding: number;
  readonly groups: number;
  readonly weights: LayerWeights | null;
  /** Every weight is 1 and none are stored (weights is null). */
  readonly bypass: boolean;
  readonly bias: Int8Array | null;
  /** Total left shift of the accumulator, including the implicit 8 - bits. */
  readonly shift: number;
}

/**
 * Integer weights [outputs][inputs / groups][kernel rows][kernel columns]; transposed convolutions are stored
 * already flipped and with outputs first, so that all kinds are cross-correlations. A flattened linear layer has
 * inputs = channels x rows x columns in that order and a 1x1 kernel.
 */
export interface LayerWeights {
  readonly outputs: number;
  readonly inputs: number;
  readonly data: Int8Array;
  readonly bits: WeightBits;
  /** +1/-1 instead of 0/-1. */
  readonly binary: boolean;
}
