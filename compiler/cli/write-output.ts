import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Diagnostic } from "../../dsl/diagnostic.ts";

/** Lists the files of a generated folder; marks the folder as ours to replace. */
const manifestName = ".ai8xc-files";

/** Files a person edits: an existing one is kept. */
const keptFiles: readonly string[] = ["project.mk"];

/**
 * Writes a folder completely or not at all: everything goes to a folder beside it, which then takes its place.
 * A folder that holds anything we did not write is left alone unless `overwrite` is set; then foreign files stay.
 */
export function writeOutputFolder(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  overwrite: boolean,
): readonly Diagnostic[] {
  const foreign = existsSync(folder) ? foreignFiles(folder) : [];
  if (foreign.length > 0 && !overwrite) {
    return [
      {
        code: "AI6020",
        severity: "error",
        message: `${folder} holds files that ai8xc did not write (${foreign.slice(0, 3).join(", ")}${foreign.length > 3 ? ", ..." : ""})`,
        hint: "choose another folder with -o, or allow it with --overwrite",
      },
    ];
  }
  const fresh = join(dirname(folder), `.${basename(folder)}.${process.pid}.new`);
  const old = join(dirname(folder), `.${basename(folder)}.${process.pid}.old`);
  try {
    mkdirSync(fresh, { recursive: true });
    for (const [path, contents] of files) put(fresh, path, contents);
    put(fresh, manifestName, `${[...files.keys()].sort().join("\n")}\n`);
    for (const path of [...foreign, ...keptFiles.filter((name) => existsSync(join(folder, name)))]) {
      if (!files.has(path) || keptFiles.includes(path)) put(fresh, path, readFileSync(join(folder, path)));
    }
    if (existsSync(folder)) renameSync(folder, old);
    renameSync(fresh, folder);
    return [];
  } catch (error) {
    if (existsSync(old) && !existsSync(folder)) renameSync(old, folder);
    return [
      {
        code: "AI6021",
        severity: "error",
        message: `${folder} cannot be written: ${(error as Error).message}`,
        hint: "check the path and its permissions",
      },
    ];
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

function put(folder: string, path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), contents);
}

/** Paths in the folder that its manifest does not name. */
function foreignFiles(folder: string): string[] {
  const manifest = join(folder, manifestName);
  const ours = new Set(existsSync(manifest) ? readFileSync(manifest, "utf8").split("\n") : []);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => path !== manifestName && !ours.has(path))
    .sort();
}
