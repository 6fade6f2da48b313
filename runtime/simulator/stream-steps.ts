import type { Chip, LayerExecution } from "./chip.ts";
import { gatherPlanes, type InputSource, type Planes } from "./gather.ts";
import type { Kernels } from "./kernels.ts";
import { outputCount, type LayerPlan } from "./layer-plan.ts";
import { DataMemory, instancesPerQuadrant } from "./memory.ts";
import { compute, describe, journalOf, kernelsOf } from "./run-layer.ts";
import type { StreamStage } from "./stream-progress.ts";
import type { StreamEvents } from "./stream-schedule.ts";
import { pixelWords, writeBack, type LayerResults } from "./write-back.ts";

/**
 * Streaming word by word: every event of a schedule reads and writes data memory at that moment, so that a layer
 * gets what is there, whoever wrote it. It computes one pixel at a time, which is slow; whole frames give the same
 * values as long as nothing is read too early, overwritten too early or shared.
 */
export class StreamSteps implements StreamEvents {
  readonly #chip: Chip;
  readonly #frame: DataMemory | null;
  readonly #layers: readonly LayerSteps[];

  /** `frame`: words that arrive, instance by instance, from word 0 on. */
  constructor(chip: Chip, stages: readonly StreamStage[], frame: DataMemory | null) {
    this.#chip = chip;
    this.#frame = frame;
    this.#layers = stages.map((stage, i) => new LayerSteps(chip, stage, stages[i + 1] ?? null));
  }

  arrive(word: number): void {
    const { data, device } = this.#chip;
    const first = this.#layers[0] as LayerSteps;
    const frame = this.#frame as DataMemory;
    for (let quadrant = 0; quadrant < device.quadrants; quadrant++) {
      const instance = quadrant * instancesPerQuadrant(device);
      const from = instance * frame.instanceWords + word;
      if (frame.known[4 * from] !== 1) continue;
      const to = instance * data.instanceWords + first.wordAt(quadrant, word);
      if (data.holds(to)) data.writeWord(to, frame.words[from] as number);
    }
  }

