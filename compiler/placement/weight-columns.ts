import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { WeightChunk } from "../../targets/accelerator/program.ts";
import { WORD_BYTES } from "./weight-layout.ts";

/** 72-bit words of a processor. */
export function wordsOf(device: DeviceSpec, processor: number): number {
  const { words, wordsOfFirstProcessor } = device.weightMemory;
  return processor % device.processorsPerQuadrant === 0 ? wordsOfFirstProcessor : words;
}

/** Which words of the weight memories are taken, and what they hold. */
export class WeightColumns {
  private readonly device: DeviceSpec;
  private readonly taken = new Map<number, Uint8Array>();
  private readonly contents = new Map<number, Uint8Array>();

  constructor(device: DeviceSpec) {
    this.device = device;
  }

  /** The word exists and is free. */
  isFree(processor: number, column: number): boolean {
    return column >= 0 && column < wordsOf(this.device, processor) && this.taken.get(processor)?.[column] !== 1;
  }

  isTaken(processor: number, column: number): boolean {
    return this.taken.get(processor)?.[column] === 1;
  }

  /** `count` words from `column` on exist and are free in all processors. */
  areFree(processors: readonly number[], column: number, count: number): boolean {
    return this.firstTaken(processors, column, count) === null;
  }

  /** First word of a range that is taken or missing in any of the processors; null: all are free. */
  firstTaken(processors: readonly number[], column: number, count: number): number | null {
    let first = column + count;
    for (const processor of processors) {
      const words = wordsOf(this.device, processor);
      const taken = this.taken.get(processor);
      const end = Math.max(column, Math.min(first, words));
      const at = column < 0 ? 0 : (taken?.subarray(column, end).indexOf(1) ?? -1);
      first = at < 0 ? end : column + at;
    }
    return first === column + count ? null : first;
  }

  /** Fills the words from `column` on. */
  take(processor: number, column: number, bytes: Uint8Array): void {
    const words = wordsOf(this.device, processor);
    let taken = this.taken.get(processor);
    let contents = this.contents.get(processor);
    if (taken === undefined || contents === undefined) {
      this.taken.set(processor, (taken = new Uint8Array(words)));
      this.contents.set(processor, (contents = new Uint8Array(words * WORD_BYTES)));
    }
    taken.fill(1, column, column + bytes.length / WORD_BYTES);
    contents.set(bytes, column * WORD_BYTES);
  }

  /** All taken words, by processor and column, neighbours merged. */
  chunks(): WeightChunk[] {
    const chunks: WeightChunk[] = [];
    for (const processor of [...this.taken.keys()].toSorted((a, b) => a - b)) {
      const taken = this.taken.get(processor) as Uint8Array;
      const contents = this.contents.get(processor) as Uint8Array;
      for (let column = 0; column < taken.length; column++) {
        if (taken[column] !== 1) continue;
        let end = column;
        while (end < taken.length && taken[end] === 1) end++;
        chunks.push({ processor, column, bytes: contents.slice(column * WORD_BYTES, end * WORD_BYTES) });
        column = end;
      }
    }
    return chunks;
  }
}
