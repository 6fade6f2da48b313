import { existsSync, readFileSync, statSync } from "node:fs";
import Module from "node:module";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";
import * as language from "../../dsl/index.ts";
import type { Model } from "../../dsl/model.ts";
import { importModule } from "./import-module.ts";

/** The model file a path means: the file itself, or `model.ts` (`.mts`, `.js`, `.mjs`) in a folder. */
export function findModelFile(cwd: string, given: string): { file?: string; diagnostics: readonly Diagnostic[] } {
  const path = resolve(cwd, given);
  if (!existsSync(path)) return { diagnostics: [missing(`${given} does not exist`)] };
  if (!statSync(path).isDirectory()) {
    return modelEnding.test(path) ? { file: path, diagnostics: [] } : { diagnostics: [noModel(given)] };
  }
  for (const name of ["model.ts", "model.mts", "model.js", "model.mjs"]) {
    if (existsSync(join(path, name))) return { file: join(path, name), diagnostics: [] };
  }
  return { diagnostics: [missing(`${given} holds no model.ts`)] };
}

const modelEnding = /\.[cm]?[jt]s$/i;

/** A file that cannot be a model, by its name. */
function noModel(given: string): Diagnostic {
  const message = `${given} is not a model: models are files that end in .ts, .mts, .js or .mjs`;
  if (!/\.ya?ml$/i.test(given)) return missing(message);
  const folder = basename(given).replace(/\.ya?ml$/i, "");
  return missing(
    message,
    `make one of the description: ai8xc import ${given} -o ${folder}; then ai8xc build ${folder}`,
  );
}

const missing = (message: string, hint = "name a model file, or a folder with a model.ts"): Diagnostic => ({
  code: "AI6001",
  severity: "error",
  message,
  hint,
});

/** Runs the model file and returns the model it exports by default. Whatever it throws becomes a diagnostic. */
export async function loadModel(file: string): Promise<{ model?: Model; diagnostics: readonly Diagnostic[] }> {
  let exported: unknown;
  try {
    exported = await importFile(file);
  } catch (error) {
    return { diagnostics: [failure(file, error)] };
  }
  const model = unwrapDefault(exported);
  if (isModel(model)) return { model, diagnostics: [] };
  return {
    diagnostics: [
      {
        code: "AI6003",
        severity: "error",
        message: "the file has no model as its default export",
        location: { file, line: 1, column: 1 },
        hint: "write `export default defineModel({ ... }, (x) => ...)`",
      },
    ],
  };
}

/**
 * A model that imports nothing but ai8xc runs in memory, which is fast. Any other needs Node, which runs TypeScript
 * itself from 22.18 on; on older versions hooks blank types out.
 */
async function importFile(file: string): Promise<unknown> {
  const text = readFileSync(file, "utf8");
  if (importsOnlyUs(text)) return importInMemory(file, text);
  resolveOurselves();
  return importModule(pathToFileURL(file).href);
}

const runsTypeScript = Boolean((process.features as { typescript?: unknown }).typescript);

/** Sources run in their checkout, which finds itself by its own name. */
const runsFromSource = import.meta.url.endsWith(".ts");

let resolvesOurselves = false;

/** From here on, whatever is imported as `ai8xc` is the package that runs: a model may lie where none is installed. */
function resolveOurselves(): void {
  if (resolvesOurselves || runsFromSource) return;
  resolvesOurselves = true;
  const own = languageAddress();
  const { registerHooks } = Module as unknown as { registerHooks?: (hooks: { resolve: ResolveHook }) => void };
  if (runsTypeScript && registerHooks !== undefined) {
    registerHooks({
      resolve: (name, context, next) => (name === "ai8xc" ? { url: own, shortCircuit: true } : next(name, context)),
    });
    return;
  }
  Module.register(new URL("./model-hooks.js", import.meta.url).href, { data: own });
}

type ResolveHook = (name: string, context: unknown, next: (name: string, context: unknown) => unknown) => unknown;

const ourImport = /(?<=\bfrom\s*)(["'])ai8xc\1/g;

/** True when every import of the module is a static one of this package. */
function importsOnlyUs(text: string): boolean {
  const statements = text.match(/^\s*(import|export)\b[^;]*?\bfrom\b/gm) ?? [];
  const ours = text.match(ourImport) ?? [];
  return statements.length === ours.length && !/\bimport\s*[("']|\brequire\s*\(|\bimport\.meta\b/.test(text);
}

/** Most models have no types of their own: those are JavaScript as they are. Of any other, types are blanked out. */
async function importInMemory(file: string, text: string): Promise<unknown> {
  // What looks like type arguments would be comparisons.
  if (!text.includes("<")) {
    try {
      return await importText(file, text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  const { transformSync } = await import("amaro");
  return importText(file, transformSync(text, { mode: "strip-only" }).code);
}

/** Runs a module under the name of its file: error messages and captured positions point into the file. */
function importText(file: string, text: string): Promise<unknown> {
  const linked = text.replaceAll(ourImport, JSON.stringify(languageAddress()));
  return importModule(moduleOf(`${linked}\n//# sourceURL=${file}\n`));
}

const moduleOf = (text: string): string => `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;

const languageKey = Symbol.for("ai8xc.language");

/** A module that hands models the language as it is loaded here: loading it once more would take a while. */
function languageAddress(): string {
  Object.assign(globalThis, { [languageKey]: language });
  const names = Object.keys(language).join(", ");
  return moduleOf(`export const { ${names} } = globalThis[Symbol.for("${languageKey.description}")];`);
}

/** A file outside an ES module package arrives with its exports one level deeper. */
function unwrapDefault(exported: unknown): unknown {
  const first = (exported as { default?: unknown }).default;
  return isModel(first) ? first : ((first as { default?: unknown } | undefined)?.default ?? first);
}

const isModel = (value: unknown): value is Model =>
  typeof value === "object" && value !== null && Array.isArray((value as Partial<Model>).nodes) && "outputs" in value;

function failure(file: string, error: unknown): Diagnostic {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const location = error instanceof Error ? placeIn(file, error) : undefined;
  return {
    code: "AI6002",
    severity: "error",
    message: `the model file cannot be run: ${message.split("\n")[0]}`,
    location: location ?? { file, line: 1, column: 1 },
  };
}

/** The first frame of the error's stack that lies in the model file. */
function placeIn(file: string, error: Error): SourceLocation | undefined {
  const escaped = file.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const match = new RegExp(`${escaped}(?:\\?[^:]*)?:(\\d+):(\\d+)`).exec(error.stack ?? "");
  return match === null ? undefined : { file, line: Number(match[1]), column: Number(match[2]) };
}
