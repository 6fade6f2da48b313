import { firstBit, lastBit } from "../ir/geometry.ts";
import type { FieldValues } from "../../targets/accelerator/register.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";

/** Which part of the weight memories a layer reads, and how many channels come out of it. */

const bytesPerColumn = 9;
/** Addresses of weights count in eighths of a kernel, so that 1-bit kernels have addresses. */
const eighths = 8;

/** Bits of weight memory per kernel element. Without stored kernels (bypass) the counters run as for 8 bits. */
export const maskBits = (hw: HardwareLayer): number =>
  hw.layer.convolution === null ? 0 : hw.layer.convolution.bypass ? 8 : hw.weightBits;

export interface MaskRange {
  readonly first: number;
  readonly last: number;
  /** First byte of the layer inside its first weight word. */
  readonly startByte: number;
}

/** First and last weight address of a convolution. */
export function maskRange(hw: HardwareLayer, context: LoweringContext): MaskRange {
  const bits = maskBits(hw);
  const kernelBytes = hw.kernel[0] * hw.kernel[1];
  const firstByte = bytesPerColumn * (hw.weights?.column ?? 0);
  const slot = Math.floor(firstByte / kernelBytes);
  const first = (hw.layer.calcx4 ? fourWaySlot(slot, context) : slot) * eighths;
  return { first, last: first + maskLength(hw, bits, context), startByte: firstByte % kernelBytes };
}

function maskLength(hw: HardwareLayer, bits: number, context: LoweringContext): number {
  const { convolution } = hw.layer;
  const count = convolution?.bypass
    ? Math.floor(hw.layer.output.channels / convolution.groups)
    : (hw.weights?.count ?? 0);
  const length = (count - 1) * bits;
  if (!hw.layer.calcx4 || hw.index !== context.start.index) return length;
  return Math.floor((length + bits + 3) / 4) - bits;
}

/** Slot of the first of four kernels that are read at once from the four parts of a weight memory. */
function fourWaySlot(slot: number, { device }: LoweringContext): number {
  const { words, instanceWords, smallInstanceWords } = device.weightMemory;
  if (slot < words) return (slot % 4) * instanceWords + Math.floor(slot / 4);
  const above = slot - words;
  return words + (above % 4) * smallInstanceWords + Math.floor(above / 4);
}

/** Passthrough layers use the mask counter to count output passes. */
export const passMask = (hw: HardwareLayer): number => (hw.outputPasses - 1) * eighths;

/** Output channel slots - 1. */
export function outputChannels(hw: HardwareLayer): FieldValues {
  const { convolution } = hw.layer;
  if (convolution?.bypass) return { last: hw.layer.output.channels - 1 };
  if (hw.depthwise) return { last: (hw.timeSlots + 1) * hw.inputPasses - 1 };
  if (convolution === null) return { last: hw.timeSlots };
  const last = (hw.weights?.outputSlots ?? 1) - 1;
  return { last: hw.layer.calcx4 ? Math.floor(last / 4) : last };
}

/** Passes, step of the write pointer per pixel, and channels per output pass. */
export function layerControl2(hw: HardwareLayer): FieldValues {
  const { writeGap } = hw.placement;
  const channels = lastBit(hw.outputProcessors) - (firstBit(hw.outputProcessors) & ~3);
  return {
    passes: inputPassField(hw),
    writeIncrement: hw.operation === "passthrough" ? writeGap : hw.outputPasses * (writeGap + 1) - 1,
    channels: channels * maskBits(hw),
  };
}

function inputPassField(hw: HardwareLayer): number {
  if (hw.layer.flatten) return hw.flattenPasses & 15;
  return hw.operation === "passthrough" && hw.passesAsRows ? 0 : hw.inputPasses - 1;
}
