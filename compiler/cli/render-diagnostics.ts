import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";
import { paint } from "./color.ts";

export interface RenderOptions {
  readonly color: boolean;
  /** Lines of a source file, or undefined when it cannot be read. */
  readonly readLines: (file: string) => readonly string[] | undefined;
  /** Path as a person should see it. */
  readonly displayPath: (file: string) => string;
}

const severityColor = { error: "red", warning: "yellow", notice: "cyan" } as const;

/** A diagnostic as text: message, place, the source line with a caret, notes and help. */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  const { color } = options;
  const title = paint(color, severityColor[diagnostic.severity], `${diagnostic.severity} ${diagnostic.code}`);
  const lines = [`${title}: ${paint(color, "bold", diagnostic.message)}`];
  if (diagnostic.location !== undefined) lines.push(...renderPlace(diagnostic.location, options));
  for (const note of diagnostic.notes ?? []) {
    lines.push(`  ${paint(color, "cyan", "note")}: ${note.message}`);
    if (note.location !== undefined) lines.push(...renderPlace(note.location, options));
  }
  if (diagnostic.hint !== undefined) lines.push(`  ${paint(color, "green", "help")}: ${diagnostic.hint}`);
  return `${lines.join("\n")}\n`;
}

function renderPlace(location: SourceLocation, options: RenderOptions): string[] {
  const place = `  --> ${options.displayPath(location.file)}:${location.line}:${location.column}`;
  const source = options.readLines(location.file)?.[location.line - 1];
  if (source === undefined) return [place];
  const number = String(location.line);
  const gutter = " ".repeat(number.length);
  const { text, column } = windowOf(source, location.column);
  const before = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return [place, `${gutter} |`, `${number} | ${text}`, `${gutter} | ${before}${paint(options.color, "red", "^")}`];
}

const widestLine = 140;

/** The part of a long line around a column, and the column inside that part. */
function windowOf(source: string, column: number): { text: string; column: number } {
  if (source.length <= widestLine) return { text: source, column };
  const start = Math.max(0, Math.min(column - widestLine / 2, source.length - widestLine));
  const end = start + widestLine;
  const text = `${start > 0 ? "..." : ""}${source.slice(start, end)}${end < source.length ? "..." : ""}`;
  return { text, column: column - start + (start > 0 ? 3 : 0) };
}

/** "2 errors, 1 warning", or an empty string. */
export function countSentence(diagnostics: readonly Diagnostic[]): string {
  return (["error", "warning", "notice"] as const)
    .map((severity) => {
      const count = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
      return count === 0 ? "" : `${count} ${severity}${count === 1 ? "" : "s"}`;
    })
    .filter((text) => text !== "")
    .join(", ");
}

const order = { error: 0, warning: 1, notice: 2 } as const;

/** Errors first; within a severity by place, so that output does not depend on the order of checks. */
export const sortDiagnostics = (diagnostics: readonly Diagnostic[]): Diagnostic[] =>
  [...diagnostics].sort(
    (a, b) =>
      order[a.severity] - order[b.severity] ||
      (a.location?.file ?? "").localeCompare(b.location?.file ?? "") ||
      (a.location?.line ?? 0) - (b.location?.line ?? 0) ||
      (a.location?.column ?? 0) - (b.location?.column ?? 0),
  );
