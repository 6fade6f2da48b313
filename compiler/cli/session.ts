import { readFileSync, statSync } from "node:fs";
import { relative } from "node:path";
import { hasErrors, type Diagnostic } from "../../dsl/diagnostic.ts";
import { countSentence, renderDiagnostic, sortDiagnostics } from "./render-diagnostics.ts";
import type { CommandIo } from "./options.ts";

/** Prints diagnostics once, as text to stderr or collected for `--json`. */
export class Session {
  readonly io: CommandIo;
  readonly json: boolean;
  readonly #diagnostics: Diagnostic[] = [];
  readonly #known = new Set<string>();
  #silenced: readonly string[] = [];
  #log: string | null = null;

  constructor(io: CommandIo, json: boolean) {
    this.io = io;
    this.json = json;
  }

  /** Leaves warnings and notices with these codes out. */
  silence(codes: readonly string[]): void {
    this.#silenced = codes;
  }

  /** Collects findings. What is found again for another device of the same model is not repeated. */
  add(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      if (diagnostic.severity !== "error" && this.#silenced.includes(diagnostic.code)) continue;
      const text = JSON.stringify(diagnostic);
      if (!this.#known.has(text)) this.#diagnostics.push(diagnostic);
      this.#known.add(text);
    }
  }

  get failed(): boolean {
    return hasErrors(this.#diagnostics);
  }

  get diagnostics(): readonly Diagnostic[] {
    return sortDiagnostics(mergeTypeErrors(this.#diagnostics));
  }

  /** Remembers from here on what is printed, and what `--json` keeps from being printed. */
  keepLog(): void {
    this.#log = "";
  }

  /** What was remembered, without colors; null where nothing is. */
  get log(): string | null {
    return this.#log;
  }

  /** Text for a person; nothing with `--json`. */
  print(text: string): void {
    if (this.#log !== null) this.#log += text;
    if (!this.json) this.io.out(text);
  }

  /** Prints everything collected. */
  report(): void {
    const diagnostics = this.diagnostics;
    if (diagnostics.length === 0 || (this.json && this.#log === null)) return;
    const files = new Map<string, readonly string[] | undefined>();
    const readLines = (file: string): readonly string[] | undefined => {
      if (!files.has(file)) files.set(file, linesOf(file));
      return files.get(file);
    };
    const text = (color: boolean): string => {
      const options = { color, readLines, displayPath: (file: string) => displayPath(this.io.cwd, file) };
      const rendered = diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options)).join("\n");
      return `${rendered}\n${countSentence(diagnostics)}\n`;
    };
    if (this.#log !== null) this.#log += text(false);
    if (!this.json) this.io.error(text(this.io.color));
  }
}

const largestSource = 2 ** 20;

/** Lines of a text file; undefined for what cannot be read, is no text, or too large for anybody to have written. */
function linesOf(file: string): readonly string[] | undefined {
  try {
    if (statSync(file).size > largestSource) return undefined;
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
    return text.includes("\0") ? undefined : text.split("\n");
  } catch {
    return undefined;
  }
}

function displayPath(cwd: string, file: string): string {
  const path = relative(cwd, file);
  return path === "" || path.startsWith("..") ? file : path;
}

/**
 * The type checker and the run-time check find the same broken limit. One diagnostic is kept: the type checker's
 * place (the argument), the other's code, hint and notes. Where the type checker names a syntax error or a missing
 * file, that the model cannot be run says nothing more.
 */
export function mergeTypeErrors(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const merged: Diagnostic[] = [];
  const used = new Set<Diagnostic>();
  for (const diagnostic of diagnostics) {
    if (diagnostic.code !== "AI2000") continue;
    const twin = diagnostics.find(
      (other) => other !== diagnostic && !used.has(other) && other.code !== "AI2000" && sameFinding(diagnostic, other),
    );
    if (twin !== undefined) used.add(twin);
    merged.push(twin === undefined ? diagnostic : { ...twin, location: diagnostic.location! });
    used.add(diagnostic);
  }
  const rest = diagnostics.filter((diagnostic) => !used.has(diagnostic));
  const explained = rest.some(({ code }) => /^TS(1\d{3}|2307)$/.test(code));
  return [...merged, ...rest.filter(({ code }) => !(explained && code === "AI6002"))];
}

const sameFinding = (a: Diagnostic, b: Diagnostic): boolean =>
  a.message === b.message && a.location?.file === b.location?.file;
