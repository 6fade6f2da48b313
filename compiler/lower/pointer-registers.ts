import { countBits, firstBit, quadrantBits } from "../ir/geometry.ts";
import type { FieldValues } from "../../targets/accelerator/register.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";

/** Where a layer reads and writes data memory. Pointers count 32-bit words. */

const perInstance = 4;
const perQuadrant = 16;

/** Words of address space of one data memory instance. */
const instanceWords = (context: LoweringContext): number => 2 ** context.device.dataMemory.writePointerShift;

const wordsPerOutput = (hw: HardwareLayer): number => hw.layer.outputBits / 8;

export function writePointer(hw: HardwareLayer, quadrant: number, context: LoweringContext): FieldValues {
  const word = Math.floor((hw.placement.outputOffset - hw.outputIgnore) / 4);
  if (hw.localSource) return localWritePointer(hw, word, quadrant, context);
  if (hw.operation === "passthrough") {
    const bits = quadrantBits(hw.outputProcessors, quadrant);
    return bits === 0 ? { word } : { word, instance: instanceOf(perQuadrant * quadrant + firstBit(BigInt(bits))) };
  }
  if (hw.depthwise && !hw.broadcast) return depthwiseWritePointer(hw, word, quadrant);
  return { word, instance: instanceOf(firstBit(hw.outputProcessors)) };
}

/**
 * Where the hidden layer in front of an average pooling writes: to the first result of that pooling, which overwrites
 * it, also when the master quadrant has none of the results.
 */
export const resetWritePointer = (fields: FieldValues, hw: HardwareLayer): FieldValues =>
  hw.localSource ? fields : { ...fields, ...firstResult(hw) };

const firstResult = (hw: HardwareLayer): FieldValues => ({
  word: Math.floor(hw.placement.outputOffset / 4),
  instance: instanceOf(firstBit(hw.outputProcessors)),
});

const instanceOf = (processor: number): number => Math.floor(processor / perInstance);

/** Every quadrant writes its own channels, at the place they have among all outputs. */
function depthwiseWritePointer(hw: HardwareLayer, word: number, quadrant: number): FieldValues {
  const first = firstBit(hw.processors);
  const firstQuadrant = Math.floor(first / perQuadrant);
  if (quadrant < firstQuadrant) return {};
  const ahead = (quadrant - firstQuadrant) * perQuadrant + firstBit(hw.outputProcessors);
  return { word, instance: instanceOf(quadrant === firstQuadrant ? ahead : ahead - (first % perQuadrant)) };
}

/** Irregular outputs: an empty rest of the mask counts as processor -4. */
function localWritePointer(hw: HardwareLayer, word: number, quadrant: number, context: LoweringContext): FieldValues {
  const aligned = firstBit(hw.outputProcessors >> BigInt(perInstance * quadrant)) & ~3;
  const processor = aligned + perInstance * quadrant;
  const shares = instanceWords(context) / perInstance;
  const flat = (word | (processor * shares)) >>> 0;
  return { word: flat % instanceWords(context), instance: Math.floor(flat / instanceWords(context)) };
}

/** Step between the time slots of a layer. */
export function timeSlotOffset(hw: HardwareLayer, context: LoweringContext): FieldValues {
  const instance = instanceWords(context);
  if (hw.operation === "passthrough") {
    const manyProcessors = countBits(hw.processors) > perInstance;
    const manyWords = hw.operands > 1 && hw.inputPasses > 1;
    return { words: manyProcessors || manyWords ? instance : instance / perInstance };
  }
  if (hw.depthwise) return hw.broadcast ? {} : { words: instance };
  if (hw.operation !== "conv2d" && hw.operation !== "linear") return {};
  return hw.kernel[0] === 1 && hw.kernel[1] === 1 ? { words: 1 } : {};
}

/** Four output channels share a word; the next four are in the next instance. */
export const maskOffset = (context: LoweringContext): FieldValues => ({ words: instanceWords(context) });

/** Step between output passes. */
export const channelOffset = (hw: HardwareLayer): FieldValues =>
  hw.outputPasses > 1 ? { words: wordsPerOutput(hw) * (hw.placement.writeGap + 1) } : {};

export const readPointer = (hw: HardwareLayer): FieldValues => ({ word: Math.floor(hw.placement.inputOffset / 4) });

/** Processors and weight memories that are switched on in a quadrant. */
export function enables(hw: HardwareLayer, quadrant: number): FieldValues {
  const processors = quadrantBits(hw.processors, quadrant);
  const convolution = hw.layer.convolution;
  return { processors, masks: convolution !== null && !convolution.bypass ? processors : 0 };
}

/** Quadrants above the master whose sums the master adds. */
export const summedQuadrants = (hw: HardwareLayer, context: LoweringContext): number[] =>
  context.quadrants.filter((quadrant) => quadrant > context.master && quadrantBits(hw.processors, quadrant) !== 0);
