import type { Rule } from "../rules/rule.ts";
import type { AtMost, Below, Product, Quotient } from "./arithmetic.ts";

/** The type checker's reading of the rule table; twin of `rules/evaluate.ts`. */

/** Facts of a call, with the device record as `spec`. */
export interface AnyFacts {
  readonly [name: string]: unknown;
}

/** The sentence of the first broken rule, or null. */
export type FirstBroken<Rules extends readonly Rule[], F extends AnyFacts> = Rules extends readonly [
  infer R extends Rule,
  ...infer Rest extends readonly Rule[],
]
  ? Keeps<R, F> extends false
    ? Fill<R["say"], F, Resolve<R["limit"], F>>
    : FirstBroken<Rest, F>
  : null;

/** A rule without `when` always applies (the property is unknown then). */
type Keeps<R extends Rule, F extends AnyFacts> = unknown extends R["when"]
  ? Holds<R["check"], F[R["value"]], Resolve<R["limit"], F>>
  : F[R["when"] & string] extends true
    ? Holds<R["check"], F[R["value"]], Resolve<R["limit"], F>>
    : true;

type Resolve<L, F extends AnyFacts> = L extends number | boolean
  ? L
  : L extends string
    ? F[L]
    : L extends { readonly device: readonly [infer A, infer B] }
      ? InRecord<F["spec"], A, B>
      : L extends { readonly min: infer Min; readonly max: infer Max }
        ? { readonly min: Resolve<Min, F>; readonly max: Resolve<Max, F> }
        : L extends { readonly values: infer Values }
          ? Values
          : never;

type InRecord<Spec, A, B> = A extends keyof Spec ? (B extends keyof Spec[A] ? Spec[A][B] : never) : never;

/** true, false, or boolean where a value is not known. */
type Holds<C, V, L> = number extends V
  ? boolean
  : C extends "oneOf"
    ? V extends (L & readonly unknown[])[number]
      ? true
      : false
    : C extends "between"
      ? Between<V, L>
      : C extends "is"
        ? V extends L
          ? true
          : L extends V
            ? boolean
            : false
        : C extends "atMost"
          ? AtMost<V, L>
          : C extends "below"
            ? Below<V, L>
            : MultipleOf<V, L>;

type Between<V, L> = L extends { readonly min: infer Min; readonly max: infer Max }
  ? number extends Min | Max
    ? boolean
    : `${V & number}` extends `${string}.${string}` | `${string}e${string}`
      ? false
      : SignedAtMost<Min, V> extends false
        ? false
        : SignedAtMost<V, Max>
  : never;

type SignedAtMost<A, B> = `${A & number}` extends `-${infer X extends number}`
  ? `${B & number}` extends `-${infer Y extends number}`
    ? AtMost<Y, X>
    : true
  : `${B & number}` extends `-${string}`
    ? false
    : AtMost<A, B>;

type MultipleOf<V, L> = Product<Quotient<V, L>, L> extends V ? true : false;

type Fill<
  T extends string,
  F extends AnyFacts,
  L,
  Result extends string = "",
> = T extends `${infer Before}{${infer Hole}}${infer After}`
  ? Fill<After, F, L, `${Result}${Before}${HoleText<Hole, F, L>}`>
  : `${Result}${T}`;

type HoleText<Hole, F extends AnyFacts, L> = Hole extends "limit"
  ? LimitText<L, "plain">
  : Hole extends "limit:square"
    ? LimitText<L, "square">
    : Hole extends "device"
      ? InName<F["spec"]>
      : Show<F[Hole & string], "plain">;
type InName<Spec> = Spec extends { readonly name: infer Name extends string } ? Name : never;

type Show<V, How> = How extends "square" ? `${V & Printable}x${V & Printable}` : V extends Printable ? `${V}` : never;
type Printable = string | number | boolean | null;

type LimitText<L, How> = L extends { readonly min: infer Min; readonly max: infer Max }
  ? Min extends Max
    ? Show<Min, How>
    : `${Show<Min, How>} to ${Show<Max, How>}`
  : L extends readonly unknown[]
    ? ListText<L, How>
    : Show<L, How>;
type ListText<L, How> = L extends readonly [infer A]
  ? Show<A, How>
  : L extends readonly [infer A, infer B]
    ? `${Show<A, How>} or ${Show<B, How>}`
    : L extends readonly [infer A, ...infer Rest]
      ? `${Show<A, How>}, ${ListText<Rest, How>}`
      : "";
