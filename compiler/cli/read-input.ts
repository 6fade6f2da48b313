import { readFileSync } from "node:fs";
import type { Diagnostic } from "../../dsl/diagnostic.ts";

/** A file's bytes, or a diagnostic that names it. */
export function readBytes(path: string, what: string): { bytes?: Uint8Array; diagnostics: readonly Diagnostic[] } {
  try {
    return { bytes: readFileSync(path), diagnostics: [] };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "does not exist" : code === "EISDIR" ? "is a folder" : `cannot be read: ${message}`;
    return {
      diagnostics: [
        { code: "AI6004", severity: "error", message: `${what} ${path} ${reason}`, hint: "check the path" },
      ],
    };
  }
}
