import { readFileSync } from "node:fs";
import type { Diagnostic } from "../../dsl/diagnostic.ts";

/** A file's bytes, or a diagnostic that names it. */
export function readBytes(path: string, what: string): { bytes?: Uint8Array; diagnostics: readonly Diagnostic[] } {
  try {
    return { bytes: readFileSync(path), diagnostics: [] };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : (error as Error).message;
    return {
      diagnostics: [
        { code: "AI6004", severity: "error", message: `${what} ${path} ${reason}`, hint: "check the path" },
      ],
    };
  }
}
