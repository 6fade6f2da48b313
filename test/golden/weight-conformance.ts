import { biasAddress } from "../../targets/accelerator/address.ts";
import type { BusOperation } from "../../targets/accelerator/program.ts";
import { devices } from "../../targets/index.ts";
import { weightOperations } from "../../compiler/lower/weight-image.ts";
import { defaultPlacementOptions } from "../../compiler/options.ts";
import { placeBias } from "../../compiler/placement/bias-memory.ts";
import { pinnedLayers } from "../../compiler/placement/place-pinned.ts";
import { placeWeights } from "../../compiler/placement/weight-memory.ts";
import { buildChoices } from "./case-choices.ts";
import { caseNetwork, messages } from "./case-network.ts";
import type { GoldenCase, GoldenRun } from "./load.ts";
import { hexWords, loadCase } from "./load.ts";
import { deviations, withoutInputs } from "./deviations.ts";
import type { CaseReference } from "./load.ts";

/** Single bus accesses: `size:address=value`, in hexadecimal. */
type Accesses = string[];

export interface WeightComparison {
  readonly weights: Difference | null;
  readonly bias: Difference | null;
  /** Bytes by our count and as recorded. */
  readonly usedBytes: readonly [number, number];
}

export interface Difference {
  readonly position: number;
  readonly ours: readonly string[];
  readonly recorded: readonly string[];
}

export interface WeightVerdict {
  readonly verdict: "equal" | "deviation" | "without inputs";
  /** Differences that are not listed, and listed ones that are none. */
  readonly problems: readonly string[];
}

/** Compares a recorded run, and the result with the list of intended differences. */
export function judgeWeights({ id, path }: CaseReference): WeightVerdict {
  if (withoutInputs.some((pattern) => pattern.test(id))) return { verdict: "without inputs", problems: [] };
  const golden = loadCase(path);
  const { weights, bias, usedBytes } = compareWeights(golden);
  const listed = (name: "weights" | "bias") =>
    deviations.some(({ cases, class: found }) => found === name && cases.test(id));
  const explained = { weights: listed("weights") || wordsLoadedTwice(golden).length > 0, bias: listed("bias") };
  const problems = Object.entries({ weights, bias }).flatMap(([name, difference]) =>
    (difference !== null) === explained[name as "weights" | "bias"] ? [] : [`${name}: ${JSON.stringify(difference)}`],
  );
  if (usedBytes[0] !== usedBytes[1]) problems.push(`${usedBytes[0]} weight bytes, recorded ${usedBytes[1]}`);
  return { verdict: weights === null && bias === null ? "equal" : "deviation", problems };
}

/** Places weights and bias of a recorded run and compares every access that loads them. */
export function compareWeights(golden: GoldenCase): WeightComparison {
  const device = devices[golden.device];
  const { placement, program } = buildChoices(golden);
  const { network, diagnostics } = caseNetwork(golden);
  if (network === undefined) throw new Error(messages(diagnostics));
  const layers = pinnedLayers(network, device);
  if (layers === null) throw new Error("a layer has no processors");
  const { deduplicate } = { ...defaultPlacementOptions, ...placement };
  const weights = placeWeights(network, layers, device, { deduplicate });
  const bias = placeBias(network, layers, device, { deduplicate });
  if (!weights.memory || !bias.memory) throw new Error(messages([...weights.diagnostics, ...bias.diagnostics]));
  const transfer = { express: program.mexpress ?? true, skipZeroColumns: program.zeroSram ?? false };
  const biasAccesses = bias.memory.images.flatMap((image, quadrant) =>
    [...image].map((value, i) => access(4, biasAddress(device, quadrant, i), value)),
  );
  return {
    weights: firstDifference(
      operationAccesses(weightOperations(weights.memory.chunks, device, transfer)),
      recordedAccesses(golden.program.cnn_load_weights ?? []),
    ),
    bias: firstDifference(biasAccesses, recordedAccesses(golden.program.cnn_load_bias ?? [])),
    usedBytes: [weights.memory.usedBytes, summaryBytes(golden, "Weight memory")],
  };
}

const access = (size: number, address: number, value: number): string =>
  `${size}:${address.toString(16)}=${value.toString(16)}`;

function operationAccesses(operations: readonly BusOperation[]): Accesses {
  return operations.flatMap((operation) =>
    operation.kind === "block"
      ? Array.from(operation.words, (word, i) => access(operation.width, operation.address + i * operation.step, word))
      : [],
  );
}

const recordedAccesses = (runs: readonly GoldenRun[]): Accesses =>
  runs.flatMap(([size, first, hex, step]) =>
    Array.from(hexWords(hex, size), (word, i) => access(size, Number.parseInt(first, 16) + i * step, word)),
  );

function firstDifference(ours: Accesses, recorded: Accesses): Difference | null {
  const length = Math.max(ours.length, recorded.length);
  for (let position = 0; position < length; position++) {
    if (ours[position] === recorded[position]) continue;
    return { position, ours: ours.slice(position, position + 4), recorded: recorded.slice(position, position + 4) };
  }
  return null;
}

function summaryBytes(golden: GoldenCase, name: string): number {
  const line = golden.summary.find((text) => text.startsWith(name)) ?? "";
  return Number((/([\d,]+) bytes out/.exec(line)?.[1] ?? "NaN").replaceAll(",", ""));
}

/** Weight words that a recorded program loads twice, as `processor/column`: two layers claim them. */
export function wordsLoadedTwice(golden: GoldenCase): string[] {
  const device = devices[golden.device];
  const seen = new Set<string>();
  const twice: string[] = [];
  for (const [size, first, hex] of golden.program.cnn_load_weights ?? []) {
    if (size === 1) continue;
    const start = Number.parseInt(first, 16);
    const processor = processorAt(start, golden);
    const column = (start - device.memoryMap.apbBase) % device.memoryMap.weightProcessorStride;
    const words = Math.floor(hex.length / 18);
    for (let word = 0; word < words; word++) {
      const key = `${processor}/${column / 4 + word}`;
      if (seen.has(key)) twice.push(key);
      seen.add(key);
    }
  }
  return twice;
}

function processorAt(address: number, golden: GoldenCase): number {
  const { memoryMap, processorsPerQuadrant } = devices[golden.device];
  const offset = address - memoryMap.apbBase - memoryMap.quadrantRegisters;
  const inQuadrant = (offset % memoryMap.quadrantStride) - memoryMap.weightMemory;
  const quadrant = Math.floor(offset / memoryMap.quadrantStride);
  return quadrant * processorsPerQuadrant + Math.floor(inQuadrant / memoryMap.weightProcessorStride);
}
