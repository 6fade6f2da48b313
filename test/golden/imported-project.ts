import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { devices } from "../../targets/index.ts";
import { compileProject, type HostCall, type HostResult, type HostWrite } from "../emit/host.ts";
import { caseArguments } from "./case-network.ts";
import { hexWords, inputFile, type GoldenCase } from "./load.ts";
import { compareAccesses, recordedAccesses, type Access } from "./recorded-accesses.ts";

/**
 * A recorded case the way a user repeats it: `ai8xc import` of the description, `ai8xc build` of the model that wrote,
 * the C files compiled on this machine and their functions called.
 */

const program = resolve(import.meta.dirname, "../../bin/ai8xc.js");

/** What the commands printed, and the project when both succeeded. */
export interface ImportedProject {
  readonly files?: ReadonlyMap<string, string>;
  /** Text of the command that failed. */
  readonly failure?: string;
}

/** Options of a recorded run that name its input files; they are given to `import` under its own names. */
const inputOptions = new Set(["config-file", "checkpoint-file", "sample-input", "weight-input", "bias-input"]);

/** The recorded options, each as the words of a command line. */
function optionWords(golden: Pick<GoldenCase, "arguments">): string[] {
  return [...caseArguments(golden)]
    .filter(([name]) => !inputOptions.has(name))
    .flatMap(([name, value]) => [`--${name}`, ...value.split(" ").filter(Boolean)]);
}

/** Imports and builds in a temporary folder, which is removed. */
export function importAndBuild(golden: GoldenCase, importOptions: readonly string[] = []): ImportedProject {
  const folder = mkdtempSync(join(tmpdir(), "ai8xc-imported-"));
  try {
    const model = join(folder, "model");
    const words = optionWords(golden);
    const imported = run(["import", ...inputWords(golden), "-o", model, ...importOptions, ...words]);
    if (imported !== null) return { failure: `import: ${imported}` };
    const built = run(["build", model, "-o", join(folder, "project"), ...words]);
    if (built !== null) return { failure: `build: ${built}` };
    return { files: readFolder(join(folder, "project")) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inputWords({ inputs, device }: GoldenCase): string[] {
  const named = (option: string, path: string | undefined): string[] =>
    path === undefined ? [] : [option, inputFile(path)];
  return [
    inputFile(inputs.network as string),
    "--device",
    device,
    ...named("--checkpoint", inputs.checkpoint),
    ...named("--test-weights", inputs.weights),
    ...named("--test-bias", inputs.bias),
    ...named("--sample", inputs.sample),
  ];
}

/** Null when the command succeeded, otherwise what it printed. */
function run(words: readonly string[]): string | null {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: "utf8" });
  return status === 0 ? null : `${stdout}${stderr}`;
}

function readFolder(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1), readFileSync(path, "utf8")];
    }),
  );
}

/** Calls compared write by write with the recording, in the order a program makes them. */
const tracedCalls = ["cnn_init", "cnn_load_weights", "cnn_load_bias", "cnn_configure"] as const;

export const projectClasses = [
  "init",
  "weights",
  "bias",
  "configure",
  "input",
  "start",
  "known answer",
  "unload",
] as const;

export type ProjectClass = (typeof projectClasses)[number];

