import type { DeviceSpec } from "../../targets/index.ts";
import { outputCount, type ConvolutionPlan, type LayerPlan, type OutputPlan } from "./layer-plan.ts";
import type { DataMemory } from "./memory.ts";
import { depthwiseOutput, movedPosition } from "./post-process.ts";

/** Where results go: data memory itself, or the buffer between two streaming layers. */
export interface OutputTarget {
  readonly memory: DataMemory;
  /** Flat word of the target for a flat word address of the write pointer; negative when there is none. */
  locate(address: number): number;
}

export const toDataMemory = (memory: DataMemory): OutputTarget => ({
  memory,
  locate: (address) => (address < memory.words.length ? address : -1),
});

/** First word and lane of one output channel; its pixels follow in steps of `pixelWords`. */
interface ChannelAddress {
  readonly word: number;
  readonly lane: number;
}

/** What a layer computed: `values[output * pixels + pixel]`, and marks for those nobody can know. */
export interface LayerResults {
  readonly outputs: number;
  readonly values: Int32Array | Int8Array;
  readonly unknown: Int8Array | null;
}

/** Writes the results where the write pointers say. A word belongs to its last writer with all its lanes. */
export function writeBack(
  device: DeviceSpec,
  plan: LayerPlan,
  results: LayerResults,
  target: OutputTarget,
  report: (problem: string) => void,
): void {
  const runs = outputRuns(device, plan, target);
  const { memory } = target;
  let lost = 0;
  eachWord(runs, memory, (word) => memory.forget(word));
  for (const run of runs) lost += writeRun(memory, results, run);
  if (lost > 0) report(`layer ${plan.layer}: ${lost} results are written outside data memory`);
}

/** Visits every word with results once. */
function eachWord(runs: readonly OutputRun[], memory: DataMemory, visit: (word: number) => void): void {
  const seen = new Set<number>();
  for (const { word, step, count } of runs) {
    if (seen.has(word)) continue;
    seen.add(word);
    for (let i = 0; i < count; i++) if (memory.holds(word + i * step)) visit(word + i * step);
  }
}

/** Flat words of the target that a layer writes. */
export function writtenWords(device: DeviceSpec, plan: LayerPlan, target: OutputTarget): ReadonlySet<number> {
  const words = new Set<number>();
  eachWord(outputRuns(device, plan, target), target.memory, (word) => words.add(word));
  return words;
}

/** The pixels of one output: words `word + i * step`, one byte lane of them or (null) all. */
export interface OutputRun {
  readonly output: number;
  readonly word: number;
  readonly step: number;
  readonly count: number;
  readonly lane: number | null;
}

/** Where every output of a layer goes; outputs without memory behind their write pointer are left out. */
export function outputRuns(device: DeviceSpec, plan: LayerPlan, target: OutputTarget): OutputRun[] {
  const addressOf = channelAddress(device, plan);
  const step = pixelWords(plan);
  const count = plan.output.rows * plan.output.columns;
  return Array.from({ length: outputCount(plan) }, (_, output) => {
    const { word, lane } = addressOf(output);
    return { output, word: target.locate(word), step, count, lane: plan.output.isWide ? null : lane };
  }).filter(({ word }) => word >= 0);
}

function writeRun(memory: DataMemory, { values, unknown }: LayerResults, run: OutputRun): number {
  const { word: first, step, count, lane } = run;
  const from = run.output * count;
  if (lane !== null && unknown === null && memory.holdsRun(first, step, count)) {
    memory.writeLane(first, step, lane, values.subarray(from, from + count));
    return 0;
  }
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const word = first + i * step;
    const isKnown = unknown === null || unknown[from + i] === 0;
    if (!memory.holds(word)) lost++;
    else if (lane === null) memory.writeWord(word, values[from + i] as number, isKnown);
    else memory.writeByte(word, lane, values[from + i] as number, isKnown);
  }
  return lost;
}

/** Words between two pixels of a channel. */
export function pixelWords({ input, convolution, output }: LayerPlan): number {
  if (convolution === null) return input.channelPasses * output.pixelStep;
  return output.pixelStep * wordsPerResult(output);
}

const wordsPerResult = (output: OutputPlan): number => (output.isWide ? 4 : 1);

function channelAddress(device: DeviceSpec, plan: LayerPlan): (channel: number) => ChannelAddress {
  const { convolution } = plan;
  if (convolution === null) return passthroughAddress(device, plan);
  switch (convolution.kind) {
    case "full":
    case "quad":
      return convolutionAddress(plan);
    case "depthwise-broadcast":
    case "depthwise-move":
      return depthwiseAddress(device, plan, convolution);
  }
}

/** Four channels share a word, then the mask offset leads to the next instance; passes follow each other. */
function convolutionAddress({ output, master }: LayerPlan): (channel: number) => ChannelAddress {
  const base = output.writePointers[master] as number;
  return (channel) => {
    const pass = Math.floor(channel / output.channelsPerPass);
    const position = channel % output.channelsPerPass;
    const lane = position % 4;
    const word = base + output.maskOffset * Math.floor(position / 4) + output.channelOffset * pass;
    return { word: output.isWide ? word + lane : word, lane };
  };
}

/** Planes are ordered by pass, then by processor; a processor stays in its quadrant. */
function passthroughAddress(
  device: DeviceSpec,
  { output, processors }: LayerPlan,
): (channel: number) => ChannelAddress {
  const quadrantOf = (processor: number): number => Math.floor(processor / device.processorsPerQuadrant);
  const ranks = processors.map(
    (processor, i) => i - processors.findIndex((p) => quadrantOf(p) === quadrantOf(processor)),
  );
  return (channel) => {
    const pass = Math.floor(channel / processors.length);
    const i = channel % processors.length;
    const rank = ranks[i] as number;
    const base = output.writePointers[quadrantOf(processors[i] as number)] as number;
    return { word: base + output.timeSlotOffset * Math.floor(rank / 4) + pass * output.pixelStep, lane: rank % 4 };
  };
}

function depthwiseAddress(
  device: DeviceSpec,
  { output, processors }: LayerPlan,
  { kind }: ConvolutionPlan,
): (channel: number) => ChannelAddress {
  const instanceWords = 2 ** device.dataMemory.writePointerShift;
  const perQuadrant = device.processorsPerQuadrant;
  return (channel) => {
    const { processor, quadrant, pass } = depthwiseOutput(processors, channel, perQuadrant);
    const pointer = output.writePointers[quadrant] as number;
    const isInPlace = kind === "depthwise-broadcast";
    const position = isInPlace ? processor : movedPosition(processors, processor, perQuadrant);
    const lane = position % 4;
    const group = Math.floor(position / 4);
    const base = isInPlace
      ? (pointer % instanceWords) + group * instanceWords
      : pointer + output.timeSlotOffset * group;
    const word = base + output.channelOffset * pass;
    return { word: output.isWide ? word + lane : word, lane };
  };
}
