import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";
import type { Pair } from "../../dsl/model.ts";
import type { YamlTree } from "./yaml-tree.ts";

/** Turns a value into what a key means; reports AI6205 and returns undefined where it cannot. */
export type YamlReader<T> = (tree: YamlTree, key: string, report: YamlReport) => T | undefined;
export type YamlReport = (diagnostic: Diagnostic) => void;

export function yamlError(code: string, message: string, location: SourceLocation, hint: string): Diagnostic {
  return { code, severity: "error", message, location, hint };
}

function reject(tree: YamlTree, key: string, expected: string, report: YamlReport): undefined {
  report(yamlError("AI6205", `'${key}' is ${describe(tree)}; it must be ${expected}`, tree.at, `Give ${expected}.`));
  return undefined;
}

/** A value in the words of the file. */
export function describe(tree: YamlTree): string {
  switch (tree.kind) {
    case "null":
      return "empty";
    case "boolean":
    case "number":
      return String(tree.value);
    case "integer":
      return tree.value > 0xffffn ? `0x${tree.value.toString(16)}` : tree.value.toString();
    case "text":
      return `'${tree.value.length > 40 ? `${tree.value.slice(0, 40)}…` : tree.value}'`;
    case "list":
      return `a list of ${tree.items.length}`;
    case "mapping":
      return "a mapping";
  }
}

export const text: YamlReader<string> = (tree, key, report) => {
  if (tree.kind === "text") return tree.value;
  // Names such as 20 or on are read as numbers and switches by YAML.
  if (tree.kind === "integer" || tree.kind === "boolean") return String(tree.value);
  return reject(tree, key, "a text", report);
};

/** YAML's words for true and false; other values count as true unless they are empty or zero, with a warning. */
export const flag: YamlReader<boolean> = (tree, key, report) => {
  if (tree.kind === "boolean") return tree.value;
  const value =
    tree.kind === "integer" || tree.kind === "number"
      ? Number(tree.value) !== 0
      : tree.kind === "text"
        ? tree.value !== ""
        : tree.kind === "list"
          ? tree.items.length > 0
          : tree.kind === "mapping";
  report({
    code: "AI6205",
    severity: "warning",
    message: `'${key}' is ${describe(tree)}, which counts as ${value}`,
    location: tree.at,
    hint: "Write true or false, without quotes.",
  });
  return value;
};

export function integer(min: number, max: number): YamlReader<number> {
  const expected =
    max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`;
  return (tree, key, report) =>
    tree.kind === "integer" && tree.value >= min && tree.value <= max
      ? Number(tree.value)
      : reject(tree, key, expected, report);
}

/** 64 processors as bits: an integer, or hexadecimal digits grouped with dots or underscores. */
export const processorMap: YamlReader<bigint> = (tree, key, report) => {
  const expected = "processors as bits: an integer or hexadecimal text from 1 to 0xffffffffffffffff";
  const value = tree.kind === "integer" ? tree.value : tree.kind === "text" ? parseHexadecimal(tree.value) : null;
  return value !== null && value > 0n && value < 1n << 64n ? value : reject(tree, key, expected, report);
};

function parseHexadecimal(written: string): bigint | null {
  const digits = written.replaceAll(/[._]/g, "").replace(/^0[xX]/, "");
  return /^[\da-fA-F]{1,64}$/.test(digits) ? BigInt(`0x${digits}`) : null;
}

/** One integer for both axes, or one per axis. */
export function pair(min: number, max: number): YamlReader<Pair> {
  const both = listOf(integer(min, max), 2);
  return (tree, key, report) => {
    if (tree.kind === "list") return both(tree, key, report) as Pair | undefined;
    const value = integer(min, max)(tree, key, report);
    return value === undefined ? undefined : [value, value];
  };
}

/** One integer for the length of one-dimensional data, or rows and columns. */
export function size(): YamlReader<Pair> {
  const both = pair(1, 65_536);
  return (tree, key, report) => {
    const value = both(tree, key, report);
    return value === undefined || tree.kind === "list" ? value : [value[0], 1];
  };
}

/** A list; `length` entries when given. */
export function listOf<T>(item: YamlReader<T>, length?: number): YamlReader<readonly T[]> {
  return (tree, key, report) => {
    if (tree.kind !== "list" || (length !== undefined && tree.items.length !== length)) {
      return reject(tree, key, length === undefined ? "a list" : `a list of ${length} values`, report);
    }
    const values = tree.items.map((entry) => item(entry, key, report));
    return values.every((value) => value !== undefined) ? (values as readonly T[]) : undefined;
  };
}

/** A list, or one value that stands for a list of one. */
export function oneOrMore<T>(item: YamlReader<T>): YamlReader<readonly T[]> {
  return (tree, key, report) => {
    if (tree.kind === "list") return listOf(item)(tree, key, report);
    const value = item(tree, key, report);
    return value === undefined ? undefined : [value];
  };
}

/** One of some words or numbers, whatever their case. */
export function choice<T>(values: Readonly<Record<string, T>>): YamlReader<T> {
  const names = Object.keys(values);
  return (tree, key, report) => {
    const written = tree.kind === "text" || tree.kind === "integer" ? String(tree.value).toLowerCase() : null;
    if (written !== null && Object.hasOwn(values, written)) return values[written];
    return reject(tree, key, `one of ${names.join(", ")}`, report);
  };
}

/** A layer: its number, or its name in lower case. */
export const layerReference: YamlReader<number | string> = (tree, key, report) => {
  if (tree.kind === "integer" && tree.value >= -1n && tree.value < 65_536n) return Number(tree.value);
  if (tree.kind === "text" && tree.value !== "") return tree.value.toLowerCase();
  return reject(tree, key, "the number or name of a layer", report);
};

/** Rows x columns, or the length of a one-dimensional kernel. */
export const kernelSize: YamlReader<{ readonly rows: number; readonly columns: number | null }> = (
  tree,
  key,
  report,
) => {
  if (tree.kind === "integer" && tree.value >= 1n && tree.value <= 9n)
    return { rows: Number(tree.value), columns: null };
  const match = tree.kind === "text" ? /^(\d{1,3})x(\d{1,3})$/i.exec(tree.value) : null;
  if (match !== null) return { rows: Number(match[1]), columns: Number(match[2]) };
  return reject(tree, key, "a size such as 3x3, or a length from 1 to 9", report);
};
