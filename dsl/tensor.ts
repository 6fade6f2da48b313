import type { DeviceName } from "../targets/accelerator/device.ts";
import type { Pins } from "./model.ts";
import type { Conv1dOptions, conv1dRules } from "./operators/conv1d.ts";
import type { Conv2dOptions, conv2dRules } from "./operators/conv2d.ts";
import type { ConvTranspose2dOptions, convTranspose2dRules } from "./operators/conv-transpose2d.ts";
import type { LinearOptions, linearRules } from "./operators/linear.ts";
import type {
  AvgPool1dOptions,
  AvgPool2dOptions,
  MaxPool1dOptions,
  MaxPool2dOptions,
  pool1dRules,
  pool2dRules,
} from "./operators/pool.ts";
import type { BatchNormOptions, UnaryFacts } from "./operators/simple.ts";
import type { CommonOptions, Size } from "./options.ts";
import type { channelsRules, cropRules, foldRules, reshapeRules, splitRules } from "./rules/arrange.ts";
import type { rollingBufferRules } from "./rules/rolling-buffer.ts";
import type { Rule } from "./rules/rule.ts";
import type { activationRules, batchNormRules, flattenRules } from "./rules/unary.ts";
import type { Difference, Sum, Whole } from "./types/arithmetic.ts";
import type {
  Argument,
  CallOn,
  CheckedOptions,
  FirstArgument,
  Judged,
  Method,
  Open,
  ReadProblem,
  StreamingOf,
} from "./types/arguments.ts";
import type { Devices, Role, ShapeTuple, SpecOf } from "./types/call.ts";
import type { FirstBroken } from "./types/evaluate.ts";
import type {
  Conv1dResult,
  Conv2dResult,
  ConvTranspose2dResult,
  FlattenResult,
  FoldResult,
  LinearResult,
  Pool1dResult,
  Pool2dResult,
  SplitResult,
} from "./types/results.ts";
import type { UsableSize } from "./types/sizes.ts";

declare const info: unique symbol;
export type Info = typeof info;

/** What all tensors have. */
export interface TensorLike {
  readonly [info]: { readonly device: Devices; readonly shape: ShapeTuple; readonly role: Role; readonly used: number };
}

/** Any tensor, for parameters of helper functions: nothing is known while typing, all is checked when compiling. */
// oxlint-disable-next-line no-explicit-any -- `any` is what relates to every tensor
export type AnyTensor = Tensor<any, any, any, any>;

/**
 * A tensor of a model that is being defined: for devices `D`, of shape `S` = [channels, rows, columns], made by an
 * operator of role `R`, with `U` bytes of weights used so far. Its methods add operators to the model.
 * (`in out` spares the type checker a comparison of all methods, `NoInfer` on results an attempt to infer arguments
 * from what is expected of the result.)
 */
export interface Tensor<
  in out D extends Devices,
  in out S extends ShapeTuple,
  in out R extends Role,
  in out U extends number,
