import { snoopFields, snoopResults, type SnoopField, type SnoopResult } from "../targets/accelerator/snoop.ts";
import type { Pair } from "./model.ts";
import type { Call } from "./options.ts";

/**
 * Which hardware layer runs when, where that is not simply one after the other. Names are those of operators; each
 * stands for the hardware layer the operator is part of. Layers are numbered as pinned, else as written.
 */
export interface Sequence {
  /** First layer; default: number 0. */
  readonly start?: string;
  /** Layer behind a layer, or "stop"; default: the one with the next number. */
  readonly next?: Readonly<Record<string, string>>;
  /** Layer behind a layer once a snoop unit has seen what it waits for. */
  readonly onSnoop?: Readonly<Record<string, string>>;
  /** Layers that run with the sample, in order, where a snoop unit leaves some out; default: all. */
  readonly simulated?: readonly string[];
}

/** Registers of one snoop unit as 32-bit values; those left out are 0. */
export type SnoopUnit = { readonly [Field in SnoopField]?: number };

/** The two units that watch data memory while the network runs. */
export interface Snoop {
  readonly unit1?: SnoopUnit;
  readonly unit2?: SnoopUnit;
  /** What they are expected to hold in the end; kept for the vendor's generator. */
  readonly expected?: {
    readonly unit1?: { readonly [Field in SnoopResult]?: number };
    readonly unit2?: { readonly [Field in SnoopResult]?: number };
  };
}

/** One item of a custom read-out list. */
export type Unload = UnloadTensor | UnloadMemory;

/** The result of an operator, or a part of it: from the first channel or row to the one behind the last. */
export interface UnloadTensor {
  readonly tensor: string;
  readonly channels?: Pair;
  readonly rows?: Pair;
}

/** A piece of data memory, whatever lies there. */
export interface UnloadMemory {
  /** For comments in the generated C. */
  readonly name: string;
  /** One processor per channel of a pass, as a 64-bit mask. */
  readonly processors: bigint;
  readonly channels: number;
  readonly height: number;
  /** Default 1. */
  readonly width?: number;
  /** Bytes inside each data memory instance. */
  readonly offset: number;
  /** Default 0. */
  readonly writeGap?: number;
  /** Default 8. */
  readonly bits?: 8 | 32;
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Reads `sequence`, `snoop` and `unload` of defineModel: unknown names AI1001, values of the wrong type AI1002. */
export class SequenceReader {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  sequence(given: unknown): Sequence | undefined {
    const fields = this.#fields("sequence", given, ["start", "next", "onSnoop", "simulated"]);
    if (fields === undefined) return undefined;
    const { start, next, onSnoop, simulated } = fields;
    const isName = (name: unknown): name is string => typeof name === "string";
    const areNames = (names: unknown): names is readonly string[] => Array.isArray(names) && names.every(isName);
    const isTable = (table: unknown): table is Readonly<Record<string, string>> =>
      isFields(table) && Object.values(table).every(isName);
    return {
      ...this.#optional("sequence.start", "start", "the name of an operator", start, isName),
      ...this.#optional("sequence.next", "next", "names of operators by name of operator", next, isTable),
      ...this.#optional("sequence.onSnoop", "onSnoop", "names of operators by name of operator", onSnoop, isTable),
      ...this.#optional("sequence.simulated", "simulated", "a list of names of operators", simulated, areNames),
    };
  }

