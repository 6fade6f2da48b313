import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/**
 * Compiles generated projects with stand-in SDK headers and runs their functions on this machine,
 * where the accelerator's addresses are plain memory. Used by the emission and the conformance tests.
 */

export type HostCompiler = "gcc" | "clang";

const sdk = resolve(import.meta.dirname, "sdk");
const strict = ["-std=c11", "-Wall", "-Wextra", "-Werror"];

/** Whether a program can be started. */
export function isInstalled(command: string): boolean {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

/** The first host compiler of this machine, or null. */
export const hostCompiler: HostCompiler | null =
  (["gcc", "clang"] as const).find((command) => process.platform === "linux" && isInstalled(command)) ?? null;

/** Tracing writes and satisfying polls single-steps instructions. */
export const canObserve = process.platform === "linux" && process.arch === "x64";

export type HostCall =
  | "cnn_enable"
  | "cnn_disable"
  | "cnn_init"
  | "cnn_load_weights"
  | "cnn_verify_weights"
  | "cnn_load_bias"
  | "cnn_configure"
  | "cnn_start"
  | "cnn_stop"
  | "cnn_continue"
  | "load_input"
  | "boost"
  | "check_output"
  /** The project's main(); inferences end by interrupt after half a millisecond. */
  | "main";

export interface HostMemory {
  readonly address: number;
  readonly words: ArrayLike<number>;
}

export interface HostRunOptions {
  /** Data memory before the first call; appears again whenever an inference in main() ends. */
  readonly preload?: readonly HostMemory[];
  /** Status bits that reads find set or cleared. Needs `canObserve`. */
  readonly polls?: readonly { readonly address: number; readonly mask: number; readonly value: number }[];
  /** Byte transposers that cnn_unload() may use. Needs `canObserve`. */
  readonly ports?: readonly HostPort[];
  /** Record the writes of every call. Needs `canObserve`. */
  readonly trace?: boolean;
  readonly calls?: readonly HostCall[];
  /** Call cnn_unload() after `calls`. */
  readonly unload?: boolean;
  /** Memory to read at the end. */
  readonly dumps?: readonly { readonly address: number; readonly count: number }[];
}

/** A byte transposer: addresses of its registers, and of the data memory it reads. */
export interface HostPort {
  readonly address: number;
  readonly control: number;
  /** Bit of the control register that switches it on, and the first bit of the lane's number. */
  readonly enable: number;
  readonly lane: number;
  readonly pointer: number;
  readonly step: number;
  readonly data: number;
}

/** A write to the accelerator: a byte where the address is not a multiple of four. */
export interface HostWrite {
  readonly address: number;
  readonly value: number;
}

export interface HostResult {
  /** Calls in order with what they returned and, traced, what they wrote. */
  readonly calls: readonly {
    readonly name: string;
    readonly returned: number;
    readonly writes: readonly HostWrite[];
  }[];
  /** What check_output() said; null when it was not called. */
  readonly checkOutput: boolean | null;
  /** Words of out_buf; null without `unload`. */
  readonly unload: Uint32Array | null;
  readonly dumps: readonly Uint32Array[];
  readonly stdout: string;
}

export interface CompiledProject {
  run(options: HostRunOptions): HostResult;
  /** Removes the project's folder. */
  remove(): void;
}

const isCSource = (path: string): boolean => path.endsWith(".c");

/** Writes the files into a new temporary folder. */
export function writeProject(files: ReadonlyMap<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "ai8xc-emit-"));
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** The C files of one core's program: in a RISC-V project, all but the Arm side. */
export function programSources(files: ReadonlyMap<string, string>): string[] {
  const sources = [...files.keys()].filter(isCSource);
  const riscv = sources.find((path) => path.endsWith("_riscv.c"));
  return riscv === undefined ? sources : sources.filter((path) => path !== riscv.replace("_riscv.c", ".c"));
}

