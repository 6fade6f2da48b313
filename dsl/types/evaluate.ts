import type { AtMost, Below, Product, Quotient } from "./arithmetic.ts";

/** The type checker's reading of the rule table; twin of `rules/evaluate.ts`. */

/** The sentence of the first broken rule, or null. `F` is an object of facts, with the device record as `spec`. */
export type FirstBroken<Rules, F> = Rules extends readonly [infer R, ...infer Rest]
  ? R extends { readonly when: infer W extends keyof F }
    ? F[W] extends true
      ? Judge<R, Rest, F>
      : FirstBroken<Rest, F>
    : Judge<R, Rest, F>
  : null;

type Judge<R, Rest, F> = R extends {
  readonly value: infer V extends keyof F;
  readonly check: infer C;
  readonly limit: infer L;
}
  ? Holds<C, F[V], Resolve<L, F>> extends false
    ? Say<R, F, Resolve<L, F>>
    : FirstBroken<Rest, F>
  : never;

type Resolve<L, F> = L extends number | boolean
  ? L
  : L extends string
    ? F[L & keyof F]
    : L extends { readonly device: readonly [infer A, infer B] }
      ? InRecord<F["spec" & keyof F], A, B>
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

type Say<R, F, L> = R extends { readonly say: infer T extends string } ? Fill<T, F, L> : never;
type Fill<T extends string, F, L, Result extends string = ""> = T extends `${infer Before}{${infer Hole}}${infer After}`
  ? Fill<After, F, L, `${Result}${Before}${HoleText<Hole, F, L>}`>
  : `${Result}${T}`;

type HoleText<Hole, F, L> = Hole extends "limit"
  ? LimitText<L, "plain">
  : Hole extends "limit:square"
    ? LimitText<L, "square">
    : Hole extends "device"
      ? InName<F["spec" & keyof F]>
      : Hole extends keyof F
        ? Show<F[Hole], "plain">
        : never;
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