  read(stage: number, window: number): void {
    (this.#layers[stage] as LayerSteps).read(window);
  }

  write(stage: number, pixel: number): void {
    (this.#layers[stage] as LayerSteps).write(pixel);
  }

  executions(): LayerExecution[] {
    return this.#layers.map((layer) => layer.execution());
  }
}

/** One layer that reads a pooling window at a time and writes a pixel at a time. */
class LayerSteps {
  readonly #chip: Chip;
  readonly #plan: LayerPlan;
  readonly #ringWords: number;
  readonly #next: StreamStage | null;
  readonly #kernels: Kernels | null;
  readonly #line: Planes & { readonly unknown: Int8Array };
  readonly #values: Int32Array;
  readonly #scratch: InputSource;
  readonly #windowPlan: LayerPlan;
  readonly #pixelPlan: LayerPlan;
  readonly #journal = new Set<number>();

  constructor(chip: Chip, { plan, ringWords }: StreamStage, next: StreamStage | null) {
    const { input, output, processors } = plan;
    const { rows, columns } = windowExtent(plan);
    this.#chip = chip;
    this.#plan = plan;
    this.#ringWords = ringWords;
    this.#next = next;
    this.#kernels = kernelsOf(chip, plan);
    this.#values = new Int32Array(outputCount(plan) * output.rows * output.columns);
    this.#line = emptyPlanes(input.channelPasses * processors.length, input.pooledRows, input.pooledColumns);
    const words = input.isChw ? Math.ceil((rows * columns) / 4) : rows * columns * input.wordsPerPixel;
    this.#scratch = {
      memory: new DataMemory(chip.data.instances, words, words),
      readPointers: input.readPointers.map(() => 0),
    };
    this.#windowPlan = { ...plan, input: { ...input, columns, pooledRows: 1, pooledColumns: 1 } };
    this.#pixelPlan = onePixel(plan);
  }

  /** Word of an instance where word `offset` of the input is. */
  wordAt(quadrant: number, offset: number): number {
    return (this.#plan.input.readPointers[quadrant] as number) + wrap(offset, this.#ringWords);
  }

  read(window: number): void {
    const { device, report, note } = this.#chip;
    this.#copyWindow(window);
    const planes = gatherPlanes(device, this.#windowPlan, this.#scratch, report, note);
    const pixels = this.#line.rows * this.#line.columns;
    for (let plane = 0; plane < planes.count; plane++) {
      this.#line.data[plane * pixels + window] = planes.data[plane] as number;
      this.#line.unknown[plane * pixels + window] = planes.unknown?.[plane] ?? 0;
    }
  }

  write(pixel: number): void {
    const results = compute(this.#chip, this.#pixelPlan, this.#neighbourhood(pixel), this.#kernels);
    const { rows, columns } = this.#plan.output;
    results.values.forEach((value, output) => (this.#values[output * rows * columns + pixel] = value));
    this.#store(results, pixel * pixelWords(this.#plan));
  }

  execution(): LayerExecution {
    const { data } = this.#chip;
    const isStreamed = this.#next !== null;
    data.journal = isStreamed || this.#chip.onLayer === null ? null : this.#journal;
    const written = isStreamed ? [] : journalOf(this.#chip);
    data.journal = null;
    const { layer, output } = this.#plan;
    const { rows, columns } = output;
    const outputs = outputCount(this.#plan);
    return {
      layer,
      description: describe(this.#plan),
      outputs,
      rows,
      columns,
      values: this.#values,
      isStreamed,
      written,
    };
  }

  /** Copies the bytes of a window out of the circular buffer. */
  #copyWindow(window: number): void {
    const { device, data } = this.#chip;
    const { input, processors } = this.#plan;
    const { memory } = this.#scratch;
    const { rows, columns } = windowExtent(this.#plan);
    const bytes = input.isChw ? 1 : 4 * input.wordsPerPixel;
    const row = Math.floor(window / input.pooledColumns) * input.window.stride;
    const column = (window % input.pooledColumns) * input.window.stride;
    const instances = new Set(processors.map((p) => Math.floor(p / device.processorsPerDataInstance)));
    for (const instance of instances) {
      const quadrant = Math.floor(instance / instancesPerQuadrant(device));
      const origin = 4 * (instance * data.instanceWords + (input.readPointers[quadrant] as number));
      const end = 4 * (instance * data.instanceWords + data.usableWords);
      for (let i = 0; i < rows * columns * bytes; i++) {
        const inWindow = Math.floor(i / bytes);
        const pixel = (row + Math.floor(inWindow / columns)) * input.columns + column + (inWindow % columns);
        const from = origin + wrap(pixel * bytes + (i % bytes), 4 * this.#ringWords);
        const to = 4 * instance * memory.instanceWords + i;
        memory.bytes[to] = from < end ? (data.bytes[from] as number) : 0;
        memory.known[to] = from < end ? (data.known[from] as number) : 0;
      }
    }
  }

  /** What a kernel sees around an output pixel, with padding. */
  #neighbourhood(pixel: number): Planes {
    const { convolution, output } = this.#plan;
    const line = this.#line;
    const [rows, columns] = [convolution?.kernelRows ?? 1, convolution?.kernelColumns ?? 1];
    const zoom = convolution?.isTransposed === true ? 2 : 1;
    const top = Math.floor(pixel / output.columns) - (convolution?.rowPadding ?? 0);
    const left = (pixel % output.columns) - (convolution?.columnPadding ?? 0);
    const seen = emptyPlanes(line.count, rows, columns);
    for (let at = 0; at < rows * columns; at++) {
      const row = (top + Math.floor(at / columns)) / zoom;
      const column = (left + (at % columns)) / zoom;
      if (!isPosition(row, line.rows) || !isPosition(column, line.columns)) continue;
      for (let plane = 0; plane < line.count; plane++) {
        const from = (plane * line.rows + row) * line.columns + column;
        seen.data[plane * rows * columns + at] = line.data[from] as number;
        seen.unknown[plane * rows * columns + at] = line.unknown[from] as number;
      }
    }
    return seen;
  }

  /** Writes one pixel of all outputs `offset` words behind the write pointers. */
  #store(results: LayerResults, offset: number): void {
    const { device, data, onLayer, report } = this.#chip;
    const next = this.#next;
    const place = (address: number): number => {
      if (next === null) return address + offset;
      const origin = next.plan.input.readPointers[next.plan.master] as number;
      const word = (address % data.instanceWords) - origin + offset;
      return Math.floor(address / data.instanceWords) * data.instanceWords + origin + wrap(word, next.ringWords);
    };
    data.journal = next === null && onLayer !== null ? this.#journal : null;
    const locate = (address: number): number => (place(address) < data.words.length ? place(address) : -1);
    writeBack(device, this.#pixelPlan, results, { memory: data, locate }, report);
    data.journal = null;
  }
}

/** Rows and columns that one pooling window spans. */
const windowExtent = ({ input: { window } }: LayerPlan): { readonly rows: number; readonly columns: number } => ({
  rows: (window.rows - 1) * window.rowDilation + 1,
  columns: (window.columns - 1) * window.columnDilation + 1,
});

/** The layer for an input that the kernel just covers. */
function onePixel(plan: LayerPlan): LayerPlan {
  const { convolution, output } = plan;
  return {
    ...plan,
    convolution: convolution === null ? null : { ...convolution, rowPadding: 0, columnPadding: 0, isTransposed: false },
    output: { ...output, rows: 1, columns: 1 },
  };
}

function emptyPlanes(count: number, rows: number, columns: number): Planes & { readonly unknown: Int8Array } {
  const size = count * rows * columns;
  return { count, rows, columns, data: new Int8Array(size), unknown: new Int8Array(size) };
}

const isPosition = (at: number, length: number): boolean => Number.isInteger(at) && at >= 0 && at < length;

/** Offset in a circular buffer; 0 words are a buffer without end. */
const wrap = (offset: number, words: number): number => (words > 0 ? ((offset % words) + words) % words : offset);
