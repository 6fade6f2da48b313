import type { DeviceSpec } from "../../targets/index.ts";
import type { Chip, LayerExecution } from "./chip.ts";
import type { InputSource } from "./gather.ts";
import type { InputPlan, LayerPlan } from "./layer-plan.ts";
import { DataMemory, instancesPerQuadrant } from "./memory.ts";
import { runLayer } from "./run-layer.ts";
import type { StreamStage } from "./stream-progress.ts";
import { checkRingsKept, occupyRings, ringsOf } from "./stream-rings.ts";
import { runSchedule, type StreamEvents, type StreamHazard } from "./stream-schedule.ts";
import { StreamSteps } from "./stream-steps.ts";
import { toDataMemory, type OutputTarget } from "./write-back.ts";

/**
 * Runs a chain of streaming layers. `frame` holds the words of the FIFOs; null when the input is in data memory.
 *
 * The stream registers alone say in which order the layers read and write. As long as every word is read between
 * being written and being overwritten, the order does not show in any value, and whole frames pass from layer to
 * layer. Otherwise the same order is gone through word by word, with data memory as it is at each moment.
 */
export function runStream(
  chip: Chip,
  plans: readonly LayerPlan[],
  frame: DataMemory | null,
  done: (execution: LayerExecution) => void,
): void {
  const stages = plans.map((plan) => stageOf(chip, plan));
  const frameWords = frame === null ? null : frame.usableWords;
  const hazards = runSchedule(stages, frameWords, nothing);
  const isContested = occupyBuffers(chip, stages);
  for (const hazard of hazards) describeHazard(hazard).forEach(chip.report);
  if (hazards.length === 0 && !isContested) return passFrames(chip, plans, frame, done);
  const steps = new StreamSteps(chip, stages, frame);
  runSchedule(stages, frameWords, steps);
  steps.executions().forEach(done);
}

const nothing: StreamEvents = { arrive: () => {}, read: () => {}, write: () => {} };

function stageOf({ registers }: Chip, plan: LayerPlan): StreamStage {
  const get = (register: string, field: string): number => registers.get(register, field, plan.master, plan.layer);
  return {
    plan,
    ringWords: get("FMAX", "words"),
    start: get("STREAM1", "start"),
    delta1: get("STREAM2", "delta1"),
    delta2: get("STREAM2", "delta2"),
  };
}

/** Takes the circular buffers out of data memory; true when they get into each other's way. */
function occupyBuffers({ device, data, report }: Chip, stages: readonly StreamStage[]): boolean {
  const problems: string[] = [];
  const rings = ringsOf(device, stages);
  occupyRings(data, rings, (problem) => problems.push(problem));
  checkRingsKept(device, data, rings, (stages.at(-1) as StreamStage).plan, (problem) => problems.push(problem));
  problems.forEach(report);
  return problems.length > 0;
}

function describeHazard({ layer, missing, overwritten }: StreamHazard): string[] {
  const windows = (count: number): string => (count === 1 ? "1 window" : `${count} windows`);
  return [
    ...(missing > 0 ? [`layer ${layer}: reads ${windows(missing)} of its input before it has arrived`] : []),
    ...(overwritten > 0
      ? [`layer ${layer}: ${windows(overwritten)} of its input are overwritten before they are read`]
      : []),
  ];
}

/** Layer after layer with buffers for whole frames. */
function passFrames(
  chip: Chip,
  plans: readonly LayerPlan[],
  frame: DataMemory | null,
  done: (execution: LayerExecution) => void,
): void {
  const { device, data } = chip;
  const { input } = plans[0] as LayerPlan;
  let source: InputSource =
    frame === null
      ? { memory: data, readPointers: input.readPointers }
      : { memory: frame, readPointers: startOfFrame(input) };
  plans.forEach((plan, i) => {
    const consumer = plans[i + 1];
    if (consumer === undefined) return done(runLayer(chip, plan, source, toDataMemory(data)));
    const buffer = frameBuffer(device, plan, consumer);
    done(runLayer(chip, plan, source, buffer.target));
    source = buffer.source;
  });
}

/** A whole frame between two streaming layers; words count from the read pointer of the consumer. */
interface FrameBuffer {
  readonly target: OutputTarget;
  readonly source: InputSource;
}

function frameBuffer(device: DeviceSpec, producer: LayerPlan, consumer: LayerPlan): FrameBuffer {
  const words = producer.output.rows * producer.output.columns * consumer.input.wordsPerPixel;
  const memory = frameMemory(device, words);
  const instanceWords = 2 ** device.dataMemory.writePointerShift;
  const origin = consumer.input.readPointers[consumer.master] as number;
  return {
    source: { memory, readPointers: startOfFrame(consumer.input) },
    target: {
      memory,
      locate(address) {
        const instance = Math.floor(address / instanceWords);
        const word = (address % instanceWords) - origin;
        return instance < memory.instances && word >= 0 ? instance * memory.instanceWords + word : -1;
      },
    },
  };
}

/** Memory with `words` words in every instance. */
export const frameMemory = (device: DeviceSpec, words: number): DataMemory =>
  new DataMemory(device.quadrants * instancesPerQuadrant(device), words, words);

/** Read pointers of a frame that starts at word 0. */
const startOfFrame = (input: InputPlan): readonly number[] => input.readPointers.map(() => 0);
