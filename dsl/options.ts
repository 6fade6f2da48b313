import type { GraphBuilder } from "./builder.ts";
import type { Pair } from "./model.ts";
import type { CapturedSource } from "./source-location.ts";

/** One option of an operator, for reading, documentation and the list of known names. */
export interface Parameter {
  readonly type: "number" | "size" | "boolean" | "text";
  readonly doc: string;
}
export type Parameters = Readonly<Record<string, Parameter>>;

/** A size along both axes: one number, or rows and columns. */
export type Size = number | readonly [number, number];

/** The call being read: who called which operator from where. */
export interface Call {
  readonly builder: GraphBuilder;
  readonly operator: string;
  readonly captured: CapturedSource;
}

/** Options every operator takes. */
export interface CommonOptions {
  /** Unique name, for weights files, pins and messages. Made from the kind when left out. */
  readonly name?: string;
}

export const commonParameters = {
  name: { type: "text", doc: "Unique name of the operator." },
} as const satisfies Parameters;

const isNumber = (part: unknown): part is number => typeof part === "number" && Number.isFinite(part);

/** Reads what a user passed as options: reports unknown names and wrong types, and goes on with the default. */
export class OptionReader {
  readonly #call: Call;
  readonly #given: Readonly<Record<string, unknown>>;

  constructor(call: Call, parameters: Parameters, given: unknown) {
    this.#call = call;
    const usable = given === undefined || (typeof given === "object" && given !== null && !Array.isArray(given));
    if (!usable) this.#wrongType("options", "an object", given);
    this.#given = usable ? ((given ?? {}) as Record<string, unknown>) : {};
    for (const option of Object.keys(this.#given)) {
      if (option in parameters) continue;
      const known = Object.keys(parameters).join(", ");
      call.builder.report("AI1001", `${call.operator} has no option ${option}`, call.captured, `options are ${known}`);
    }
  }

  has(option: string): boolean {
    return this.#given[option] !== undefined;
  }

  number(option: string, preset: number): number;
  number(option: string, preset: number | null): number | null;
  number(option: string, preset: number | null): number | null {
    const value = this.#given[option];
    if (value === undefined || (value === null && preset === null)) return preset;
    if (isNumber(value)) return value;
    this.#wrongType(option, "a number", value);
    return preset;
  }

  size(option: string, preset: Pair): Pair {
    const value = this.#given[option];
    if (value === undefined) return preset;
    return this.toPair(option, value, preset);
  }

  boolean(option: string, preset: boolean): boolean {
    const value = this.#given[option];
    if (value === undefined) return preset;
    if (typeof value === "boolean") return value;
    this.#wrongType(option, "true or false", value);
    return preset;
  }

  text(option: string): string | undefined {
    const value = this.#given[option];
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string" && value !== "") return value;
    this.#wrongType(option, "a text", value);
    return undefined;
  }

  /** A required option or argument that is missing or of the wrong type was a mistake in the call. */
  missing(option: string): void {
    this.#call.builder.report("AI1003", `${this.#call.operator} needs ${option}`, this.#call.captured);
  }

  toPair(option: string, value: unknown, preset: Pair): Pair {
    if (isNumber(value)) return [value, value];
    if (Array.isArray(value) && value.length === 2 && isNumber(value[0]) && isNumber(value[1])) {
      return [value[0], value[1]];
    }
    this.#wrongType(option, "a number or a pair of numbers", value);
    return preset;
  }

  /** A positional argument that must be a number. */
  argument(name: string, value: unknown, preset: number): number {
    if (isNumber(value)) return value;
    if (value === undefined) this.missing(name);
    else this.#wrongType(name, "a number", value);
    return preset;
  }

  #wrongType(option: string, expected: string, value: unknown): void {
    const seen = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
    this.#call.builder.report(
      "AI1002",
      `${option} of ${this.#call.operator} must be ${expected}, got ${seen}`,
      this.#call.captured,
    );
  }
}
