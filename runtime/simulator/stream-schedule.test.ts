import { describe, expect, it } from "vitest";
import type { LayerPlan } from "./layer-plan.ts";
import { runSchedule } from "./stream-schedule.ts";
import type { StreamStage } from "./stream-progress.ts";

/** A layer with one channel and a square kernel, padded to keep its size. */
function plan(layer: number, rows: number, columns: number, kernel: 1 | 3, pool = 1): LayerPlan {
  const [pooledRows, pooledColumns] = [Math.floor(rows / pool), Math.floor(columns / pool)];
  const padding = kernel === 3 ? 1 : 0;
  return {
    layer,
    quadrants: [0],
    master: 0,
    processors: [0],
    input: {
      readPointers: [0, 0, 0, 0],
      isChw: false,
      channelPasses: 1,
      operands: 1,
      eltwise: null,
      wordsPerPass: 1,
      wordsPerPixel: 1,
      columns,
      window: {
        kind: pool === 1 ? "subsample" : "max",
        isRounding: false,
        rows: pool,
        columns: pool,
        rowDilation: 1,
        columnDilation: 1,
        stride: pool,
      },
      pooledRows,
      pooledColumns,
    },
    convolution: {
      kind: "full",
      isTransposed: false,
      isBypass: false,
      isCalcx4: false,
      kernelRows: kernel,
      kernelColumns: kernel,
      rowPadding: padding,
      columnPadding: padding,
      weightBits: 8,
      isBinary: false,
      firstMask: 0,
      lastMask: 0,
      startByte: 0,
      outputs: 1,
      sources: [0],
      bias: [null, null, null, null],
    },
    output: {
      rows: pooledRows,
      columns: pooledColumns,
      isWide: false,
      shift: 0,
      activation: null,
      writePointers: [0, 0, 0, 0],
      timeSlotOffset: 0,
      maskOffset: 0,
      channelOffset: 0,
      pixelStep: 1,
      channelsPerPass: 1,
    },
  };
}

const first = (layer: LayerPlan, ringWords = 1): StreamStage => ({
  plan: layer,
  ringWords,
  start: 1,
  delta1: 0,
  delta2: 0,
});

/** What happens, as "a0" (word 0 arrives), "0r1" (layer 0 reads window 1), "1w2" (layer 1 writes pixel 2). */
function schedule(stages: readonly StreamStage[], words: number | null) {
  const order: string[] = [];
  const hazards = runSchedule(stages, words, {
    arrive: (word) => order.push(`a${word}`),
    read: (stage, window) => order.push(`${stage}r${window}`),
    write: (stage, pixel) => order.push(`${stage}w${pixel}`),
  });
  return { order: order.join(" "), hazards };
}

describe("a schedule of streaming layers", () => {
  it("takes words as they arrive and writes what they complete", () => {
    expect(schedule([first(plan(0, 1, 2, 1))], 2)).toEqual({ order: "a0 0r0 0w0 a1 0r1 0w1", hazards: [] });
    const held = "a0 0r0 a1 0r1 a2 0r2 a3 0r3 0w0 0w1 0w2 0w3";
    expect(schedule([first(plan(0, 2, 2, 3))], 4)).toEqual({ order: held, hazards: [] });
  });

  it("finds the whole input at once where there is no FIFO", () => {
    expect(schedule([first(plan(0, 1, 2, 1), 0)], null).order).toBe("0r0 0w0 0r1 0w1");
  });

  it("lets the next layer read a pixel as soon as it is there, once it may start", () => {
    const next = { plan: plan(1, 1, 3, 1), ringWords: 2, start: 1, delta1: 1, delta2: 1 };
    const prompt = "a0 0r0 0w0 1r0 1w0 a1 0r1 0w1 1r1 1w1 a2 0r2 0w2 1r2 1w2";
    expect(schedule([first(plan(0, 1, 3, 1)), next], 3)).toEqual({ order: prompt, hazards: [] });
    const late = "a0 0r0 0w0 a1 0r1 0w1 1r0 1w0 a2 0r2 0w2 1r1 1w1 1r2 1w2";
    expect(schedule([first(plan(0, 1, 3, 1)), { ...next, start: 2 }], 3)).toEqual({ order: late, hazards: [] });
  });

  it("lets a layer read what is not there when its registers say so", () => {
    const next = { plan: plan(1, 2, 2, 1, 2), ringWords: 4, start: 3, delta1: 2, delta2: 2 };
    const early = schedule([first(plan(0, 2, 2, 1)), next], 4);
    expect(early.order).toBe("a0 0r0 0w0 a1 0r1 0w1 a2 0r2 0w2 1r0 1w0 a3 0r3 0w3");
    expect(early.hazards).toEqual([{ layer: 1, missing: 1, overwritten: 0 }]);
    expect(schedule([first(plan(0, 2, 2, 1)), { ...next, start: 4 }], 4).hazards).toEqual([]);
  });

  it("counts windows that were overwritten because the layer is late or the buffer short", () => {
    const next = (start: number, ringWords: number) => {
      const stage = { plan: plan(1, 1, 4, 1), ringWords, start, delta1: 1, delta2: 1 };
      return schedule([first(plan(0, 1, 4, 1)), stage], 4).hazards;
    };
    expect(next(3, 3)).toEqual([]);
    // The last two windows wait for the end of the input only, when nothing is written any more.
    expect(next(3, 2)).toEqual([{ layer: 1, missing: 0, overwritten: 2 }]);
    expect(next(1, 1)).toEqual([]);
  });

  it("wants a whole frame from the FIFO", () => {
    expect(schedule([first(plan(0, 1, 3, 1))], 2).hazards).toEqual([{ layer: 0, missing: 1, overwritten: 0 }]);
  });
});