  snoop(given: unknown): Snoop | undefined {
    const fields = this.#fields("snoop", given, ["unit1", "unit2", "expected"]);
    if (fields === undefined) return undefined;
    const expected = this.#fields("snoop.expected", fields["expected"], ["unit1", "unit2"]);
    return {
      ...this.#registers("snoop", fields, snoopFields),
      ...(expected === undefined ? {} : { expected: this.#registers("snoop.expected", expected, snoopResults) }),
    };
  }

  unload(given: unknown): readonly Unload[] | undefined {
    if (given === undefined) return undefined;
    if (Array.isArray(given) && given.length > 0) {
      return given.flatMap((item: unknown, index) => this.#item(`unload[${index}]`, item) ?? []);
    }
    this.#wrong("unload", "a list with at least one item", given);
    return undefined;
  }

  #item(what: string, given: unknown): Unload | undefined {
    const isMemory = isFields(given) && "processors" in given;
    const { required, optional } = isMemory ? memoryItem : tensorItem;
    const fields = this.#fields(what, given, [...Object.keys(required), ...Object.keys(optional)]);
    if (fields === undefined) return undefined;
    const wrong = Object.entries({ ...required, ...optional }).filter(([name, { accepts }]) => {
      const value = fields[name];
      return value === undefined ? name in required : !accepts(value);
    });
    for (const [name, { expected }] of wrong) this.#wrong(`${what}.${name}`, expected, fields[name]);
    return wrong.length > 0 ? undefined : (fields as unknown as Unload);
  }

  #registers<Name extends string>(what: string, units: Fields, names: readonly Name[]) {
    const read = (unit: string): { readonly [Field in Name]?: number } | undefined => {
      const fields = this.#fields(`${what}.${unit}`, units[unit], names);
      const given = Object.entries(fields ?? {}).filter(([, value]) => value !== undefined);
      const fine = given.filter(([name, value]) => {
        if (isWord(value)) return true;
        this.#wrong(`${what}.${unit}.${name}`, "a whole number of 32 bits", value);
        return false;
      });
      return fields === undefined ? undefined : (Object.fromEntries(fine) as { [Field in Name]?: number });
    };
    const [unit1, unit2] = [read("unit1"), read("unit2")];
    return { ...(unit1 === undefined ? {} : { unit1 }), ...(unit2 === undefined ? {} : { unit2 }) };
  }

  /** An object with known names only; undefined when it was left out or is something else. */
  #fields(what: string, given: unknown, names: readonly string[]): Fields | undefined {
    if (given === undefined) return undefined;
    if (!isFields(given)) {
      this.#wrong(what, "an object", given);
      return undefined;
    }
    for (const name of Object.keys(given).filter((key) => !names.includes(key))) {
      const hint = `it has ${names.join(", ")}`;
      this.#call.builder.report("AI1001", `${what} of defineModel has no ${name}`, this.#call.captured, hint);
    }
    return given;
  }

  #optional<Key extends string, T>(
    what: string,
    key: Key,
    expected: string,
    value: unknown,
    accepts: (value: unknown) => value is T,
  ): { readonly [K in Key]?: T } {
    if (value === undefined) return {};
    if (accepts(value)) return { [key]: value } as { readonly [K in Key]?: T };
    this.#wrong(what, expected, value);
    return {};
  }

  #wrong(what: string, expected: string, value: unknown): void {
    const seen = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
    this.#call.builder.report("AI1002", `${what} of defineModel must be ${expected}, got ${seen}`, this.#call.captured);
  }
}

const isWord = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;

interface Entry {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

const whole = (least: number): Entry => ({
  expected: `a whole number from ${least}`,
  accepts: (value) => Number.isInteger(value) && (value as number) >= least,
});
const text: Entry = { expected: "a text", accepts: (value) => typeof value === "string" && value !== "" };
const range: Entry = {
  expected: "[first, behind the last]",
  accepts: (value) =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isInteger) && value[0] >= 0 && value[0] < value[1],
};
const largestMask = 2n ** 64n;
const mask: Entry = {
  expected: "a mask of 64 bits, like 0xfn",
  accepts: (value) => typeof value === "bigint" && value > 0n && value < largestMask,
};

const tensorItem = { required: { tensor: text }, optional: { channels: range, rows: range } };
const memoryItem = {
  required: { name: text, processors: mask, channels: whole(1), height: whole(1), offset: whole(0) },
  optional: {
    width: whole(1),
    writeGap: whole(0),
    bits: { expected: "8 or 32", accepts: (value: unknown) => value === 8 || value === 32 },
  },
};
