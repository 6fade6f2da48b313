import type { DeviceName } from "../targets/accelerator/device.ts";
import type { OperandFacts } from "./operators/combine.ts";
import type { operandRules, partRules, rowPartRules } from "./rules/combine.ts";
import type { Rule } from "./rules/rule.ts";
import type { TensorLike, Info, Tensor } from "./tensor.ts";
import type { Larger, Sum } from "./types/arithmetic.ts";
import type { ReadProblem, Valid } from "./types/arguments.ts";
import type { Devices, ShapeTuple, SpecOf } from "./types/call.ts";
import type { FirstBroken } from "./types/evaluate.ts";

/** Types of `add(a, b, ...)` and `concat(a, b, ...)`: every operand is itself, or the sentence of its problem. */

type ShapeOf<A extends TensorLike> = A[Info]["shape"];
type DeviceOf<A extends TensorLike> = A[Info]["device"];
type UsedBy<A extends TensorLike> = A[Info]["used"];
type Tensors = readonly TensorLike[];

/** The first operand; most problems of a pair are told on the other. */
export type FirstOperand<Op, A extends TensorLike, Rest extends Tensors> = A extends unknown
  ? NoInfer<Valid<A, OperandProblem<Op, RulesOf<Op>, A, A, CountOf<Rest>, IsNone<Rest>, 0>>>
  : A;

/** The other operands. */
export type OtherOperands<Op, A extends TensorLike, Rest extends Tensors> = {
  readonly [I in keyof Rest]: A extends unknown ? NoInfer<OtherOperand<Op, A, Rest, I, Rest[I]>> : Rest[I];
};
type OtherOperand<Op, A extends TensorLike, Rest extends Tensors, I, B extends TensorLike> = Valid<
  B,
  OperandProblem<Op, RulesOf<Op>, A, B, CountOf<Rest>, IsLast<I, Rest>, SumBefore<AxisOf<Op>, I, [A, ...Rest]>>
>;

type RulesOf<Op> = Op extends "concat"
  ? typeof partRules
  : Op extends "concatRows"
    ? typeof rowPartRules
    : typeof operandRules;
/** Which entry of a shape a concatenation adds up. */
type AxisOf<Op> = Op extends "concatRows" ? 1 : 0;
type CountOf<Rest extends Tensors> = Sum<Rest["length"], 1>;
type IsNone<Rest extends Tensors> = Rest["length"] extends 0 ? true : false;
type IsLast<I, Rest extends Tensors> = I extends `${infer N extends number}`
  ? Sum<N, 1> extends Rest["length"]
    ? true
    : false
  : boolean;

/** Channels, or rows, of all operands before the one at index I of the rest: those at 0 ... I of the whole list. */
type SumBefore<
  Axis extends 0 | 1,
  I,
  All extends Tensors,
  Total = 0,
  Seen extends readonly 0[] = [],
> = All extends readonly [infer Next extends TensorLike, ...infer More extends Tensors]
  ? `${Seen["length"]}` extends I
    ? Sum<Total, ShapeOf<Next>[Axis]>
    : SumBefore<Axis, I, More, Sum<Total, ShapeOf<Next>[Axis]>, [...Seen, 0]>
  : number;

type OperandProblem<
  Op,
  Rules extends readonly Rule[],
  First extends TensorLike,
  B extends TensorLike,
  Operands,
  Last,
  Before,
> =
  Devices extends DeviceOf<First>
    ? null
    : ReadProblem<Op, DeviceOf<B>, ShapeOf<B>, B[Info]["role"], boolean> extends infer P extends string
      ? P
      : OperandOn<Op, Rules, DeviceOf<First>, ShapeOf<First>, ShapeOf<B>, Operands, Last, Before>;
type OperandOn<
  Op,
  Rules extends readonly Rule[],
  D,
  First extends ShapeTuple,
  S extends ShapeTuple,
  Operands,
  Last,
  Before,
> = D extends readonly [infer Name extends DeviceName, ...infer More]
  ? FirstBroken<
      Rules,
      OperandFacts<Op, S, First, Operands, Last, Before, Sum<Before, S[AxisOf<Op>]>, SpecOf<Name>>
    > extends infer P extends string
    ? P
    : OperandOn<Op, Rules, More, First, S, Operands, Last, Before>
  : D extends DeviceName
    ? FirstBroken<Rules, OperandFacts<Op, S, First, Operands, Last, Before, Sum<Before, S[AxisOf<Op>]>, SpecOf<D>>>
    : null;

/** Result of an element-wise operator: like the first operand. */
export type Combined<A extends TensorLike, Rest extends Tensors> = A extends unknown
  ? Tensor<DeviceOf<A>, ShapeOf<A>, "plain", MostUsed<Rest, UsedBy<A>>>
  : never;

/** Result of a concatenation: the channels of all parts. */
export type Concatenated<A extends TensorLike, Rest extends Tensors> = A extends unknown
  ? Tensor<
      DeviceOf<A>,
      [SumOf<0, Rest, ShapeOf<A>[0]>, ShapeOf<A>[1], ShapeOf<A>[2]],
      "plain",
      MostUsed<Rest, UsedBy<A>>
    >
  : never;

/** Result of a concatenation of rows. */
export type RowsConcatenated<A extends TensorLike, Rest extends Tensors> = A extends unknown
  ? Tensor<
      DeviceOf<A>,
      [ShapeOf<A>[0], SumOf<1, Rest, ShapeOf<A>[1]>, ShapeOf<A>[2]],
      "plain",
      MostUsed<Rest, UsedBy<A>>
    >
  : never;

/** Branches share what comes before them, so their sum would count it twice; the largest is a safe lower bound. */
type MostUsed<Rest extends Tensors, Most extends number> = Rest extends readonly [
  infer Next extends TensorLike,
  ...infer More extends Tensors,
]
  ? MostUsed<More, Larger<Most, UsedBy<Next>> & number>
  : Most;

type SumOf<Axis extends 0 | 1, Rest extends Tensors, Total extends number> = Rest extends readonly [
  infer Next extends TensorLike,
  ...infer More extends Tensors,
]
  ? SumOf<Axis, More, Sum<Total, ShapeOf<Next>[Axis]> & number>
  : Total;
