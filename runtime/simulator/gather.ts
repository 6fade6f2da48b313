import { average8, saturate8 } from "../../targets/accelerator/fixed-point.ts";
import type { DeviceSpec } from "../../targets/index.ts";
import type { EltwisePlan, InputPlan, LayerPlan, WindowPlan } from "./layer-plan.ts";
import type { DataMemory } from "./memory.ts";

/** Input of the convolution (or of the write-back): one plane per pass and processor, processors fastest. */
export interface Planes {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly data: Int8Array;
  /** 1 where a value depends on memory that nobody wrote; null when there is no such value. */
  readonly unknown: Int8Array | null;
}

/** Where a layer's input words are: data memory, or the buffer between two streaming layers. */
export interface InputSource {
  readonly memory: DataMemory;
  /** First word inside an instance, by quadrant. */
  readonly readPointers: readonly number[];
}

/** Reads, pools and combines the input of a layer. `note` receives what might explain unknown results. */
export function gatherPlanes(
  device: DeviceSpec,
  plan: LayerPlan,
  source: InputSource,
  report: (problem: string) => void,
  note: (cause: string) => void,
): Planes {
  const { input, processors } = plan;
  const rows = input.pooledRows;
  const columns = input.pooledColumns;
  const count = input.channelPasses * processors.length;
  const data = new Int8Array(count * rows * columns);
  let unknown: Int8Array | null = null;
  const doubtful = doubtfulInput(input);
  const reader = new PixelReader(device, input, source);
  for (let pass = 0; pass < input.channelPasses; pass++) {
    processors.forEach((processor, i) => {
      const operands = Array.from({ length: input.operands }, (_, operand) => reader.read(processor, pass, operand));
      const start = (pass * processors.length + i) * rows * columns;
      data.set(
        combinePooled(
          input,
          operands.map((frame) => frame.pixels),
        ),
        start,
      );
      if (operands.every((frame) => frame.unknown === null)) return;
      unknown ??= new Int8Array(data.length);
      unknown.set(combinePooled(doubtful, operands.map(unknownPixels)), start);
    });
  }
  if (reader.outside > 0) {
    report(`layer ${plan.layer}: reads ${reader.outside} bytes beyond the end of a data memory instance`);
  }
  if (reader.unknownBytes > 0) {
    note(
      `layer ${plan.layer} reads ${reader.unknownBytes} bytes that were never written, first ${reader.firstUnknown}`,
    );
  }
  return { count, rows, columns, data, unknown };
}

/** The same reading of memory, but a result is marked as soon as one of the values it comes from is. */
const doubtfulInput = (input: InputPlan): InputPlan => ({
  ...input,
  window: { ...input.window, kind: input.window.kind === "subsample" ? "subsample" : "max" },
  eltwise: input.eltwise === null ? null : { ...input.eltwise, operation: "or" },
});

interface OperandFrame {
  readonly pixels: Int8Array;
  readonly unknown: Int8Array | null;
}

const unknownPixels = (frame: OperandFrame): Int8Array => frame.unknown ?? new Int8Array(frame.pixels.length);

/** Surrounds planes with zeros, and for transposed convolutions puts a zero row and column behind each sample. */
export function padPlanes(planes: Planes, rowPadding: number, columnPadding: number, zoom: 1 | 2): Planes {
  if (rowPadding === 0 && columnPadding === 0 && zoom === 1) return planes;
  const rows = planes.rows * zoom + 2 * rowPadding;
  const columns = planes.columns * zoom + 2 * columnPadding;
  const spread = (from: Int8Array): Int8Array => {
    const to = new Int8Array(planes.count * rows * columns);
    for (let plane = 0; plane < planes.count; plane++) {
      for (let row = 0; row < planes.rows; row++) {
        const source = (plane * planes.rows + row) * planes.columns;
        const target = (plane * rows + row * zoom + rowPadding) * columns + columnPadding;
        for (let column = 0; column < planes.columns; column++) {
          to[target + column * zoom] = from[source + column] as number;
        }
      }
    }
    return to;
  };
  const { count, data, unknown } = planes;
  return { count, rows, columns, data: spread(data), unknown: unknown === null ? null : spread(unknown) };
}

/** Copies the pixels of one processor, pass and operand out of data memory. */
class PixelReader {
  readonly #device: DeviceSpec;
  readonly #input: InputPlan;
  readonly #source: InputSource;
  readonly #rows: number;
  readonly #usedColumns: Uint8Array;
  readonly #usedRows: Uint8Array;
  outside = 0;
  unknownBytes = 0;
  firstUnknown = "";

