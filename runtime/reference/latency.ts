import type { Pair } from "../../dsl/model.ts";

/** Cycles before the first layer. */
export const STARTUP_CYCLES = 1;

/** What decides how long a layer takes, as the hardware executes it (kernels stretched, padding as configured). */
export interface LatencyInputs {
  readonly operands: number;
  readonly poolFirst: boolean;
  /** Pooling window, 1x1 without pooling. */
  readonly pool: Pair;
  /** Turns in which the input channels are worked through. */
  readonly channelPasses: number;
  /** Rows and columns after pooling; doubled for transposed convolutions. */
  readonly pooled: Pair;
  readonly kernel: Pair;
  readonly padding: Pair;
  readonly outputColumns: number;
  /** Kernel slots that are written, including those that output expansion skips. */
  readonly outputSlots: number;
  /** Turns in which the processors of a quadrant write a passthrough result. */
  readonly timeSlots: number;
  /** First kernel in weight memory; matters when an element-wise operation precedes pooling. */
  readonly kernelOffset: number;
  /** A flattened input with 16 pixels or more takes one more cycle. */
  readonly flattenAdjustment: boolean;
  readonly passthrough: boolean;
  readonly streaming: boolean;
}

/** Cycles of one layer by the model of the reference generator; for streaming layers an estimate. */
export function layerCycles(inputs: LatencyInputs): number {
  const [rows, columns] = inputs.pooled;
  const perPixel = pixelCycles(inputs);
  const cycles = inputs.passthrough
    ? rows * columns * (perPixel.data + inputs.channelPasses * inputs.timeSlots)
    : convolutionCycles(inputs, perPixel);
  // Layers that stream wait for each other half of the time.
  return inputs.streaming ? Math.floor((15 * cycles + 9) / 10) : cycles;
}

/** Cycles to read a pixel of all operands and its pooling window, and to make a padding pixel. */
function pixelCycles({ operands, poolFirst, pool, channelPasses }: LatencyInputs): PixelCycles {
  const window = pool[0] * pool[1];
  return poolFirst
    ? { data: channelPasses * operands * (window + 1), padding: 2 * channelPasses * operands }
    : { data: channelPasses * (operands * window + 1), padding: 2 * channelPasses };
}

interface PixelCycles {
  readonly data: number;
  readonly padding: number;
}

function convolutionCycles(inputs: LatencyInputs, pixel: PixelCycles): number {
  const { channelPasses, outputColumns, outputSlots, poolFirst } = inputs;
  const [rows, columns] = inputs.pooled;
  const [kernelRows, kernelColumns] = inputs.kernel;
  const [padRows, padColumns] = inputs.padding;
  const turns = poolFirst ? 1 : channelPasses;
  const sides = 2 * padColumns * (pixel.padding + 1);
  const paddingRow = sides + turns * columns * (pixel.padding + 1);
  // Rows that only fill the window; nothing is convolved yet.
  const fillingRow = sides + turns * columns * (pixel.data + 1);
  const outputs = channelPasses * outputColumns * outputSlots + (outputSlots === 1 && channelPasses === 1 ? 1 : 0);
  const outputRow = (cycles: number) =>
    padColumns * (pixel.padding + 1) +
    padColumns * pixel.padding +
    turns * (kernelColumns - 1 - padColumns) * (cycles + 1) +
    turns * (outputColumns - padColumns) * cycles +
    outputs;
  return (
    (inputs.flattenAdjustment ? 1 : 0) +
    kernelOffsetCycles(inputs) +
    padRows * paddingRow +
    (kernelRows - 1 - padRows) * fillingRow +
    (rows - kernelRows + 1 + padRows) * outputRow(pixel.data) +
    padRows * outputRow(pixel.padding)
  );
}

/** With an element-wise operation before pooling, every window at a border steps through the kernels before its own. */
function kernelOffsetCycles({ poolFirst, channelPasses, operands, kernelOffset, ...sizes }: LatencyInputs): number {
  if (poolFirst || (channelPasses === 1 && operands === 1)) return 0;
  const [rows, columns] = sizes.pooled;
  const [kernelRows, kernelColumns] = sizes.kernel;
  const [padRows, padColumns] = sizes.padding;
  const windows =
    (rows + 2 * padRows - kernelColumns + 1) * padColumns +
    (columns + 2 * padColumns - kernelRows + 1) * padRows -
    padRows * padColumns;
  return kernelOffset * windows;
}
