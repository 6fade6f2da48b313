import { unloadResult } from "../../targets/emit/index.ts";
import type { BusOperation, KnownAnswerBlock, OperationCount, Program } from "../../targets/accelerator/program.ts";
import { devices } from "../../targets/index.ts";
import { hexWords, type GoldenCase } from "./load.ts";
import { compareAccesses, recordedAccesses, type Access } from "./recorded-accesses.ts";

/** What is compared, one verdict each. */
export const comparisonClasses = [
  "init",
  "configure",
  "weights",
  "bias",
  "input",
  "start",
  "known answer",
  "unload",
  "output count",
  "operations",
  "resources",
] as const;

export type ComparisonClass = (typeof comparisonClasses)[number];

/** null: equal; otherwise the first difference in words. */
export type Comparison = Readonly<Record<ComparisonClass, string | null>>;

export function compareProgram(golden: GoldenCase, program: Program): Comparison {
  const { phases } = program;
  const recorded = (name: string): Access[] => recordedAccesses(golden.program[name] ?? []);
  const fifo = program.settings.fifo !== "none";
  return {
    init: compareAccesses(recorded("cnn_init"), accesses(phases.init), program.settings.zeroSram),
    configure: compareAccesses(recorded("cnn_configure"), accesses(phases.configure)),
    weights: compareAccesses(recorded("cnn_load_weights"), accesses(phases.loadWeights)),
    bias: compareAccesses(recorded("cnn_load_bias"), accesses(phases.loadBias)),
    input: fifo
      ? compareStreams(recorded("load_input"), accesses(phases.loadInput))
      : compareAccesses(recorded("load_input"), accesses(phases.loadInput)),
    start: compareAccesses(recorded("cnn_start"), accesses(phases.start)),
    "known answer": compareBlocks(golden, program.knownAnswer ?? []),
    unload: compareUnload(golden, program),
    "output count": compareNumber("outputs", golden.numOutputs, outputCount(program)),
    operations: compareOperations(golden, program),
    resources: compareResources(golden, program),
  };
}

/** The line buffers are cleared by a library function, which the recording does not see. */
const isRecorded = (operation: BusOperation): boolean =>
  operation.kind !== "block" || !operation.label.startsWith("Line buffer");

function accesses(operations: readonly BusOperation[]): Access[] {
  const found: Access[] = [];
  for (const operation of operations.filter(isRecorded)) {
    if (operation.kind === "register") {
      found.push({ size: 4, address: operation.address, value: operation.value });
    } else if (operation.kind === "block") {
      const { address, words, width, step } = operation;
      for (const [i, value] of words.entries()) found.push({ size: width, address: address + i * step, value });
    }
  }
  return found;
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;
/** Words per FIFO; in which order FIFOs take turns does not matter. */
function compareStreams(expected: readonly Access[], actual: readonly Access[]): string | null {
  const byAddress = (list: readonly Access[]): Access[] => list.toSorted((a, b) => a.address - b.address);
  return compareAccesses(byAddress(expected), byAddress(actual));
}

/** Words in a row of blocks, limited as the recorded run was: `limit` counts from 0. */
function compareBlocks(golden: GoldenCase, blocks: readonly KnownAnswerBlock[]): string | null {
  const words = (list: readonly KnownAnswerBlock[]): Access[] =>
    list.flatMap((block) =>
      [...block.words].map((value, i) => ({ size: block.mask, address: block.address + 4 * i, value })),
    );
  const expected = words(
    golden.knownAnswer.map(([address, mask, values]) => ({
      address: Number.parseInt(address, 16),
      mask: Number.parseInt(mask, 16),
      words: hexWords(values, 4),
    })),
  );
  const limit = /--max-(?:verify-length|checklines) (\d+)/.exec(golden.arguments)?.[1];
  const actual = words(blocks);
  if (golden.arguments.includes("--no-kat")) return compareAccesses(expected, []);
  return compareAccesses(expected, limit === undefined ? actual : actual.slice(0, Number(limit) + 1));
}

function compareUnload(golden: GoldenCase, program: Program): string | null {
  if (golden.unload === null) return null;
  const memory = new Map<number, number>();
  for (const [first, , words] of golden.knownAnswer) {
    for (const [i, word] of hexWords(words, 4).entries()) {
      const address = Number.parseInt(first, 16) + 4 * i;
      memory.set(address, (memory.get(address) ?? 0) | word);
    }
  }
  const result = unloadResult(program, devices[program.device], (address) => memory.get(address) ?? 0);
  const expected = golden.unload.map((word) => Number.parseInt(word, 16));
  const length = Math.max(result.length, expected.length);
  for (let i = 0; i < length; i++) {
    if ((result[i] ?? 0) === (expected[i] ?? 0)) continue;
    return `word ${i} of ${length}: ${hex(result[i] ?? 0)} instead of ${hex(expected[i] ?? 0)}`;
  }
  return null;
}

/** Values the outputs hold, all of them. */
const outputCount = (program: Program): number =>
  program.outputs.reduce((sum, { location: { channels, height, width } }) => sum + channels * height * width, 0);

const compareNumber = (what: string, expected: number, actual: number): string | null =>
  expected === actual ? null : `${actual} ${what} instead of ${expected}`;

const countNames = ["macc", "comp", "add", "mul", "bitwise"] as const;

/** Counts of all layers in the recorded summary: "1,234 ops (1,000 macc; ...)". */
function compareOperations(golden: GoldenCase, program: Program): string | null {
  const recorded = golden.summary.filter((line) => line.startsWith("Layer ")).map(numbersOf);
  if (recorded.length !== program.layers.length) return `${program.layers.length} layers instead of ${recorded.length}`;
  for (const [index, layer] of program.layers.entries()) {
    const expected = (recorded[index] as number[]).slice(-countNames.length);
    const actual = countNames.map((name: keyof OperationCount) => layer.operations[name]);
    if (expected.some((count, i) => count !== actual[i])) return `layer ${index}: ${actual} instead of ${expected}`;
  }
  return null;
}

const numbersOf = (line: string): number[] =>
  [...line.matchAll(/(\d[\d,]*) (?:macc|comp|add|mul|bitwise|bytes)/g)].map((match) =>
    Number((match[1] as string).replaceAll(",", "")),
  );

function compareResources(golden: GoldenCase, program: Program): string | null {
  const { weightBytes, weightBytesTotal, biasBytes, biasBytesTotal } = program.resources;
  const expected = golden.summary.filter((line) => / memory: /.test(line)).flatMap(numbersOf);
  const actual = [weightBytes, weightBytesTotal, biasBytes, biasBytesTotal];
  return expected.every((count, i) => count === actual[i]) && expected.length === actual.length
    ? null
    : `${actual} instead of ${expected}`;
}