/** Compiles a project and the host program around it. Throws with the compiler's messages. */
export function compileProject(
  files: ReadonlyMap<string, string>,
  compiler: HostCompiler = hostCompiler ?? "gcc",
  flags: readonly string[] = ["-O1"],
): CompiledProject {
  const folder = writeProject(files);
  const compile = [...strict, ...flags, `-I${sdk}`, `-I${folder}`, "-Dmain=project_main", "-c"];
  const linked = programSources(files);
  const objects = [...files.keys()].filter(isCSource).map((source) => {
    const object = join(folder, source.replaceAll("/", "_").replace(/\.c$/, ".o"));
    runCompiler(compiler, [...compile, join(folder, source), "-o", object]);
    return { source, object };
  });
  const executable = join(folder, "project");
  runCompiler(compiler, [
    ...strict,
    "-O1",
    `-I${sdk}`,
    `-I${folder}`,
    join(sdk, "host.c"),
    ...objects.filter(({ source }) => linked.includes(source)).map(({ object }) => object),
    "-o",
    executable,
  ]);
  return {
    run: (options) => runProject(folder, executable, options),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Compiles, runs once, and cleans up. */
export function compileAndRun(
  files: ReadonlyMap<string, string>,
  options: HostRunOptions & { readonly compiler?: HostCompiler },
): HostResult {
  const project = compileProject(files, options.compiler);
  try {
    return project.run(options);
  } finally {
    project.remove();
  }
}

/** Compiles every C file of a project without linking, for instance for another processor. */
export function compileOnly(files: ReadonlyMap<string, string>, compiler: string, flags: readonly string[]): void {
  const folder = writeProject(files);
  try {
    for (const source of [...files.keys()].filter(isCSource)) {
      const output = join(folder, "out.o");
      runCompiler(compiler, [...flags, `-I${sdk}`, `-I${folder}`, "-c", join(folder, source), "-o", output]);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runCompiler(compiler: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${compiler} ${args.join(" ")}\n${stderr}`);
}

const timeLimit = 60_000;

function runProject(folder: string, executable: string, options: HostRunOptions): HostResult {
  const preload = join(folder, "preload.bin");
  const script = join(folder, "script");
  const results = join(folder, "results");
  writeFileSync(preload, preloadImage(options.preload ?? []));
  writeFileSync(script, scriptLines(options, preload).join(""));
  const stdout = execFileSync(executable, [script, results], { encoding: "utf8", timeout: timeLimit });
  return readResults(readFileSync(results, "utf8"), stdout);
}

function preloadImage(blocks: readonly HostMemory[]): Uint8Array {
  const words = blocks.flatMap(({ address, words: values }) => [address, values.length, ...Array.from(values)]);
  const image = new DataView(new ArrayBuffer(4 * words.length));
  for (const [i, word] of words.entries()) image.setUint32(4 * i, word, true);
  return new Uint8Array(image.buffer);
}

const hex = (...values: readonly number[]): string => values.map((value) => value.toString(16)).join(" ");

function scriptLines(options: HostRunOptions, preload: string): string[] {
  return [
    `load ${preload}\n`,
    ...(options.polls ?? []).map(({ address, mask, value }) => `poll ${hex(address, mask, value)}\n`),
    ...(options.ports ?? []).map(
      ({ address, control, enable, lane, pointer, step, data }) =>
        `port ${hex(address, control, enable, lane, pointer, step, data)}\n`,
    ),
    ...(options.trace === true ? ["trace\n"] : []),
    ...(options.calls ?? []).map((name) => `call ${name}\n`),
    ...(options.unload === true ? ["unload\n"] : []),
    ...(options.dumps ?? []).map(({ address, count }) => `dump ${hex(address, count)}\n`),
  ];
}

const wordsOf = (parts: readonly string[]): Uint32Array => Uint32Array.from(parts, (part) => Number.parseInt(part, 16));

function readResults(text: string, stdout: string): HostResult {
  const calls: { name: string; returned: number; writes: HostWrite[] }[] = [];
  const dumps: Uint32Array[] = [];
  let unload: Uint32Array | null = null;
  for (const line of text.split("\n")) {
    const [kind, ...parts] = line.split(" ");
    if (kind === "call") calls.push({ name: parts[0] as string, returned: Number(parts[1]), writes: [] });
    else if (kind === "write") {
      const [address, value] = wordsOf(parts);
      calls.at(-1)?.writes.push({ address: address as number, value: value as number });
    } else if (kind === "unload") unload = wordsOf(parts);
    else if (kind === "dump") dumps.push(wordsOf(parts));
  }
  const check = calls.find(({ name }) => name === "check_output");
  return { calls, checkOutput: check === undefined ? null : check.returned === 1, unload, dumps, stdout };
}
