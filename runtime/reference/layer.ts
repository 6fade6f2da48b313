import type { Activation, EltwiseKind, Pair, Shape, WeightBits } from "../../dsl/model.ts";

/**
 * One hardware layer as integers: all that decides values, nothing about memory.
 * The compiler's `Layer` extends this, so every network stage can be executed directly.
 */
export interface IntegerLayer {
  readonly name: string;
  /** Tensors read. Several: operands of `eltwise`, else a concatenation of channels, or of pixels
   * when each has the channels of `input`. */
  readonly sources: readonly TensorSource[];
  /** Channels read of each source, in the order of `sources`; absent: all channels of all of them. */
  readonly slices?: readonly ChannelRange[];
  /**
   * Present on a copy that moves the kept rows of a rolling buffer to its front: its sources, itself and the layer
   * that makes the newest rows, are read as the previous inference left them (zeros before the first one).
   */
  readonly recalls?: true;
  /** Rows dropped at start and end of the sources before reshaping. */
  readonly crop: Pair;
  /**
   * Shape of one operand as the layer reads it, after concatenation, crop and reshape. Channels are per operand.
   * When a single source holds operands x channels, the operands are its channel slices.
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
}

/** Tensor a layer reads: the network input, or the output of the layer with that index. */
export type TensorSource = "input" | number;

/** Channels of a tensor: so many, from `first` (0 ...) on. */
export interface ChannelRange {
  readonly first: number;
  readonly channels: number;
}

/** What a layer reads of the source at `position`, whose whole shape is given. */
export const readShape = ({ slices }: Pick<IntegerLayer, "slices">, position: number, whole: Shape): Shape => {
  const slice = slices?.[position];
  return slice === undefined ? whole : { ...whole, channels: slice.channels };
};

/** First channel that a layer reads of the source at `position`. */
export const firstChannel = ({ slices }: Pick<IntegerLayer, "slices">, position: number): number =>
  slices?.[position]?.first ?? 0;

export interface LayerEltwise {
  readonly operation: EltwiseKind;
  readonly operands: number;
  /** Pool each operand, then combine (the hardware's default order). */
  readonly poolFirst: boolean;
}

/** Pooling window; size 1x1 with a stride above 1 subsamples. */
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
  /** As the user (PyTorch) counts it, also for transposed convolutions. */
  readonly padding: Pair;
  readonly dilation: number;
  readonly stride: number;
  readonly outputPadding: number;
  readonly groups: number;
  readonly weights: LayerWeights | null;
  /** Every weight is 1 and none are stored (`weights` is null). */
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
  /** Inputs per group. */
  readonly inputs: number;
  readonly data: Int8Array;
  readonly bits: WeightBits;
  /** +1/-1 instead of 0/-1. */
  readonly binary: boolean;
}
