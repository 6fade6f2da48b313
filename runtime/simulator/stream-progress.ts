import { consumedWindows } from "./hazards.ts";
import type { InputPlan, LayerPlan } from "./layer-plan.ts";
import type { StreamHazard } from "./stream-schedule.ts";

/** A streaming layer and its stream registers. */
export interface StreamStage {
  readonly plan: LayerPlan;
  /** Length of its circular input buffer; 0 when none is programmed, so that it never wraps. */
  readonly ringWords: number;
  readonly start: number;
  readonly delta1: number;
  readonly delta2: number;
}

/**
 * How far one layer of a streaming chain has come, and when its registers let it go on.
 *
 * What is known (vendor's user guide, and the formulas of the reference generator):
 * - A layer starts when `start` bytes have entered the line buffer of the layer before it, and goes on after
 *   `delta1` more inside a row and `delta2` more across a row end. FMAX words from the read pointer on are its
 *   circular input buffer. IFRM words are the input; its end releases what still waits.
 * - The formulas pin the unit of `start`: for convolutions with padding the generated value minus its margin (an
 *   option of the generator on MAX78000) is the number of bytes, padding included, after which the last pixel of the
 *   first window is written. In that unit most recorded programs start within 0 to 6 pixels of the earliest moment.
 * - On MAX78002, `delta1` and `delta2` as generated add up to the output pixels of the layer before, without its
 *   padding, in all recorded programs.
 *
 * What is assumed. Every formula departs from these units somewhere: MAX78000 counts padding in `delta2`, so that a
 * layer would fall back from row to row; MAX78002 derives `start` from the padding of the wrong layer, which is too
 * little without padding, and for other shapes leaves out columns where windows overlap; the deltas of a first layer
 * without pooling are 0. So registers bound the moment of reading instead of fixing it, and every bound is the weakest reading of
 * the text under which all recorded programs on both devices work:
 * - not before `low`: `start` counts padding; lines that `delta2` skips count padding; with several words per pixel
 *   the deltas count words;
 * - at once at `high`, data or not: `start` counts no padding; the deltas count pixels, and a row has `kernel - 1`
 *   steps more than windows;
 * - in between, as soon as the window has been written;
 * - the first layer waits for the FIFO only: its start and deltas change nothing.
 * A program without hazard here can still fail on a chip; one with a hazard needs more than any reading grants it.
 * The line buffers themselves (TPTR, input volume) are taken to be apart.
 */
export class StageProgress {
  readonly hazard: { -readonly [Key in keyof StreamHazard]: StreamHazard[Key] };
  readonly wordsPerPixel: number;
  /** Next window to be read, and next output pixel to be written. */
  window = 0;
  pixel = 0;
  isComplete = false;
  readonly #stage: StreamStage;
  readonly #input: InputPlan;
  readonly #windows: number;
  readonly #pixels: number;
  readonly #consumed: Float64Array;
  readonly #bounds: Bounds;
  readonly #extent: number;
  #supplied = 0;
  #row = 0;
  #column = 0;
  /** Words that the next window needs, and where the registers let it be read. */
  #needed = 0;
  #low = 0;
  #high = 0;

  constructor(stage: StreamStage, producer: LayerPlan | null) {
    const { plan } = stage;
    const { window, columns } = plan.input;
    this.#stage = stage;
    this.#input = plan.input;
    this.hazard = { layer: plan.layer, missing: 0, overwritten: 0 };
    this.wordsPerPixel = plan.input.wordsPerPixel;
    this.#windows = plan.input.pooledRows * plan.input.pooledColumns;
    this.#pixels = plan.output.rows * plan.output.columns;
    this.#consumed = consumedWindows(plan);
    this.#extent = (window.rows - 1) * window.rowDilation * columns + (window.columns - 1) * window.columnDilation;
    this.#bounds = producer === null ? fifoBounds : boundsAfter(producer, stage);
    this.#prepare();
  }

  get isFinished(): boolean {
    return this.window === this.#windows && this.pixel === this.#pixels;
  }

  /** Words were written to this layer's buffer. */
  supply(words: number): void {
    this.#supplied += words;
  }

