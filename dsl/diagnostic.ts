/** What went wrong, where, and what would work. A user's mistake is a Diagnostic, never an exception. */
export interface Diagnostic {
  /** `AI1xxx` shapes and graph, `AI2xxx` device limits, `AI3xxx` memory and placement, `AI4xxx` numbers
   * and weights, `AI5xxx` emission, `AI6xxx` files and options, `AI9xxx` internal. Explained by `ai8xc explain`. */
  readonly code: string;
  readonly severity: "error" | "warning" | "notice";
  /** Value seen and values allowed, in the words of the user's program. */
  readonly message: string;
  readonly location?: SourceLocation;
  /** One action that would work. */
  readonly hint?: string;
  /** Other places involved. */
  readonly notes?: readonly { readonly message: string; readonly location?: SourceLocation }[];
}

/** A place in a file. Line and column count from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Carries diagnostics to the edge when a caller asked for an exception. */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.message}`).join("\n"));
    this.name = "DiagnosticError";
    this.diagnostics = diagnostics;
  }
}

/** A broken promise between our own parts. */
export class InternalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InternalError";
  }
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((diagnostic) => diagnostic.severity === "error");
