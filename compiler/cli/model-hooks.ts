import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/**
 * Module loading hooks for versions of Node that do not run TypeScript themselves: files of a model have their types
 * blanked out, which keeps every position. Loaded in a thread of its own by `module.register`.
 */

interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit: true;
}

type NextLoad = (url: string, context: unknown) => Promise<unknown>;

const typescriptFile = /^file:.*\.m?ts$/;

export async function load(url: string, context: unknown, next: NextLoad): Promise<Loaded | unknown> {
  if (!typescriptFile.test(url)) return next(url, context);
  const { transformSync } = await import("amaro");
  const text = await readFile(fileURLToPath(url), "utf8");
  const { code } = transformSync(text, { mode: "strip-only" });
  return { format: "module", source: code, shortCircuit: true };
}

let ownPackage = "";

/** Receives the address of the package that runs. */
export function initialize(own: string): void {
  ownPackage = own;
}

type NextResolve = (name: string, context: unknown) => unknown;

/** Whatever is imported as `ai8xc` is the package that runs. */
export const resolve = (name: string, context: unknown, next: NextResolve): unknown =>
  name === "ai8xc" ? { url: ownPackage, shortCircuit: true } : next(name, context);
