import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates a folder and what is missing above it, one level at a time: Node's own `recursive` never returns where the
 * file system answers "no such folder" to a creation. Returns what was created, innermost first.
 */
export function makeFolder(folder: string): readonly string[] {
  const missing: string[] = [];
  for (let path = folder; !existsSync(path); path = dirname(path)) missing.unshift(path);
  const created: string[] = [];
  try {
    for (const path of missing) {
      mkdirSync(path);
      created.unshift(path);
    }
  } catch (error) {
    removeFolders(created);
    throw error;
  }
  return created;
}

/** Takes `makeFolder` back, as far as the folders are empty. */
export function removeFolders(created: readonly string[]): void {
  for (const path of created) {
    try {
      rmdirSync(path);
    } catch {
      return;
    }
  }
}
