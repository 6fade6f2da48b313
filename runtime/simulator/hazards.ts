import type { DeviceSpec } from "../../targets/index.ts";
import type { InputPlan, LayerPlan } from "./layer-plan.ts";
import { outputRuns, toDataMemory, type OutputRun } from "./write-back.ts";
import type { DataMemory } from "./memory.ts";

/**
 * A layer may write over its own input only where it has been there before: pixels are read in raster order, and
 * an output pixel is written once the last input pixel it needs has been read. The simulator itself reads the whole
 * input first, so it has to look for words that would be overwritten too early.
 */
export function checkOwnInput(
  device: DeviceSpec,
  plan: LayerPlan,
  memory: DataMemory,
  report: (problem: string) => void,
): void {
  const inputs = inputRanges(device, plan);
  let consumed: Float64Array | null = null;
  // Four outputs share their words, lane by lane.
  const known = new Map<number, number>();
  let lost = 0;
  for (const run of outputRuns(device, plan, toDataMemory(memory))) {
    const range = inputs.get(Math.floor(run.word / memory.instanceWords));
    if (range === undefined) continue;
    const start = run.word % memory.instanceWords;
    const isApart = start >= range.first + range.words || start + (run.count - 1) * run.step < range.first;
    if (isApart) continue;
    consumed ??= consumedWindows(plan);
    const early = known.get(run.word) ?? earlyResults(plan.input, run, start - range.first, range, consumed);
    known.set(run.word, early);
    lost += early;
  }
  if (lost > 0) report(`layer ${plan.layer}: ${lost} results overwrite input that is still to be read`);
}

/** Results of a run whose word is read later than they are written. `start` counts from the first word of the input. */
function earlyResults(
  input: InputPlan,
  { step, count }: OutputRun,
  start: number,
  { words, wordsPerPixel, pixelsPerWord }: InputRange,
  consumed: Float64Array,
): number {
  let early = 0;
  for (let i = 0; i < count; i++) {
    const word = start + i * step;
    if (word < 0 || word >= words || !isRead(input, word)) continue;
    const pixel = Math.floor(word / wordsPerPixel) * pixelsPerWord + pixelsPerWord - 1;
    if (lastWindow(input, pixel) > (consumed[i] as number)) early++;
  }
  return early;
}

interface InputRange {
  readonly first: number;
  readonly words: number;
  readonly wordsPerPixel: number;
  /** More than one for CHW input. */
  readonly pixelsPerWord: number;
}

/** Words a layer reads, by data memory instance. */
function inputRanges(device: DeviceSpec, { input, processors }: LayerPlan): Map<number, InputRange> {
  const pixels = inputRows(input) * input.columns;
  const ranges = new Map<number, InputRange>();
  for (const processor of processors) {
    const first = input.readPointers[Math.floor(processor / device.processorsPerQuadrant)] as number;
    const range = input.isChw
      ? { first, words: Math.ceil(pixels / 4), wordsPerPixel: 1, pixelsPerWord: 4 }
      : { first, words: pixels * input.wordsPerPixel, wordsPerPixel: input.wordsPerPixel, pixelsPerWord: 1 };
    ranges.set(Math.floor(processor / device.processorsPerDataInstance), range);
  }
  return ranges;
}

const inputRows = ({ pooledRows, window }: InputPlan): number =>
  (pooledRows - 1) * window.stride + (window.rows - 1) * window.rowDilation + 1;

/** Operands that lie apart leave words free between them, which may hold anything. */
function isRead({ isChw, operands, wordsPerPass }: InputPlan, word: number): boolean {
  return isChw || word % wordsPerPass < operands;
}

/** Pooling window, counted in raster order, that reads an input pixel last. */
function lastWindow({ columns, pooledRows, pooledColumns, window }: InputPlan, pixel: number): number {
  const row = Math.min(Math.floor(Math.floor(pixel / columns) / window.stride), pooledRows - 1);
  const column = Math.min(Math.floor((pixel % columns) / window.stride), pooledColumns - 1);
  return row * pooledColumns + column;
}

/** For each output pixel, the last pooling window that was read before it is written. */
export function consumedWindows({ input, convolution, output }: LayerPlan): Float64Array {
  const { pooledRows, pooledColumns } = input;
  const zoom = convolution?.isTransposed ? 2 : 1;
  const reach = (position: number, kernel = 1, padding = 0): number =>
    Math.floor((position + kernel - 1 - padding) / zoom);
  return Float64Array.from({ length: output.rows * output.columns }, (_, i) => {
    const row = reach(Math.floor(i / output.columns), convolution?.kernelRows, convolution?.rowPadding);
    const column = reach(i % output.columns, convolution?.kernelColumns, convolution?.columnPadding);
    if (row >= pooledRows) return pooledRows * pooledColumns;
    return row * pooledColumns + Math.min(column, pooledColumns - 1);
  });
}
