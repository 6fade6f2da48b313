import { ceilDiv, roundUp } from "../ir/geometry.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";
import { inputFrameWords, type StreamingOverrides, type StreamingValues } from "./streaming.ts";

/** Streaming of devices that count the lines of the previous layer's padded output. */
export function lineStreaming(
  hw: HardwareLayer,
  context: LoweringContext,
  overrides: StreamingOverrides,
): StreamingValues {
  const counts = hw.index === context.start.index ? firstLayer(hw, context, overrides) : laterLayer(hw, context);
  const window = Math.max(hw.stride, hw.pool.stride[0], hw.pool.size[1]);
  const usual = hw.chw ? chwRollover : counts.start + (hw.pool.size[0] - 1) * hw.size[1] + window;
  return { ...counts, rollover: roundUp(Math.max(usual, heldWords(hw, context)), hw.inputPasses) };
}

/** Circular buffer of a CHW input in words, which the reference uses for windows of any size. */
const chwRollover = 12;

/**
 * Words that must be in the buffer when a layer reads its first window. The reference does not scale the buffer with
 * the words per pixel, and has one length for CHW, so that large windows would not fit.
 */
function heldWords(hw: HardwareLayer, context: LoweringContext): number {
  if (!hw.layer.streaming) return 0;
  const { size, dilation } = hw.pool;
  const pixels = (size[0] - 1) * dilation[0] * hw.size[1] + (size[1] - 1) * dilation[1] + 1;
  // A window may begin with the last of the four pixels in its first word.
  if (hw.chw) return ceilDiv(pixels + 3, 4);
  const ahead = hw.index === context.start.index ? 0 : context.options.increaseStart;
  return (pixels + ahead) * hw.inputPasses;
}

type Counts = Omit<StreamingValues, "rollover">;

const none: Counts = { start: 0, delta1: 0, delta2: 0 };

function firstLayer(hw: HardwareLayer, context: LoweringContext, overrides: StreamingOverrides): Counts {
  if (!context.fifo) return none;
  const [poolRows, poolColumns] = hw.pool.size;
  const [, columns] = hw.size;
  if (!hw.layer.streaming) return { ...none, start: overrides.start ?? inputFrameWords(hw) * poolRows };
  return {
    start: overrides.start ?? ((poolRows - 1) * columns + poolColumns) * poolRows,
    delta1: overrides.delta1 ?? (hw.pool.stride[1] - 1) * hw.operands,
    delta2: overrides.delta2 ?? (poolRows - 1) * columns * hw.operands,
  };
}

function laterLayer(hw: HardwareLayer, { layers, options }: LoweringContext): Counts {
  const previous = layers[hw.index - 1];
  if (!hw.layer.streaming || previous === undefined) return none;
  const line = previous.pooled[1] + 2 * previous.padding[1];
  const [poolRows, poolColumns] = hw.pool.size;
  const rowsAhead = previous.kernel[0] - 1 + poolRows - 1;
  return {
    start: line * rowsAhead + previous.kernel[1] - 1 + poolColumns + options.increaseStart,
    delta1: hw.pool.stride[1] * hw.operands + options.increaseDelta1,
    delta2: (hw.pool.stride[0] - 1) * line + poolColumns * hw.operands + options.increaseDelta2,
  };
}