> extends TensorLike {
  readonly [info]: { readonly device: D; readonly shape: S; readonly role: R; readonly used: U };
  /** Channels, rows, columns. */
  readonly shape: S;

  /** 2-D convolution with `channels` output channels; stride 1. */
  conv2d<const N extends number, const O extends Open<Conv2dOptions>>(
    channels: Argument<
      N,
      FirstArgument<N, (typeof conv2dRules)["channels"], CallOn<"conv2d", S, R, U, N, O>, D, StreamingOf<O>>
    >,
    options: CheckedOptions<typeof conv2dRules, Conv2dOptions, CallOn<"conv2d", S, R, U, N, O>, D, O>,
  ): NoInfer<Conv2dResult<D, S, R, U, N, O>>;

  /** 1-D convolution along the rows, with `channels` output channels; stride 1. */
  conv1d<const N extends number, const O extends Open<Conv1dOptions>>(
    channels: Argument<
      N,
      FirstArgument<N, (typeof conv1dRules)["channels"], CallOn<"conv1d", S, R, U, N, O>, D, StreamingOf<O>>
    >,
    options: CheckedOptions<typeof conv1dRules, Conv1dOptions, CallOn<"conv1d", S, R, U, N, O>, D, O>,
  ): NoInfer<Conv1dResult<D, S, R, U, N, O>>;

  /** Transposed 2-D convolution, which doubles rows and columns. */
  convTranspose2d<const N extends number, const O extends Open<ConvTranspose2dOptions>>(
    channels: Argument<
      N,
      FirstArgument<
        N,
        (typeof convTranspose2dRules)["channels"],
        CallOn<"convTranspose2d", S, R, U, N, O>,
        D,
        StreamingOf<O>
      >
    >,
    options: CheckedOptions<
      typeof convTranspose2dRules,
      ConvTranspose2dOptions,
      CallOn<"convTranspose2d", S, R, U, N, O>,
      D,
      O
    >,
  ): NoInfer<ConvTranspose2dResult<D, S, R, U, N, O>>;

  /** Fully connected operator; join all pixels first with `flatten()`. */
  linear<const N extends number, const O extends Open<LinearOptions> = {}>(
    features: Argument<
      N,
      FirstArgument<N, (typeof linearRules)["features"], CallOn<"linear", S, R, U, N, O>, D, StreamingOf<O>>
    >,
    options?: CheckedOptions<typeof linearRules, LinearOptions, CallOn<"linear", S, R, U, N, O>, D, O>,
  ): NoInfer<LinearResult<D, S, R, U, N, O>>;

  /** Maximum over windows of `size`; the stride is the window size unless given. */
  maxPool2d<const A extends Size, const O extends Open<MaxPool2dOptions> = {}>(
    size: Argument<A, FirstArgument<A, (typeof pool2dRules)["size"], CallOn<"maxPool2d", S, R, U, A, O>, D, boolean>>,
    options?: CheckedOptions<typeof pool2dRules, MaxPool2dOptions, CallOn<"maxPool2d", S, R, U, A, O>, D, O>,
  ): NoInfer<Pool2dResult<D, S, R, U, A, O>>;

  /** Average over windows of `size`; the stride is the window size unless given. */
  avgPool2d<const A extends Size, const O extends Open<AvgPool2dOptions> = {}>(
    size: Argument<A, FirstArgument<A, (typeof pool2dRules)["size"], CallOn<"avgPool2d", S, R, U, A, O>, D, boolean>>,
    options?: CheckedOptions<
      Pick<typeof pool2dRules, "stride">,
      AvgPool2dOptions,
      CallOn<"avgPool2d", S, R, U, A, O>,
      D,
      O
    >,
  ): NoInfer<Pool2dResult<D, S, R, U, A, O>>;

  /** Maximum over `size` samples; the stride is the window size unless given. */
  maxPool1d<const A extends number, const O extends Open<MaxPool1dOptions> = {}>(
    size: Argument<A, FirstArgument<A, (typeof pool1dRules)["size"], CallOn<"maxPool1d", S, R, U, A, O>, D, boolean>>,
    options?: CheckedOptions<typeof pool1dRules, MaxPool1dOptions, CallOn<"maxPool1d", S, R, U, A, O>, D, O>,
  ): NoInfer<Pool1dResult<D, S, R, U, A, O>>;

  /** Average over `size` samples; the stride is the window size unless given. */
  avgPool1d<const A extends number, const O extends Open<AvgPool1dOptions> = {}>(
    size: Argument<A, FirstArgument<A, (typeof pool1dRules)["size"], CallOn<"avgPool1d", S, R, U, A, O>, D, boolean>>,
    options?: CheckedOptions<
      Pick<typeof pool1dRules, "stride">,
      AvgPool1dOptions,
      CallOn<"avgPool1d", S, R, U, A, O>,
      D,
      O
    >,
  ): NoInfer<Pool1dResult<D, S, R, U, A, O>>;

  /** max(x, 0), in the operator with weights right before. */
  readonly relu: Method<
    UnaryProblem<"relu", (typeof activationRules)["tensor"], D, S, R>,
    (options?: CommonOptions) => Tensor<D, S, "activated", U>
  >;
  /** |x|, in the operator with weights right before. */
  readonly abs: Method<
    UnaryProblem<"abs", (typeof activationRules)["tensor"], D, S, R>,
    (options?: CommonOptions) => Tensor<D, S, "activated", U>
  >;
  /** Normalizes each channel; folded into the weights of the operator right before when the model is compiled. */
  readonly batchNorm: Method<
    UnaryProblem<"batchNorm", (typeof batchNormRules)["tensor"], D, S, R>,
    (options?: BatchNormOptions) => Tensor<D, S, R extends "conv" ? "normalized" : "plain", U>
  >;
  /** All values as channels of one pixel, for `linear`. */
  readonly flatten: Method<
    UnaryProblem<"flatten", (typeof flattenRules)["tensor"], D, S, R>,
    (options?: CommonOptions) => FlattenResult<D, S, U>
  >;
  /** Copies the data, as a layer of its own. */
  readonly passthrough: Method<
    UnaryProblem<"passthrough", [], D, S, R>,
    (options?: CommonOptions) => Tensor<D, S, "plain", U>
  >;
  /** Drops values in training with `probability` (0.5 unless given); nothing on the device. */
  dropout(probability?: number, options?: CommonOptions): Tensor<D, S, R, U>;

  /** Data folding: every `factor` x `factor` pixels of the network input become channels of one. First of all calls. */
  readonly fold: Method<
    [R] extends ["CHW" | "HWC"] ? null : Role extends R ? null : "fold works on the unused network input only",
    <const N extends number>(
      factor: Argument<N, Judged<N, (typeof foldRules)["factor"], CallOn<"fold", S, R, U, N, {}>, D>>,
    ) => NoInfer<FoldResult<D, S, R, U, N>>
  >;
  /** Reads each channel with other row and column counts of the same product. */
  reshape<const H extends number, const W extends number = 1>(
    height: Argument<
      H,
      FirstArgument<H, (typeof reshapeRules)["height"], CallOn<"reshape", S, R, U, H, { width: W }>, D, boolean>
    >,
    width?: W,
    options?: CommonOptions,
  ): NoInfer<Tensor<D, [S[0], H, W], "plain", U>>;
  /** Drops `start` rows at the beginning and `end` rows at the end. */
  crop<const A extends number, const B extends number = 0>(
    start: Argument<
      A,
      FirstArgument<A, (typeof cropRules)["start"], CallOn<"crop", S, R, U, A, { end: B }>, D, boolean>
    >,
    end?: B,
    options?: CommonOptions,
  ): NoInfer<Tensor<D, [S[0], UsableSize<Difference<S[1], Sum<Whole<A>, Whole<B>>>>, S[2]], "plain", U>>;

  /**
   * `count` channels, from channel `first` (0 ...) on. An operator that reads them leaves the others out; it costs
   * nothing where they lie on processors that work at the same time: `x.channels(32, 32)` of 64 channels.
   */
  channels<const A extends number, const N extends number>(
    first: Argument<
      A,
      FirstArgument<A, (typeof channelsRules)["first"], CallOn<"channels", S, R, U, A, { count: N }>, D, boolean>
    >,
    count: N,
    options?: CommonOptions,
  ): NoInfer<Tensor<D, [UsableSize<N>, S[1], S[2]], "plain", U>>;

  /**
   * The last `length` rows of this tensor over inferences, oldest first: of channels x n x columns it makes
   * channels x `length` x columns. Every inference drops the oldest n rows and adds these; the first ones find zeros.
   * On one-dimensional data and frames of one pixel the rows are moments in time, for `conv1d`. Data memory keeps the
   * rows as long as it has power; `cnn_init()` clears them.
   */
  rollingBuffer<const N extends number>(
    length: Argument<
      N,
      FirstArgument<N, (typeof rollingBufferRules)["length"], CallOn<"rollingBuffer", S, R, U, N, {}>, D, boolean>
    >,
    options?: CommonOptions,
  ): NoInfer<Tensor<D, [S[0], UsableSize<N>, S[2]], "plain", U>>;

  /**
   * Equal groups of channels, in order: the operands of one element-wise operator, `add(...x.split(2))`.
   * Pool the whole tensor before splitting it where the operands are to be pooled.
   */
  split<const N extends number>(
    parts: Argument<N, FirstArgument<N, (typeof splitRules)["parts"], CallOn<"split", S, R, U, N, {}>, D, boolean>>,
  ): SplitResult<D, S, U, N>;

  /** Takes choices away from the compiler for the operator that made this tensor. */
  pin(pins: Pins): Tensor<D, S, R, U>;
  /** Names the operator that made this tensor. */
  named(name: string): Tensor<D, S, R, U>;
}

type IsOpen<D, R> = Role extends R ? true : Devices extends D ? true : false;

/** First problem of an operator without arguments, or null. */
type UnaryProblem<Op, Rules extends readonly Rule[], D, S extends ShapeTuple, R> =
  IsOpen<D, R> extends true
    ? null
    : ReadProblem<Op, D, S, R, boolean> extends infer P extends string
      ? P
      : UnaryOn<Op, Rules, D, S, R>;
type UnaryOn<Op, Rules extends readonly Rule[], D, S extends ShapeTuple, R> = D extends readonly [
  infer First extends DeviceName,
  ...infer Rest,
]
  ? FirstBroken<Rules, UnaryFacts<Op, S, R, SpecOf<First>>> extends infer P extends string
    ? P
    : UnaryOn<Op, Rules, Rest, S, R>
  : D extends DeviceName
    ? FirstBroken<Rules, UnaryFacts<Op, S, R, SpecOf<D>>>
    : null;
