import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { makeFolder, removeFolders } from "./make-folder.ts";

/** Lists the files of a generated folder; marks the folder as ours to replace. */
const manifestName = ".ai8xc-files";

/** Files a person edits: an existing one is kept. */
const keptFiles: readonly string[] = ["project.mk"];

/** One folder and everything that shall be in it. */
export interface OutputFolder {
  readonly folder: string;
  readonly files: ReadonlyMap<string, string | Uint8Array>;
}

/**
 * Writes a folder completely or not at all: everything goes to a folder beside it, which then takes its place.
 * A folder that holds anything we did not write is left alone unless `overwrite` is set; then foreign files stay.
 */
export const writeOutputFolder = (
  folder: string,
  files: OutputFolder["files"],
  overwrite: boolean,
): readonly Diagnostic[] => writeOutputFolders([{ folder, files }], overwrite);

/** Writes all folders or none: each is complete beside its place before the first one moves there. */
export function writeOutputFolders(outputs: readonly OutputFolder[], overwrite: boolean): readonly Diagnostic[] {
  const staged: StagedFolder[] = [];
  let current = "";
  try {
    for (const { folder, files } of outputs) {
      current = folder;
      const foreign = foreignFiles(folder, overwrite ? Infinity : shownFiles + 1);
      if (foreign.length > 0 && !overwrite) return [occupied(folder, foreign)];
      const next = stagedFolder(folder);
      staged.push(next);
      fill(next, files, foreign);
    }
    for (const next of staged) {
      current = next.folder;
      moveIn(next);
    }
    return [];
  } catch (error) {
    for (const next of staged.toReversed()) moveBack(next);
    return [unwritable(current, error)];
  } finally {
    for (const { fresh, old, created } of staged.toReversed()) {
      discard(fresh);
      discard(old);
      removeFolders(created);
    }
  }
}

/** A folder under construction: `fresh` becomes `folder`, whose contents wait in `old` until all is done. */
interface StagedFolder {
  readonly folder: string;
  readonly fresh: string;
  readonly old: string;
  /** Folders above that were missing. */
  readonly created: readonly string[];
  moved: boolean;
}

function stagedFolder(folder: string): StagedFolder {
  const beside = (suffix: string) => join(dirname(folder), `.${basename(folder)}.${process.pid}.${suffix}`);
  return { folder, fresh: beside("new"), old: beside("old"), created: makeFolder(dirname(folder)), moved: false };
}

function fill({ folder, fresh }: StagedFolder, files: OutputFolder["files"], foreign: readonly string[]): void {
  mkdirSync(fresh);
  for (const [path, contents] of files) put(fresh, path, contents);
  put(fresh, manifestName, `${[...files.keys()].sort().join("\n")}\n`);
  for (const path of [...foreign, ...keptFiles.filter((name) => existsSync(join(folder, name)))]) {
    if (!files.has(path) || keptFiles.includes(path)) put(fresh, path, readFileSync(join(folder, path)));
  }
}

function moveIn(staged: StagedFolder): void {
  if (existsSync(staged.folder)) renameSync(staged.folder, staged.old);
  renameSync(staged.fresh, staged.folder);
  staged.moved = true;
}

function moveBack({ folder, old, moved }: StagedFolder): void {
  if (moved) discard(folder);
  if (existsSync(old) && !existsSync(folder)) renameSync(old, folder);
}

function discard(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // What cannot be removed could not be written either; the error that matters is reported.
  }
}

function put(folder: string, path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), contents);
}

const shownFiles = 3;

/** At most `limit` paths in the folder that its manifest does not name; none where there is no folder. */
function foreignFiles(folder: string, limit: number): string[] {
  if (!existsSync(folder)) return [];
  const manifest = join(folder, manifestName);
  const ours = new Set(existsSync(manifest) ? readFileSync(manifest, "utf8").split("\n") : []);
  const found: string[] = [];
  for (const path of filesBelow(folder, "")) {
    if (found.length >= limit) break;
    if (path !== manifestName && !ours.has(path)) found.push(path);
  }
  return found.sort();
}

function* filesBelow(folder: string, prefix: string): Generator<string> {
  for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
    const path = join(prefix, entry.name);
    if (entry.isDirectory()) yield* filesBelow(folder, path);
    else yield path;
  }
}

function occupied(folder: string, foreign: readonly string[]): Diagnostic {
  const more = foreign.length > shownFiles ? ", ..." : "";
  return {
    code: "AI6020",
    severity: "error",
    message: `${folder} holds files that ai8xc did not write (${foreign.slice(0, shownFiles).join(", ")}${more})`,
    hint: "choose another folder with -o, or allow it with --overwrite",
  };
}

/** The file system refused to write. */
export const unwritable = (path: string, error: unknown): Diagnostic => ({
  code: "AI6021",
  severity: "error",
  message: `${path} cannot be written: ${(error as Error).message}`,
  hint: "check the path and its permissions",
});