  constructor(device: DeviceSpec, input: InputPlan, source: InputSource) {
    const { window } = input;
    this.#device = device;
    this.#input = input;
    this.#source = source;
    this.#rows = reach(input.pooledRows, window.stride, window.rows, window.rowDilation);
    this.#usedRows = usedPositions(this.#rows, input.pooledRows, window.stride, window.rows, window.rowDilation);
    this.#usedColumns = usedPositions(
      input.columns,
      input.pooledColumns,
      window.stride,
      window.columns,
      window.columnDilation,
    );
  }

  read(processor: number, pass: number, operand: number): OperandFrame {
    const { memory, readPointers } = this.#source;
    const input = this.#input;
    const quadrant = Math.floor(processor / this.#device.processorsPerQuadrant);
    const instance = Math.floor(processor / this.#device.processorsPerDataInstance);
    const lane = processor % this.#device.processorsPerDataInstance;
    const start = readPointers[quadrant] as number;
    const word = start + (input.isChw ? 0 : pass * input.wordsPerPass + operand);
    const first = word * 4 + (input.isChw ? 0 : lane);
    const step = input.isChw ? 1 : input.wordsPerPixel * 4;
    const base = instance * memory.instanceWords * 4;
    const limit = memory.usableWords * 4;
    const pixels = new Int8Array(this.#rows * input.columns);
    let unknown: Int8Array | null = null;
    for (let row = 0; row < this.#rows; row++) {
      if (this.#usedRows[row] === 0) continue;
      for (let column = 0; column < input.columns; column++) {
        if (this.#usedColumns[column] === 0) continue;
        const pixel = row * input.columns + column;
        const byte = first + pixel * step;
        if (byte >= limit) {
          this.outside++;
          continue;
        }
        pixels[pixel] = memory.bytes[base + byte] as number;
        if (memory.known[base + byte] === 1) continue;
        unknown ??= new Int8Array(pixels.length);
        unknown[pixel] = 1;
        this.#countUnknown(processor, byte);
      }
    }
    return { pixels, unknown };
  }

  #countUnknown(processor: number, byte: number): void {
    if (this.unknownBytes === 0) this.firstUnknown = `at byte 0x${(byte & ~3).toString(16)} by processor ${processor}`;
    this.unknownBytes++;
  }
}

const reach = (pooled: number, stride: number, size: number, dilation: number): number =>
  (pooled - 1) * stride + (size - 1) * dilation + 1;

function usedPositions(length: number, pooled: number, stride: number, size: number, dilation: number): Uint8Array {
  const used = new Uint8Array(length);
  for (let i = 0; i < pooled; i++) for (let j = 0; j < size; j++) used[i * stride + j * dilation] = 1;
  return used;
}

function combinePooled(input: InputPlan, frames: readonly Int8Array[]): Int8Array {
  const { eltwise } = input;
  if (eltwise === null) return pool(input, frames[0] as Int8Array);
  if (!eltwise.poolFirst) return pool(input, combine(eltwise, frames));
  return combine(
    eltwise,
    frames.map((frame) => pool(input, frame)),
  );
}

const operations: Record<EltwisePlan["operation"], (a: number, b: number) => number> = {
  sub: (a, b) => a - b,
  add: (a, b) => a + b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

/** Operands from left to right; saturates once, at the end. */
function combine(eltwise: EltwisePlan, frames: readonly Int8Array[]): Int8Array {
  const operation = operations[eltwise.operation];
  return (frames[0] as Int8Array).map((first, i) => {
    let value = first;
    for (let k = 1; k < frames.length; k++) value = operation(value, (frames[k] as Int8Array)[i] as number);
    return saturate8(value);
  });
}

function pool(input: InputPlan, frame: Int8Array): Int8Array {
  const { window, columns, pooledRows, pooledColumns } = input;
  if (window.kind === "subsample" && window.stride === 1 && columns === pooledColumns) return frame;
  const reduce = window.kind === "max" ? maximumOf : window.kind === "average" ? averageOf : firstOf;
  const pooled = new Int8Array(pooledRows * pooledColumns);
  for (let row = 0; row < pooledRows; row++) {
    for (let column = 0; column < pooledColumns; column++) {
      const corner = row * window.stride * columns + column * window.stride;
      pooled[row * pooledColumns + column] = reduce(frame, corner, columns, window);
    }
  }
  return pooled;
}

type Reduce = (frame: Int8Array, corner: number, columns: number, window: WindowPlan) => number;

const firstOf: Reduce = (frame, corner) => frame[corner] as number;

const maximumOf: Reduce = (frame, corner, columns, window) => {
  let best = -128;
  for (let row = 0; row < window.rows; row++) {
    const start = corner + row * window.rowDilation * columns;
    for (let column = 0; column < window.columns; column++) {
      const value = frame[start + column * window.columnDilation] as number;
      if (value > best) best = value;
    }
  }
  return best;
};

const averageOf: Reduce = (frame, corner, columns, window) => {
  let sum = 0;
  for (let row = 0; row < window.rows; row++) {
    const start = corner + row * window.rowDilation * columns;
    for (let column = 0; column < window.columns; column++)
      sum += frame[start + column * window.columnDilation] as number;
  }
  return average8(sum, window.rows * window.columns, window.isRounding);
};
