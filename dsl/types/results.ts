import type { Conv1dSize, Conv1dWeights } from "../operators/conv1d.ts";
import type { Conv2dSize, Conv2dWeights } from "../operators/conv2d.ts";
import type { ConvTranspose2dSize, ConvTranspose2dWeights } from "../operators/conv-transpose2d.ts";
import type { LinearWeights } from "../operators/linear.ts";
import type { Pool1dSize, Pool2dSize } from "../operators/pool.ts";
import type { WeightedRole, WeightsReach } from "../operators/weighted.ts";
import type { Tensor } from "../tensor.ts";
import type { Product, Quotient } from "./arithmetic.ts";
import type { CallOn } from "./arguments.ts";
import type { CallOf, Devices, Role, ShapeTuple } from "./call.ts";
import type { UsableSize } from "./sizes.ts";

/** Result types of the methods; open (`O extends object`) until the arguments are known, as in `arguments.ts`. */

/**
 * A tensor whose numbers are worked out here and now. TypeScript puts off what stands as an alias inside a tuple or
 * among type arguments; in a chain of operators every one would then wait for all in front of it, until there are
 * too many (TS2589). What `infer` has seen is known.
 */
type Made<D extends Devices, Channels, Rows, Columns, R, U> = [
  Channels,
  UsableSize<Rows>,
  UsableSize<Columns>,
  R,
  U,
] extends [
  infer C extends number,
  infer H extends number,
  infer W extends number,
  infer NewRole extends Role,
  infer Used extends number,
]
  ? Tensor<D, [C, H, W], NewRole, Used>
  : undefined;

export type Conv2dResult<
  D extends Devices,
  S extends ShapeTuple,
  R extends Role,
  U extends number,
  N,
  O,
> = O extends object
  ? CallOn<"conv2d", S, R, U, N, O> extends infer C extends CallOf
    ? Made<
        D,
        C["argument"] & number,
        Conv2dSize<C, 1>,
        Conv2dSize<C, 2>,
        WeightedRole<O>,
        WeightsReach<C, Conv2dWeights<C>>
      >
    : undefined
  : undefined;

export type Conv1dResult<
  D extends Devices,
  S extends ShapeTuple,
  R extends Role,
  U extends number,
  N,
  O,
> = O extends object
  ? CallOn<"conv1d", S, R, U, N, O> extends infer C extends CallOf
    ? Made<D, C["argument"] & number, Conv1dSize<C>, C["shape"][2], WeightedRole<O>, WeightsReach<C, Conv1dWeights<C>>>
    : undefined
  : undefined;

export type ConvTranspose2dResult<
  D extends Devices,
  S extends ShapeTuple,
  R extends Role,
  U extends number,
  N,
  O,
> = O extends object
  ? CallOn<"convTranspose2d", S, R, U, N, O> extends infer C extends CallOf
    ? Made<
        D,
        C["argument"] & number,
        ConvTranspose2dSize<C, 1>,
        ConvTranspose2dSize<C, 2>,
        WeightedRole<O>,
        WeightsReach<C, ConvTranspose2dWeights<C>>
      >
    : undefined
  : undefined;

export type LinearResult<
  D extends Devices,
  S extends ShapeTuple,
  R extends Role,
  U extends number,
  N,
  O,
> = O extends object
  ? CallOn<"linear", S, R, U, N, O> extends infer C extends CallOf
    ? Made<D, C["argument"] & number, C["shape"][1], C["shape"][2], WeightedRole<O>, WeightsReach<C, LinearWeights<C>>>
    : undefined
  : undefined;

export type Pool2dResult<
  D extends Devices,
  S extends ShapeTuple,
  R extends Role,
  U extends number,
  A,
  O,
> = O extends object
  ? CallOn<"maxPool2d", S, R, U, A, O> extends infer C extends CallOf
    ? Made<D, C["shape"][0], Pool2dSize<C, 1>, Pool2dSize<C, 2>, "pooled", C["used"]>
    : undefined
  : undefined;

export type Pool1dResult<
  D extends Devices,
  S extends ShapeTuple,
  R extends Role,
  U extends number,
  A,
  O,
> = O extends object
  ? CallOn<"maxPool1d", S, R, U, A, O> extends infer C extends CallOf
    ? Made<D, C["shape"][0], Pool1dSize<C>, C["shape"][2], "pooled", C["used"]>
    : undefined
  : undefined;

/** All values as channels of one pixel. */
export type FlattenResult<D extends Devices, S extends ShapeTuple, U extends number> = D extends unknown
  ? Made<D, Product<Product<S[0], S[1]>, S[2]>, 1, 1, "flat", U>
  : undefined;

/** Squares of N x N pixels as channels of one. */
export type FoldResult<D extends Devices, S extends ShapeTuple, R extends Role, U extends number, N> = N extends number
  ? Made<D, Product<S[0], Product<N, N>>, Quotient<S[1], N>, Quotient<S[2], N>, R, U>
  : undefined;

/** As many tensors as there are parts; a list of unknown length where their number is not known. */
export type SplitResult<D extends Devices, S extends ShapeTuple, U extends number, N> = N extends number
  ? Repeated<Made<D, Quotient<S[0], N>, S[1], S[2], "part", U>, N>
  : undefined;
type Repeated<T, N, Result extends readonly T[] = []> = number extends N
  ? readonly T[]
  : Result["length"] extends N
    ? Readonly<Result>
    : Result["length"] extends 64
      ? readonly T[]
      : Repeated<T, N, [...Result, T]>;
