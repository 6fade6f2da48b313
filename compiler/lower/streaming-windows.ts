import { ceilDiv, roundUp } from "../ir/geometry.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";
import type { StreamingOverrides, StreamingValues } from "./streaming.ts";

/** Streaming of devices that count pooling windows of the layer's own input. */
export function windowStreaming(
  hw: HardwareLayer,
  context: LoweringContext,
  overrides: StreamingOverrides,
): StreamingValues {
  const first = hw.index === context.start.index;
  const start = overrides.start ?? startCount(hw, context, first);
  const words = inWords(hw);
  return {
    start: overrides.start ?? words(start),
    ...(hw.layer.streaming ? deltas(hw, context, overrides, first) : { delta1: 0, delta2: 0 }),
    rollover: rollover(hw, start, first),
  };
}

/** Bytes of a CHW input arrive four at a time. */
const inWords = (hw: HardwareLayer) => (bytes: number) => (hw.chw ? ceilDiv(bytes, 4) : bytes);

interface Steps {
  /** Rows and columns from one window to the next, or covered by one if that is more. */
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
  /** Columns of a window, without dilation. */
  readonly window: number;
  readonly width: number;
  readonly paddedWidth: number;
  readonly padding: number;
}

function stepsOf(hw: HardwareLayer): Steps {
  const { size, stride, dilation } = hw.pool;
  const padding = hw.padding[1];
  return {
    rows: Math.max(size[0] * dilation[0], stride[0]),
    columns: Math.max(size[1] * dilation[1], stride[1]),
    rowStride: stride[0],
    columnStride: stride[1],
    window: size[1],
    width: hw.size[1],
    paddedWidth: hw.size[1] + 2 * padding,
    padding,
  };
}

/** Every pixel is a window of its own. */
const pixelWise = (hw: HardwareLayer): boolean => hw.pool.stride[0] === 1 && hw.pool.size[0] === 1;

/** Pixels that must have arrived before the layer starts. */
function startCount(hw: HardwareLayer, context: LoweringContext, first: boolean): number {
  const step = stepsOf(hw);
  const windows = (step.rows * step.paddedWidth + step.padding + 2 * step.columns) * hw.operands;
  const body = windows + (hw.layer.readAhead ? step.columnStride : 0);
  if (first) {
    if (!context.fifo) return 0;
    if (!hw.layer.streaming) return hw.size[0] * hw.size[1];
    return pixelWise(hw) ? step.columns : body;
  }
  if (!hw.layer.streaming) return 0;
  const lead = (step.padding || step.rowStride) * step.paddedWidth;
  const isLast = context.layers[hw.index + 1]?.layer.streaming !== true;
  return lead + body + (isLast ? leftoverColumns(step) * step.columnStride : 0);
}

/** Columns behind the last whole window of a row. */
function leftoverColumns(step: Steps): number {
  if (step.columns === 1) return 0;
  let windows = Math.floor(step.width / step.columns);
  if (windows * step.columnStride + step.window > step.width) windows--;
  return step.width - windows * step.columns;
}

/** Pixels between steps inside a row, and across a row end. */
function deltas(
  hw: HardwareLayer,
  { options }: LoweringContext,
  overrides: StreamingOverrides,
  first: boolean,
): { delta1: number; delta2: number } {
  const step = stepsOf(hw);
  const words = inWords(hw);
  const inRow = step.columnStride * hw.operands;
  if (!first) {
    const delta1 = words(inRow) + options.increaseDelta1;
    const rest = leftoverColumns(step);
    const across = step.rowStride === 1 ? delta1 + rest : (step.rowStride - 1) * step.width + rest;
    return { delta1, delta2: words(across) + options.increaseDelta2 };
  }
  const delta1 = overrides.delta1 ?? words(inRow - (pixelWise(hw) ? 1 : 0));
  if (overrides.delta2 !== null) return { delta1, delta2: overrides.delta2 };
  const skipped = skippedColumns(step);
  const across = words(
    step.rowStride === 1 ? delta1 + skipped : (step.rowStride - 1) * step.width + skipped + step.window - 1,
  );
  return { delta1, delta2: options.pipeline && across > 0 ? across + 1 : across };
}

/** Columns the strides of a row never reach. */
function skippedColumns(step: Steps): number {
  let windows = Math.floor(step.width / step.columnStride);
  if (windows * step.columnStride + step.window - 1 > step.width) windows--;
  return Math.max(0, step.width - windows * step.columnStride);
}

function rollover(hw: HardwareLayer, start: number, first: boolean): number {
  const step = stepsOf(hw);
  if (first) {
    const words = start + step.columns + (step.columnStride - 1) * step.paddedWidth;
    return hw.chw ? words * step.columnStride * 4 : words;
  }
  const perPass = step.rows * step.width + step.padding + step.columns;
  return inWords(hw)(roundUp(start + (hw.inputPasses - 1) * perPass + step.columns, hw.inputPasses));
}
