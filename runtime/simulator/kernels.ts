import type { DeviceSpec } from "../../targets/index.ts";
import type { ConvolutionPlan, InputPlan, LayerPlan } from "./layer-plan.ts";
import { WEIGHT_WORD_BYTES, type WeightMemory } from "./memory.ts";

/**
 * Unpacked weights: `data[((output * passes + pass) * processors + processor) * taps + tap]`,
 * taps in row-major order; for depthwise kinds one output per pass (`outputs` is 1).
 */
export interface Kernels {
  readonly outputs: number;
  readonly taps: number;
  readonly data: Int8Array;
  /** Kernels (`output * passes * processors + ...`) with weights that nobody wrote. */
  readonly unknown: ReadonlySet<number>;
}

/** Where the weights of one output and pass are. */
interface KernelPlace {
  /** In eighths of a kernel. */
  readonly mask: number;
  /** Bytes to add. */
  readonly offset: number;
  /** Quadrants whose processors contribute. */
  readonly quadrants: readonly number[];
}

type PlaceOf = (output: number, pass: number) => KernelPlace;

/** Reads every weight of a layer out of weight memory. */
export function unpackKernels(
  device: DeviceSpec,
  plan: LayerPlan,
  convolution: ConvolutionPlan,
  memories: readonly WeightMemory[],
  report: (problem: string) => void,
  note: (cause: string) => void,
): Kernels {
  const { processors, input } = plan;
  const taps = convolution.kernelRows * convolution.kernelColumns;
  const outputs = convolution.kind === "full" || convolution.kind === "quad" ? convolution.outputs : 1;
  const data = new Int8Array(outputs * input.channelPasses * processors.length * taps);
  if (convolution.isBypass) return { outputs, taps, data: data.fill(1), unknown: new Set() };

  const { isBinary, weightBits } = convolution;
  const placeOf = kernelPlaces(device, plan.quadrants, convolution, input);
  const unknown = new Set<number>();
  let outside = 0;
  let at = 0;
  for (let output = 0; output < outputs; output++) {
    for (let pass = 0; pass < input.channelPasses; pass++) {
      const { mask, offset, quadrants } = placeOf(output, pass);
      const shift = mask & 7;
      const first = Math.floor(mask / 8) * taps + convolution.startByte + offset;
      for (const processor of processors) {
        const memory = memories[processor] as WeightMemory;
        if (quadrants.includes(Math.floor(processor / device.processorsPerQuadrant))) {
          const { stream } = memory;
          for (let tap = 0; tap < taps; tap++) {
            const bits = (stream[first + taps - 1 - tap] as number) >>> shift;
            data[at + tap] = decodeWeight(bits, weightBits, isBinary);
          }
          const state = kernelState(memory, first, taps);
          if (state === "outside") outside++;
          if (state !== "written") unknown.add(at / taps);
        }
        at += taps;
      }
    }
  }
  if (outside > 0) report(`layer ${plan.layer}: reads ${outside} kernels beyond the end of weight memory`);
  if (unknown.size > 0) note(`layer ${plan.layer} reads ${unknown.size} kernels that were never written`);
  return { outputs, taps, data, unknown };
}

/** Sign extension of the low bits of a byte; binary weights are 1 - 2 * bit. */
export function decodeWeight(byte: number, weightBits: number, isBinary: boolean): number {
  if (isBinary) return byte & 1 ? -1 : 1;
  const unused = 32 - weightBits;
  return (byte << unused) >> unused;
}

function kernelPlaces(
  device: DeviceSpec,
  quadrants: readonly number[],
  convolution: ConvolutionPlan,
  input: InputPlan,
): PlaceOf {
  const { weightBits, firstMask, sources } = convolution;
  const passes = input.channelPasses;
  const at = (slot: number, contributing: readonly number[], offset = 0): KernelPlace => ({
    mask: firstMask + slot * weightBits,
    offset,
    quadrants: contributing,
  });
  switch (convolution.kind) {
    case "depthwise-broadcast":
    case "depthwise-move":
      return (_, pass) => at(pass, quadrants);
    case "quad":
      return (output, pass) => {
        const quadrant = quadrants[output % quadrants.length] as number;
        return at(Math.floor(output / quadrants.length) * passes + pass, [quadrant]);
      };
    case "full":
      if (!convolution.isCalcx4) return (output, pass) => at(output * passes + pass, sources);
      return (output, pass) => {
        const block = output % calcx4Outputs;
        const slot = Math.floor(output / calcx4Outputs) * passes + pass;
        return at(slot, sources, block * calcx4Block(device, firstMask) * WEIGHT_WORD_BYTES);
      };
  }
}

/** Outputs that calcx4 computes at a time, each from its own instance of weight memory. */
const calcx4Outputs = 4;

const calcx4Block = ({ weightMemory }: DeviceSpec, firstMask: number): number =>
  firstMask < weightMemory.words * 8 ? weightMemory.instanceWords : weightMemory.smallInstanceWords;

/** Whether the words of a kernel exist and were written. A kernel spans at most two words. */
function kernelState(memory: WeightMemory, firstByte: number, bytes: number): "written" | "unwritten" | "outside" {
  const firstWord = Math.floor(firstByte / WEIGHT_WORD_BYTES);
  const lastWord = Math.floor((firstByte + bytes - 1) / WEIGHT_WORD_BYTES);
  if (lastWord >= memory.words) return "outside";
  return memory.written[firstWord] !== 0 && memory.written[lastWord] !== 0 ? "written" : "unwritten";
}
