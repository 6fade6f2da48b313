import { existsSync, readFileSync, statSync } from "node:fs";
import Module from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";
import type { Model } from "../../dsl/model.ts";

/** The model file a path means: the file itself, or `model.ts` (`.mts`, `.js`, `.mjs`) in a folder. */
export function findModelFile(cwd: string, given: string): { file?: string; diagnostics: readonly Diagnostic[] } {
  const path = resolve(cwd, given);
  if (!existsSync(path)) return { diagnostics: [missing(`${given} does not exist`)] };
  if (!statSync(path).isDirectory()) return { file: path, diagnostics: [] };
  for (const name of ["model.ts", "model.mts", "model.js", "model.mjs"]) {
    if (existsSync(join(path, name))) return { file: join(path, name), diagnostics: [] };
  }
  return { diagnostics: [missing(`${given} holds no model.ts`)] };
}

const missing = (message: string): Diagnostic => ({
  code: "AI6001",
  severity: "error",
  message,
  hint: "name a model file, or a folder with a model.ts",
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
 * Node runs TypeScript itself from 22.18 on. On older versions types are blanked out, which keeps every position: in
 * memory where the model imports nothing but ai8xc, otherwise by hooks, which take longer to start.
 */
async function importFile(file: string): Promise<unknown> {
  const url = pathToFileURL(file).href;
  if (runsTypeScript || /\.m?js$/.test(file)) {
    resolveOurselves();
    return import(url);
  }
  const text = readFileSync(file, "utf8");
  if (importsOnlyUs(text)) return importStripped(file, text);
  resolveOurselves();
  return import(url);
}

const runsTypeScript = Boolean((process.features as { typescript?: unknown }).typescript);

/** Sources run in their checkout, which finds itself by its own name. */
const runsFromSource = import.meta.url.endsWith(".ts");

let resolvesOurselves = false;

/** From here on, whatever is imported as `ai8xc` is the package that runs: a model may lie where none is installed. */
function resolveOurselves(): void {
  if (resolvesOurselves || runsFromSource) return;
  resolvesOurselves = true;
  const own = import.meta.resolve("ai8xc");
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

/** Runs the module from memory, under its own name: error messages and captured positions point into the file. */
async function importStripped(file: string, text: string): Promise<unknown> {
  const { transformSync } = await import("amaro");
  const { code } = transformSync(text, { mode: "strip-only" });
  const linked = code.replaceAll(ourImport, JSON.stringify(import.meta.resolve("ai8xc")));
  const source = `${linked}\n//# sourceURL=${file}\n`;
  return import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
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
