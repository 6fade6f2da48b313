import type { AtMost, Difference, HalfUp, Product, Quotient, Sum } from "./arithmetic.ts";

/** Twins of `sizes.ts`: the same formulas on number literals. */

export type PoolOutputSize<Size, Window, Stride, Dilation> = Quotient<
  Difference<Sum<Size, Sum<Stride, 1>>, Sum<Window, Dilation>>,
  Stride
>;

export type ConvOutputSize<Size, Kernel, Padding, Dilation> = Grow<
  Size,
  Sum<Padding, Padding>,
  Dilation extends 1 ? Difference<Kernel, 1> : Product<Dilation, Difference<Kernel, 1>>
>;
/** Size + Added - Taken; most convolutions keep the size. */
type Grow<Size, Added, Taken> = number extends Added | Taken
  ? number
  : Added extends Taken
    ? Size
    : Difference<Sum<Size, Added>, Taken>;

export type ConvTransposeOutputSize<Size, Kernel, Padding> = Grow<
  Sum<Size, Size>,
  Difference<Kernel, 1>,
  Sum<Padding, Padding>
>;

/** Groups of at most `Processors` channels; counts up, since most operators need few. */
export type ChannelPasses<Channels, Processors, Passes = 1, Reach = Processors> = number extends Channels | Processors
  ? number
  : AtMost<Channels, Reach> extends true
    ? Passes
    : ChannelPasses<Channels, Processors, Sum<Passes, 1>, Sum<Reach, Processors>>;

export type TurnedChannels<Channels, Processors, Group> =
  ChannelPasses<Channels, Processors> extends infer Passes
    ? Passes extends 1
      ? Channels
      : Product<Passes, Product<Group, QuotientUp<QuotientUp<Channels, Passes>, Group>>>
    : never;
/** Smallest whole number that is at least A / B. */
type QuotientUp<A, B> = Quotient<Sum<A, Difference<B, 1>>, B>;

/** Bytes of `Count` weights of `Bits` bits. */
export type WeightBytes<Count, Bits> = Bits extends 8
  ? Count
  : Bits extends 4
    ? HalfUp<Count>
    : Bits extends 2
      ? HalfUp<HalfUp<Count>>
      : Bits extends 1
        ? HalfUp<HalfUp<HalfUp<Count>>>
        : number;

/** Sizes after an error go on as 1. */
export type UsableSize<N> = N extends 0 ? 1 : N;
