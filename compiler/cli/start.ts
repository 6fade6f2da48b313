import { accessSync, constants, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import { lendImport } from "./import-module.ts";
import type { runCli } from "./main.ts";

/**
 * Most of the time a short command takes is V8 compiling it. The build therefore also puts the command line in one
 * script, and this file runs that script together with V8's code for it, which the first run of a command keeps
 * beside the script, as Python does with its byte code. Where it cannot be kept or does not fit, all just runs slower.
 */

interface CommandLine extends Loaded {
  readonly runCli: typeof runCli;
}

interface Loaded {
  /** Keeps code that V8 had to compile; call it when the command is done. */
  readonly keepCode: () => void;
}

/** The command line, from its script where the build made one. `command` decides which functions are kept ready. */
export async function loadCli(command: string): Promise<CommandLine> {
  const file = join(dirname(fileURLToPath(import.meta.url)), "ai8xc.cjs");
  if (!existsSync(file)) return { ...(await import("./main.ts")), keepCode: () => {} };
  lendImport((url) => import(url));
  const { exports, keepCode } = runScript(file, /^\w+$/.test(command) ? command : "");
  return { ...(exports as Pick<CommandLine, "runCli">), keepCode };
}

type Wrapper = (exports: object, require: NodeJS.Require, module: object, file: string) => void;

/** Runs a CommonJS script with the code that was kept for it under this name, if there is any that fits. */
export function runScript(file: string, command: string): Loaded & { readonly exports: unknown } {
  const { size, mtimeMs } = statSync(file);
  const kept = `${file}.${command}.${process.version}-${process.arch}-${size}-${Math.round(mtimeMs)}.code`;
  const cachedData = existsSync(kept) ? readFileSync(kept) : undefined;
  const source = `(function (exports, require, module, __filename) {${readFileSync(file, "latin1")}\n})`;
  const script = new Script(source, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  const module = { exports: {} };
  (script.runInThisContext() as Wrapper)(module.exports, createRequire(file), module, file);
  const fits = cachedData !== undefined && script.cachedDataRejected !== true;
  return {
    exports: module.exports,
    keepCode: () => {
      if (!fits) keep(kept, script);
    },
  };
}

/** Several processes may do this at once: each writes its own file, and the last one stays. */
function keep(file: string, script: Script): void {
  const own = `${file}.${process.pid}`;
  try {
    accessSync(dirname(file), constants.W_OK);
    writeFileSync(own, script.createCachedData());
    renameSync(own, file);
  } catch {
    rmSync(own, { force: true });
  }
}
