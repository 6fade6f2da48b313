import type { ResourceUsage } from "../../targets/accelerator/program.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";
import { streamingValues } from "./streaming.ts";

/** Bytes of every memory the program uses. */
export function resourceUsage(context: LoweringContext): ResourceUsage {
  const { device, placement } = context;
  return {
    weightBytes: placement.weights.usedBytes,
    weightBytesTotal: device.weightMemory.totalBytes,
    biasBytes: placement.bias.images.reduce((sum, image) => sum + image.length, 0),
    biasBytesTotal: device.biasMemory.bytesPerQuadrant * device.quadrants,
    dataBytes: Math.max(0, ...context.layers.map((hw) => Math.max(inputEnd(hw, context), outputEnd(hw, context)))),
    dataBytesTotal: device.dataMemory.instanceBytes,
  };
}

/** First byte behind the input of a layer; a streaming layer reads a circular buffer. */
function inputEnd(hw: HardwareLayer, context: LoweringContext): number {
  const { inputOffset, readGap } = hw.placement;
  if (context.fifo && hw.layer.streaming) return inputOffset + 4 * streamingValues(hw, context).rollover;
  const pixels = hw.layer.input.height * hw.layer.input.width;
  if (hw.chw) return inputOffset + 4 * Math.ceil(pixels / 4);
  const wordsPerPixel = hw.inputPasses * hw.operands * (readGap + 1);
  return inputOffset + 4 * (pixels * wordsPerPixel - readGap);
}

/** First byte behind the output; what the next streaming layer reads counts as its input. */
function outputEnd(hw: HardwareLayer, context: LoweringContext): number {
  if (context.layers[hw.index + 1]?.layer.streaming) return 0;
  const { outputOffset, writeGap } = hw.placement;
  const { output, outputBits } = hw.layer;
  const words = outputBits / 8;
  const steps = output.height * output.width * hw.outputPasses - 1;
  return outputOffset + 4 * (steps * words * (writeGap + 1) + words);
}
