import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Diagnostic } from "../../dsl/diagnostic.ts";

/**
 * Type-checks a model file with TypeScript's native compiler in a process of its own, so that it runs beside the
 * compilation. Results are kept by content: the same files, ai8xc and TypeScript are not checked twice, unless ai8xc runs from its sources.
 */
export async function typecheckModel(file: string): Promise<readonly Diagnostic[]> {
  const compiler = nativeCompiler();
  if (compiler === undefined) return [unavailable()];
  const cache = join(tmpdir(), `ai8xc-types-${process.getuid?.() ?? "user"}`);
  const key = contentKey(file, compiler);
  const entry = join(cache, `${key}.json`);
  const known = runsFromSource ? undefined : readJson(entry);
  if (known !== undefined) return known;
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const config = join(cache, `${key}.tsconfig.json`);
  writeFileSync(config, JSON.stringify(configFor(file)));
  const { status, output } = await run(compiler, ["--project", config, "--pretty", "false", "--singleThreaded"], cache);
  const diagnostics = parseTypeErrors(output, cache);
  if (status !== 0 && diagnostics.length === 0) return [unavailable(output.trim().split("\n")[0])];
  writeFileSync(`${entry}.${process.pid}`, JSON.stringify(diagnostics));
  renameSync(`${entry}.${process.pid}`, entry);
  return diagnostics;
}

const runsFromSource = import.meta.url.endsWith(".ts");

/** Running from source, the model is checked against the sources, which need Node's types. */
const sourceOptions = () => ({
  customConditions: ["ai8xc-source"],
  types: ["node"],
  typeRoots: [join(dirname(createRequire(import.meta.url).resolve("ai8xc/package.json")), "node_modules/@types")],
});

/** The types a model sees are those of the compiler that runs, wherever the model lies and whatever is installed there. */
const ownTypes = (): string =>
  fileURLToPath(new URL(runsFromSource ? "../../dsl/index.ts" : "../../dsl/index.d.ts", import.meta.url));

/** Options of a strict check; independent of any tsconfig around the model. */
const configFor = (file: string) => ({
  compilerOptions: {
    strict: true,
    target: "es2023",
    lib: ["es2023"],
    module: "nodenext",
    moduleResolution: "nodenext",
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    paths: { ai8xc: [ownTypes()] },
    ...(runsFromSource ? sourceOptions() : {}),
  },
  files: [file],
});

/** The platform's executable of the installed TypeScript 7. */
function nativeCompiler(): string | undefined {
  const require = createRequire(import.meta.url);
  try {
    const inner = createRequire(require.resolve("typescript/package.json"));
    const platform = inner.resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`);
    const executable = join(dirname(platform), "lib", process.platform === "win32" ? "tsc.exe" : "tsc");
    return existsSync(executable) ? executable : undefined;
  } catch {
    return undefined;
  }
}

const unavailable = (reason?: string): Diagnostic => ({
  code: "AI6010",
  severity: "warning",
  message: `the types of the model were not checked: ${reason ?? "TypeScript 7 is not installed for this platform"}`,
  hint: "reinstall with optional dependencies, or check in the editor; all limits are also checked without types",
});

/** Hash over the model file, the local files it imports, and the versions that decide the result. */
function contentKey(file: string, compiler: string): string {
  const hash = createHash("sha256").update(compiler).update(ownVersion());
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path) || !existsSync(path)) return;
    seen.add(path);
    const text = readFileSync(path, "utf8");
    hash.update(path).update("\0").update(text).update("\0");
    for (const match of text.matchAll(/from\s*["'](\.{1,2}\/[^"']+)["']/g)) {
      visit(resolve(dirname(path), match[1] as string));
    }
  };
  visit(file);
  return hash.digest("hex").slice(0, 32);
}

/** Our own declarations decide the result too: the package version, and in a checkout their newest change. */
function ownVersion(): string {
  const require = createRequire(import.meta.url);
  const declarations = require.resolve("ai8xc/package.json");
  const build = join(dirname(declarations), "dist", "build-id");
  return readFileSync(declarations, "utf8") + (existsSync(build) ? readFileSync(build, "utf8") : "");
}

function readJson(path: string): readonly Diagnostic[] | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as readonly Diagnostic[];
  } catch {
    return undefined;
  }
}

/** Runs a program; paths it prints are relative to `folder`. */
function run(command: string, words: readonly string[], folder: string): Promise<{ status: number; output: string }> {
  return new Promise((settle) => {
    let output = "";
    // A model takes some 20 MB to check: the compiler, a Go program, need not collect garbage meanwhile.
    const env = { GOGC: "off", GOMEMLIMIT: "512MiB", ...process.env };
    const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"], cwd: folder, env });
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (output += data.toString()));
    child.on("error", (error) => settle({ status: 1, output: error.message }));
    child.on("close", (status) => settle({ status: status ?? 1, output }));
  });
}

/** Turns the compiler's lines into diagnostics; a sentence of our own inside a type is the whole message. */
export function parseTypeErrors(output: string, base: string): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const blocks = output.split(/\n(?=\S)/);
  for (const block of blocks) {
    const match = /^(.+?)\((\d+),(\d+)\): error (TS\d+): ([\s\S]*)$/.exec(block.trimEnd());
    if (match === null) continue;
    const [, file, line, column, code, text] = match as unknown as [string, string, string, string, string, string];
    const location = { file: resolve(base, file), line: Number(line), column: Number(column) };
    const own = ownSentence(text);
    diagnostics.push({
      code: own === undefined ? code : "AI2000",
      severity: "error",
      message: own ?? text.split("\n")[0] ?? text,
      location,
    });
  }
  return diagnostics;
}

/** Our messages are string literal types with spaces; the compiler quotes them inside its own words. */
function ownSentence(text: string): string | undefined {
  const quoted = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] as string);
  return quoted.findLast((part) => /\S\s+\S/.test(part))?.replace(/\\(["'\\])/g, "$1");
}
