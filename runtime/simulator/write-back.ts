import type { DeviceSpec } from "../../targets/index.ts";
import type { ConvolutionPlan, LayerPlan, OutputPlan } from "./layer-plan.ts";
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

/** Writes `values[output * pixels + pixel]` where the write pointers say. */
export function writeBack(
  device: DeviceSpec,
  plan: LayerPlan,
  values: Int32Array | Int8Array,
  target: OutputTarget,
  report: (problem: string) => void,
): void {
  const { output } = plan;
  const pixels = output.rows * output.columns;
  const addressOf = channelAddress(device, plan);
  const step = pixelWords(plan);
  let lost = 0;
  for (let channel = 0; channel * pixels < values.length; channel++) {
    const { word, lane } = addressOf(channel);
    const first = target.locate(word);
    if (first < 0) continue;
    lost += writeChannel(target.memory, values, channel * pixels, pixels, first, step, output.isWide ? null : lane);
  }
  if (lost > 0) report(`layer ${plan.layer}: ${lost} results are written outside data memory`);
}

function writeChannel(
  memory: DataMemory,
  values: Int32Array | Int8Array,
  from: number,
  count: number,
  first: number,
  step: number,
  lane: number | null,
): number {
  let lost = 0;
  for (let i = 0; i < count; i++) {
    const word = first + i * step;
    if (!memory.holds(word)) lost++;
    else if (lane === null) memory.writeWord(word, values[from + i] as number);
    else memory.writeByte(word, lane, values[from + i] as number);
  }
  return lost;
}

/** Words between two pixels of a channel. */
function pixelWords({ input, convolution, output }: LayerPlan): number {
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
