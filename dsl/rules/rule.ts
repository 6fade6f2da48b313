/**
 * A limit as data: written once, read by the type checker (`types/evaluate.ts`), at run time (`rules/evaluate.ts`)
 * and by the documentation.
 *
 * A rule looks at one *fact* of a call: an argument, or a number that follows from arguments, input and device.
 */
export interface Rule {
  /** Stable name, e.g. "CONV-01". */
  readonly id: string;
  /** Diagnostic code, explained in `codes.ts`. */
  readonly code: string;
  /** Name of the fact that is judged. */
  readonly value: string;
  readonly check: "oneOf" | "between" | "atMost" | "below" | "is" | "multipleOf";
  readonly limit: Operand;
  /** Name of a fact; the rule holds wherever that is not true. */
  readonly when?: string;
  /**
   * What the user reads. Holes in braces are names of facts; `{limit}` is the allowed value,
   * `{limit:square}` allowed sizes as 3x3.
   */
  readonly say: string;
  /** One action that would work. */
  readonly hint: string;
}

/** A constant, the name of a fact, a place in the device record, or a range or list of such. */
export type Operand =
  | number
  | boolean
  | string
  | { readonly device: readonly [string, string] }
  | { readonly min: Operand; readonly max: Operand }
  | { readonly values: readonly (string | number)[] };

/** Rules by the argument or option they are reported on, in the order they are tried: the first broken one is told. */
export type RuleTable = Readonly<Record<string, readonly Rule[]>>;

export type FactValue = number | string | boolean | null | undefined;
export type Facts = Readonly<Record<string, FactValue>>;
