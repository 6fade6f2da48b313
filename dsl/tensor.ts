import type { Rule, RuleTable } from "./rules/rule.ts";
import type { Conv2dOptions, conv2dRules, Conv2dWeights, OutHeight, OutWidth } from "./operators/conv2d.ts";
import type { ReadFacts } from "./operators/read.ts";
import type { WeightedRole, WeightsReach } from "./operators/weighted.ts";
import type { readRules } from "./rules/read.ts";
import type { CallOf, Devices, Option, Problem, Role, ShapeTuple, SpecOf, Valid } from "./types/call.ts";
import type { FirstBroken } from "./types/evaluate.ts";
import type { DeviceName } from "../targets/accelerator/device.ts";

type CallOn<
  Op extends CallOf["op"],
  S extends ShapeTuple,
  R extends Role,
  U extends number,
  N extends number,
  O extends object,
> = {
  readonly op: Op;
  readonly shape: S;
  readonly role: R;
  readonly used: U;
  readonly channels: N;
  readonly options: O;
};
type ReadProblem<Op, D, S extends ShapeTuple, R, Streaming> = R extends "CHW" | "HWC" | "flat" | "pooled"
  ? ReadOn<Op, D, S, R, Streaming>
  : Streaming extends false
    ? null
    : ReadOn<Op, D, S, R, Streaming>;
type ReadOn<Op, D, S extends ShapeTuple, R, Streaming> = D extends readonly [
  infer First extends DeviceName,
  ...infer Rest,
]
  ? FirstBroken<typeof readRules, ReadFacts<S, R, SpecOf<First>, Op, Streaming>> extends infer P extends string
    ? P
    : ReadOn<Op, Rest, S, R, Streaming>
  : D extends DeviceName
    ? FirstBroken<typeof readRules, ReadFacts<S, R, SpecOf<D>, Op, Streaming>>
    : null;

type FirstArgument<Rules extends readonly Rule[], C extends CallOf, D> =
  ReadProblem<C["op"], D, C["shape"], C["role"], Option<C["options"], "streaming", false>> extends infer P extends
    string
    ? P
    : Problem<Rules, C, D>;

interface ArgumentBox<N, Rules extends readonly Rule[], C extends CallOf, D> {
  readonly unchecked: N;
  readonly checked: Valid<N, FirstArgument<Rules, C, D>>;
}
type KeyOfArgument<N> = N extends number ? (number extends N ? "unchecked" : "checked") : never;
type Argument<N, Box> = N extends number ? Box[KeyOfArgument<N> & keyof Box] : N;

interface OptionBox<K, O, Op extends string, Rules extends RuleTable, Known, C extends CallOf, D> {
  readonly unchecked: O[K & keyof O];
  readonly checked: K extends keyof Rules
    ? Valid<O[K & keyof O], Problem<Rules[K], C, D>>
    : K extends keyof Known
      ? O[K & keyof O]
      : `${Op} has no option ${K & string}`;
}
type KeyOfOptions<O, Known> = O extends object ? (Known extends O ? "unchecked" : "checked") : never;
type CheckedOptions<Op extends string, Rules extends RuleTable, Known, C extends CallOf, D, O> = {
  readonly [K in keyof O]: O extends object ? OptionBox<K, O, Op, Rules, Known, C, D>[KeyOfOptions<O, Known>] : O[K];
};
type Conv2dResult<
  D extends Devices,
  S extends ShapeTuple,
  R extends Role,
  U extends number,
  N extends number,
  O,
> = O extends object
  ? Tensor<
      D,
      [N, OutHeight<CallOn<"conv2d", S, R, U, N, O>>, OutWidth<CallOn<"conv2d", S, R, U, N, O>>],
      WeightedRole<O>,
      WeightsReach<CallOn<"conv2d", S, R, U, N, O>, Conv2dWeights<CallOn<"conv2d", S, R, U, N, O>>>
    >
  : never;

export interface Tensor<D extends Devices, S extends ShapeTuple, R extends Role, U extends number> {
  readonly shape: S;
  conv2d<const N extends number, const O extends Conv2dOptions>(
    channels: Argument<N, ArgumentBox<N, (typeof conv2dRules)["channels"], CallOn<"conv2d", S, R, U, N, O>, D>>,
    options: CheckedOptions<"conv2d", typeof conv2dRules, Conv2dOptions, CallOn<"conv2d", S, R, U, N, O>, D, O>,
  ): Conv2dResult<D, S, R, U, N, O>;
}
