import type { DeviceName } from "../../targets/accelerator/device.ts";
import type { ReadFacts } from "../operators/read.ts";
import type { readRules } from "../rules/read.ts";
import type { Rule, RuleTable } from "../rules/rule.ts";
import type { CallOf, Devices, Option, Problem, Role, ShapeTuple, SpecOf } from "./call.ts";
import type { FirstBroken } from "./evaluate.ts";

/**
 * Parameter types that are the argument's own type, or the sentence of the rule it breaks.
 *
 * TypeScript looks at a parameter type several times while it infers type arguments, with the arguments not yet
 * known. Working the rules out each time would cost ten times as much as once. So the answer lies behind a key that
 * stays open until the argument is known: `checked` for literals, `unchecked` for everything else. `NoInfer` keeps
 * inference out of it; what is inferred from is the other branch, which is never taken.
 */
export type Argument<A, Answers extends { readonly unchecked: unknown; readonly checked: unknown }> = A extends
  | number
  | readonly [number, number]
  ? NoInfer<Answers[KeyOfArgument<A>]>
  : A;

type KeyOfArgument<A> = A extends number
  ? KeyOfNumber<A>
  : A extends readonly [infer Rows, infer Columns]
    ? KeyOfNumber<Rows | Columns>
    : "unchecked";
type KeyOfNumber<N> = number extends N ? "unchecked" : "checked";

/** The two answers of a first argument: problems with the tensor that is read are told there as well. */
export interface FirstArgument<A, Rules extends readonly Rule[], C extends CallOf, D, Streaming> {
  readonly unchecked: A;
  readonly checked: Valid<A, FirstProblem<Rules, C, D, Streaming>>;
}

/** The same for an argument of its own, apart from the tensor that is read. */
export interface Judged<A, Rules extends readonly Rule[], C extends CallOf, D> {
  readonly unchecked: A;
  readonly checked: Valid<A, Problem<Rules, C, D>>;
}

type FirstProblem<Rules extends readonly Rule[], C extends CallOf, D, Streaming> =
  ReadProblem<C["op"], D, C["shape"], C["role"], Streaming> extends infer P extends string ? P : Problem<Rules, C, D>;

/** Options: known ones by their rules, unknown ones by a sentence. */
export type CheckedOptions<Rules extends RuleTable, Known, C extends CallOf, D, O> = {
  readonly [K in keyof O]: O extends object
    ? NoInfer<OptionValue<K, Rules, Known, C, D, O>[KeyOfOptions<O, Known>]>
    : O[K];
};

/**
 * Constraint of options: with any further names, since a type of optional properties alone would refuse an object
 * that shares none of them before the sentence about it could be told.
 */
export type Open<Known> = Known & { readonly [name: string]: unknown };

type KeyOfOptions<O, Known> = O extends object ? (Open<Known> extends O ? "unchecked" : "checked") : "unchecked";

interface OptionValue<K, Rules extends RuleTable, Known, C extends CallOf, D, O> {
  readonly unchecked: O[K & keyof O];
  readonly checked: K extends keyof Rules
    ? Valid<O[K & keyof O], Problem<Rules[K], C, D>>
    : K extends keyof Known
      ? O[K & keyof O]
      : `${C["op"]} has no option ${K & string}`;
}

/** The type itself, or the sentence of its problem. */
export type Valid<T, P> = [P] extends [null] ? T : P;

/** In place of a method that cannot be called here. */
export interface Unavailable<Why extends string> {
  readonly unavailable: Why;
}
export type Method<Why, F> = [Why] extends [null] ? F : Unavailable<Why & string>;

/** Problems with reading a tensor. Results of most operators have none: their sizes were judged when made. */
export type ReadProblem<Op, D, S extends ShapeTuple, R, Streaming> = Role extends R
  ? null
  : Devices extends D
    ? null
    : R extends "CHW" | "HWC" | "flat" | "pooled" | "part"
      ? ReadOn<Op, D, S, R, Streaming>
      : Streaming extends true
        ? ReadOn<Op, D, S, R, Streaming>
        : null;

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

/** A call on a tensor; `A` is its first argument. */
export interface CallOn<Op extends CallOf["op"], S extends ShapeTuple, R extends Role, U extends number, A, O> {
  readonly op: Op;
  readonly shape: S;
  readonly role: R;
  readonly used: U;
  readonly argument: A;
  readonly options: O;
}

export type StreamingOf<O> = Option<O, "streaming", false>;
