import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { shellWord, type Choices } from "./choices/index.ts";
import type { Compiled } from "./compile-for.ts";
import type { Invocation } from "./options.ts";
import type { Session } from "./session.ts";

/** What a build writes about itself into the project's folder: what it printed, and arrays of the layers. */

type Files = ReadonlyMap<string, string | Uint8Array>;

const fileName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

export const isLogged = ({ log }: Choices): boolean => (log.file ?? null) !== null;

const wantsArrays = ({ log }: Choices): boolean => log.intermediate === true || log.pooling === true;

/** AI6032: the log's name is none. AI6030: there are no arrays that could be fewer. */
export function checkLog(choices: Choices): readonly Diagnostic[] {
  const { file, outputsOnly } = choices.log;
  const found: Diagnostic[] = [];
  if (file != null && !fileName.test(file)) {
    found.push({
      code: "AI6032",
      severity: "error",
      message: `--log-filename "${file}" cannot be used: the log is a file in the folder of the project`,
      hint: "use letters, digits, _, - and .",
    });
  }
  if (outputsOnly === true && !wantsArrays(choices)) {
    found.push({
      code: "AI6030",
      severity: "notice",
      message: "--short-log has no effect here: without --log-intermediate or --log-pooling no arrays are written",
    });
  }
  return found;
}

/** The project's files with the arrays of its layers, and room for the log. */
export async function logFiles(
  project: Files,
  { network, sample }: Compiled,
  choices: Choices,
): Promise<{ readonly files: Files; readonly diagnostics: readonly Diagnostic[] }> {
  const { file = null } = choices.log;
  const files = new Map(project);
  if (wantsArrays(choices) && network !== undefined && sample != null) {
    const { layerArrays } = await import("./layer-arrays.ts");
    for (const [path, array] of layerArrays(network, sample, choices.log)) files.set(path, array);
  }
  if (file === null) return { files, diagnostics: [] };
  if (files.has(file)) {
    const message = `--log-filename "${file}" cannot be used: the project has a file of this name`;
    const hint = "choose another name";
    return { files, diagnostics: [{ code: "AI6032", severity: "error", message, hint }] };
  }
  files.set(file, "");
  return { files, diagnostics: [] };
}

/** Fills the logs at the end, when everything was printed. */
export function writeLogs(
  results: readonly { readonly folder: string | null }[],
  { words }: Invocation,
  { log: { file = null } }: Choices,
  { log }: Session,
): void {
  if (file === null || log === null) return;
  const text = `ai8xc build ${words.map(shellWord).join(" ")}\n\n${log}`;
  for (const { folder } of results) if (folder !== null) writeFileSync(join(folder, file), text);
}
