import { resolve } from "node:path";
import { runCli } from "../../compiler/cli/main.ts";

export const root = resolve(import.meta.dirname, "../..");

/** Runs a command line in this process. */
export async function run(words: readonly string[], cwd: string = root) {
  let stdout = "";
  let stderr = "";
  const exitCode = await runCli(words, {
    cwd,
    out: (text) => (stdout += text),
    error: (text) => (stderr += text),
    color: false,
  });
  return { exitCode, stdout, stderr };
}
