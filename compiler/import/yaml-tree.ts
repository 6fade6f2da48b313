import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Document, ParsedNode } from "yaml";
import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";

/** A YAML value with the place it was written at. Integers keep all their bits. */
export type YamlTree = { readonly at: SourceLocation } & (
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "list"; readonly items: readonly YamlTree[] }
  | { readonly kind: "mapping"; readonly entries: readonly YamlEntry[] }
);

export interface YamlEntry {
  readonly key: string;
  readonly keyAt: SourceLocation;
  readonly value: YamlTree;
}

/** Descriptions are flat; deeper or larger trees come from aliases that refer to each other. */
const DEPTH_LIMIT = 16;
const NODE_LIMIT = 200_000;

/**
 * Parses YAML 1.1 as the reference tool's parser does: `010` is eight, `yes` is true, underscores group digits,
 * anchors and aliases work, merge keys do not. Reports syntax errors (AI6201) and duplicate keys (AI6203).
 */
export function parseYamlTree(
  text: string,
  fileName: string,
): { readonly tree?: YamlTree; readonly diagnostics: readonly Diagnostic[] } {
  const lines = new LineCounter();
  const place = (offset: number): SourceLocation => {
    const { line, col } = lines.linePos(offset);
    return { file: fileName, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, {
    schema: "failsafe",
    version: "1.1",
    lineCounter: lines,
    logLevel: "silent",
    merge: false,
    prettyErrors: false,
    uniqueKeys: false,
  });
  const diagnostics: Diagnostic[] = [...document.errors, ...document.warnings].map((problem) => ({
    code: "AI6201",
    severity: "error",
    message: problem.message,
    location: place(problem.pos[0]),
    hint: "Correct the YAML syntax at this place.",
  }));
  if (diagnostics.length > 0) return { diagnostics };
  const builder = new TreeBuilder(document, place);
  const tree = builder.build(document.contents, 0);
  return builder.diagnostics.length > 0 ? { diagnostics: builder.diagnostics } : { tree, diagnostics: [] };
}

class TreeBuilder {
  readonly diagnostics: Diagnostic[] = [];
  private readonly document: Document.Parsed;
  private readonly place: (offset: number) => SourceLocation;
  private nodes = 0;

  constructor(document: Document.Parsed, place: (offset: number) => SourceLocation) {
    this.document = document;
    this.place = place;
  }

  build(node: ParsedNode | null, depth: number): YamlTree {
    const at = this.place(node?.range?.[0] ?? 0);
    if (++this.nodes > NODE_LIMIT || depth > DEPTH_LIMIT) {
      if (this.nodes <= NODE_LIMIT + 1 && this.diagnostics.length < 100)
        this.complain("AI6201", "the description is nested too deeply or too large", at, "Remove circular aliases.");
      return { kind: "null", at };
    }
    if (isAlias(node)) {
      const target = node.resolve(this.document);
      if (target === undefined)
        this.complain("AI6201", `nothing is anchored as '${node.source}'`, at, "Define the anchor first.");
      return { ...this.build((target ?? null) as ParsedNode | null, depth + 1), at };
    }
    if (isSeq(node)) {
      return { kind: "list", at, items: node.items.map((item) => this.build(item as ParsedNode | null, depth + 1)) };
    }
    if (isMap(node)) return { kind: "mapping", at, entries: this.entries(node.items, depth) };
    if (!isScalar(node)) return { kind: "null", at };
    const text = typeof node.source === "string" ? node.source : String(node.value ?? "");
    return node.type === "PLAIN" ? { ...resolvePlain(text), at } : { kind: "text", value: text, at };
  }

  private entries(pairs: readonly { key: unknown; value: unknown }[], depth: number): YamlEntry[] {
    const entries: YamlEntry[] = [];
    const seen = new Map<string, SourceLocation>();
    for (const pair of pairs) {
      const keyNode = pair.key as ParsedNode | null;
      const keyAt = this.place(keyNode?.range?.[0] ?? 0);
      if (!isScalar(keyNode)) {
        this.complain("AI6201", "a key must be a word", keyAt, "Lists and mappings cannot be keys.");
        continue;
      }
      const key = typeof keyNode.source === "string" ? keyNode.source : String(keyNode.value ?? "");
      const before = seen.get(key);
      if (before !== undefined) {
        const hint = `Remove one of the two; the first stands in line ${before.line}.`;
        this.complain("AI6203", `the key '${key}' stands twice in one mapping`, keyAt, hint);
        continue;
      }
      seen.set(key, keyAt);
      entries.push({ key, keyAt, value: this.build(pair.value as ParsedNode | null, depth + 1) });
    }
    return entries;
  }

  private complain(code: string, message: string, location: SourceLocation, hint: string): void {
    this.diagnostics.push({ code, severity: "error", message, location, hint });
  }
}

type Plain =
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "integer"; readonly value: bigint }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "text"; readonly value: string };

/** Meaning of an unquoted word in YAML 1.1. */
export function resolvePlain(text: string): Plain {
  if (/^(?:~|null|Null|NULL|)$/.test(text)) return { kind: "null" };
  if (/^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/.test(text)) return { kind: "boolean", value: true };
  if (/^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/.test(text)) return { kind: "boolean", value: false };
  const integer = resolveInteger(text);
  if (integer !== null) return { kind: "integer", value: integer };
  if (/^[-+]?(?:\d[\d_]*)?\.[\d_]*(?:[eE][-+]?\d+)?$/.test(text) && /\d/.test(text)) {
    return { kind: "number", value: Number(text.replaceAll("_", "")) };
  }
  return { kind: "text", value: text };
}

/** Binary, octal (leading zero), decimal, hexadecimal and base-60 integers; null for anything else. */
function resolveInteger(text: string): bigint | null {
  const match = /^([-+]?)(?:0b([01_]+)|0x([\da-fA-F_]+)|0([0-7_]+)|(0|[1-9][\d_]*)((?::[0-5]?\d)*))$/.exec(text);
  if (match === null) return null;
  const [, sign, binary, hexadecimal, octal, decimal, minutes] = match;
  const digits = (binary ?? hexadecimal ?? octal ?? decimal ?? "").replaceAll("_", "");
  if (digits === "") return octal === undefined ? null : 0n;
  const prefix = binary !== undefined ? "0b" : hexadecimal !== undefined ? "0x" : octal !== undefined ? "0o" : "";
  let value = BigInt(prefix + digits);
  for (const part of (minutes ?? "").split(":").slice(1)) value = value * 60n + BigInt(part);
  return sign === "-" ? -value : value;
}
