import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the reference generator made of written files: a C project, or what it said instead. */
export interface Generated {
  readonly project?: ReadonlyMap<string, string>;
  /** Last lines of its output. */
  readonly refusal?: string;
}

/** Runs the reference generator on a description, a checkpoint and a sample, under the options that go with them. */
export type Generator = (files: ReadonlyMap<string, string | Uint8Array>, options: readonly string[]) => Generated;

/** Name of every project; the generator prints it in file names and comments only. */
const prefix = "written";
const timeLimit = 120_000;
const lastLines = 6;

/**
 * The generator that REFERENCE_TOOL starts (`python ai8xize.py`, say) in REFERENCE_FOLDER, or null where the
 * environment names none. An interpreter that needs PYTHONPATH finds it in the environment.
 */
export function referenceGenerator(): Generator | null {
  const [command, ...first] = process.env["REFERENCE_TOOL"]?.split(" ").filter(Boolean) ?? [];
  if (command === undefined) return null;
  const cwd = process.env["REFERENCE_FOLDER"] ?? process.cwd();
  return (files, options) => {
    const folder = mkdtempSync(join(tmpdir(), "ai8xc-generator-"));
    try {
      for (const [name, contents] of files) writeFileSync(join(folder, name), contents);
      const words = options
        .flatMap((option) => option.split(" "))
        .map((word) => (files.has(word) ? join(folder, word) : word));
      const place = ["--test-dir", folder, "--prefix", prefix, "--overwrite", "--no-version-check"];
      const run = spawnSync(command, [...first, ...words, ...place], { cwd, encoding: "utf8", timeout: timeLimit });
      if (run.error !== undefined) throw run.error;
      if (run.status !== 0) return { refusal: ending(`${run.stdout}\n${run.stderr}`) };
      return { project: sources(join(folder, prefix)) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

const ending = (text: string): string =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-lastLines)
    .join("\n");

const sources = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder)
      .filter((name) => /\.[ch]$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