  /** Nothing more will be written: what waits is released. */
  complete(): void {
    this.isComplete = true;
  }

  mayRead(): boolean {
    if (this.window === this.#windows) return false;
    if (this.isComplete) return true;
    if (this.#supplied < this.#low) return false;
    return this.#supplied >= this.#needed || this.#supplied >= this.#high;
  }

  read(): void {
    const { ringWords } = this.#stage;
    if (this.#supplied < this.#needed) this.hazard.missing++;
    if (ringWords > 0 && this.#supplied - this.#wordOf(this.#corner()) > ringWords) this.hazard.overwritten++;
    this.window++;
    this.#column++;
    if (this.#column === this.#input.pooledColumns) {
      this.#column = 0;
      this.#row++;
    }
    this.#prepare();
  }

  mayWrite(): boolean {
    if (this.pixel === this.#pixels) return false;
    return this.window === this.#windows || (this.#consumed[this.pixel] as number) < this.window;
  }

  write(): void {
    this.pixel++;
  }

  #prepare(): void {
    const perPixel = this.wordsPerPixel;
    this.#needed = this.#wordOf(this.#corner() + this.#extent) + (this.#input.isChw ? 1 : perPixel);
    this.#low = this.#bounds.low(this.#row, this.#column) * perPixel;
    this.#high = this.#bounds.high(this.#row, this.#column) * perPixel;
  }

  /** First pixel of the next window. */
  #corner(): number {
    const { window, columns } = this.#input;
    return (this.#row * columns + this.#column) * window.stride;
  }

  #wordOf(pixel: number): number {
    return this.#input.isChw ? Math.floor(pixel / 4) : pixel * this.wordsPerPixel;
  }
}

/** When the window of a pooled row and column may be read, in pixels that the producer has written. */
interface Bounds {
  low(row: number, column: number): number;
  high(row: number, column: number): number;
}

const fifoBounds: Bounds = { low: () => 0, high: () => Number.POSITIVE_INFINITY };

function boundsAfter(producer: LayerPlan, { plan, start, delta1, delta2 }: StreamStage): Bounds {
  const { pooledColumns, wordsPerPixel } = plan.input;
  const { columns } = producer.output;
  const line = paddedLine(producer);
  const unpaddedDelta2 = Math.floor(delta2 / line) * columns + (delta2 % line);
  const startLow = pixelsAfterBytes(producer, start);
  const startHigh = start - linesBeforeOutput(producer) * columns;
  const extraSteps = (plan.convolution?.kernelColumns ?? 1) - 1;
  const lowRow = delta1 * (pooledColumns - 1) + unpaddedDelta2;
  const highRow = delta1 * (pooledColumns - 1 + extraSteps) + delta2;
  return {
    low: (row, column) => startLow + Math.floor((row * lowRow + column * delta1) / wordsPerPixel),
    high: (row, column) => startHigh + row * highRow + column * delta1,
  };
}

/** Bytes that a row of a layer puts into its line buffer, padding included. */
const paddedLine = ({ input, convolution }: LayerPlan): number =>
  input.pooledColumns * (convolution?.isTransposed === true ? 2 : 1) + 2 * (convolution?.columnPadding ?? 0);

/** Lines that fill the line buffer without an output. A transposed convolution makes its first ones from one. */
const linesBeforeOutput = ({ convolution }: LayerPlan): number =>
  convolution === null || convolution.isTransposed ? 0 : convolution.kernelRows - 1;

/** Output pixels a layer has made when `bytes` have entered its line buffer, padding included. */
function pixelsAfterBytes(plan: LayerPlan, bytes: number): number {
  const { output, convolution } = plan;
  const line = paddedLine(plan);
  const rows = Math.floor(bytes / line) - ((convolution?.kernelRows ?? 1) - 1);
  if (rows < 0) return 0;
  const inRow = Math.max(0, (bytes % line) - ((convolution?.kernelColumns ?? 1) - 1));
  return Math.min(output.rows, rows) * output.columns + Math.min(output.columns, inRow);
}