/** Compiles and runs the project, and compares what it wrote and read. null: equal. */
export function compareProject(
  golden: GoldenCase,
  files: ReadonlyMap<string, string>,
): Readonly<Record<ProjectClass, string | null>> {
  const fifo = /--(fast-)?fifo/.test(golden.arguments);
  const hasUnload = /^int cnn_unload\(/m.test(files.get("cnn.h") ?? "");
  const hasCheck = !golden.arguments.includes("--no-kat") && golden.knownAnswer.length > 0;
  const inOrder: readonly HostCall[] = fifo ? ["cnn_start", "load_input"] : ["load_input", "cnn_start"];
  const project = compileProject(files, undefined, ["-O0"]);
  try {
    const polls = pollsOf(files.get("cnn.c") ?? "");
    const writing = project.run({ trace: true, polls, calls: [...tracedCalls, ...inOrder] });
    const reading = project.run({
      preload: knownAnswerMemory(golden),
      calls: hasCheck ? ["check_output"] : [],
      unload: hasUnload,
    });
    const compare = (name: string, stopped = false): string | null =>
      compareAccesses(recordedAccesses(golden.program[name] ?? []), writesOf(writing, name), stopped);
    return {
      init: compareAccesses(
        recordedAccesses(golden.program["cnn_init"] ?? []),
        writesOf(writing, "cnn_init").filter(isRecorded(devices[golden.device])),
        golden.arguments.includes("--zero-sram"),
      ),
      weights: compare("cnn_load_weights"),
      bias: compare("cnn_load_bias"),
      configure: compare("cnn_configure"),
      input: fifo ? compareFifo(golden, writing) : compare("load_input"),
      start: compare("cnn_start"),
      "known answer": reading.checkOutput === !hasCheck ? "check_output() refuses the recorded answer" : null,
      unload: compareUnload(golden, reading.unload),
    };
  } finally {
    project.remove();
  }
}

/** The line buffers are cleared by a library function, which the recording does not see. */
const isRecorded =
  ({ memoryMap: { apbBase, quadrantRegisters, quadrantStride, tram, weightMemory } }: DeviceSpec) =>
  ({ address }: Access): boolean => {
    const offset = (address - apbBase - quadrantRegisters) % quadrantStride;
    return offset < tram || offset >= weightMemory;
  };

/** Every status the code waits for, as it wants to see it. */
const pollsOf = (source: string) =>
  [...source.matchAll(/while \(\(CNN_REG\((0x\w+)\) & (0x\w+)\) != (0x\w+)\)/g)].map((match) => ({
    address: Number(match[1]),
    mask: Number(match[2]),
    value: Number(match[3]),
  }));

/** A byte write shows the whole word in the trace where its address is a multiple of four. */
const writesOf = ({ calls }: HostResult, name: string): Access[] =>
  (calls.find((call) => call.name === name)?.writes ?? []).map(({ address, value }: HostWrite): Access => ({
    size: null,
    address,
    value,
  }));

/** Words per FIFO; in which order FIFOs take turns does not matter. */
function compareFifo(golden: GoldenCase, writing: HostResult): string | null {
  const byAddress = (list: readonly Access[]): Access[] => list.toSorted((a, b) => a.address - b.address);
  const recorded = recordedAccesses(golden.program["load_input"] ?? []);
  return compareAccesses(byAddress(recorded), byAddress(writesOf(writing, "load_input")));
}

/** Data memory that holds the recorded known answer. */
function knownAnswerMemory({ knownAnswer }: GoldenCase) {
  const memory = new Map<number, number>();
  for (const [first, , words] of knownAnswer) {
    for (const [i, word] of hexWords(words, 4).entries()) {
      const address = Number.parseInt(first, 16) + 4 * i;
      memory.set(address, ((memory.get(address) ?? 0) | word) >>> 0);
    }
  }
  return [...memory].map(([address, word]) => ({ address, words: [word] }));
}

function compareUnload(golden: GoldenCase, unload: Uint32Array | null): string | null {
  if (golden.unload === null) return null;
  if (unload === null) return "no cnn_unload()";
  const expected = golden.unload.map((word) => Number.parseInt(word, 16));
  const at = Array.from({ length: Math.max(unload.length, expected.length) }).findIndex(
    (_, i) => (unload[i] ?? 0) !== (expected[i] ?? 0),
  );
  const hex = (value = 0): string => `0x${value.toString(16).padStart(8, "0")}`;
  return at < 0 ? null : `word ${at}: ${hex(unload[at])} instead of ${hex(expected[at])}`;
}
