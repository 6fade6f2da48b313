import { describe, expect, it } from "vitest";
import { vectors, vectorsPresent } from "../../test/golden/arithmetic-vectors.ts";
import type { LatencyInputs } from "./latency.ts";
import { layerCycles } from "./latency.ts";

const plain: LatencyInputs = {
  operands: 1,
  poolFirst: true,
  pool: [1, 1],
  channelPasses: 1,
  pooled: [28, 28],
  kernel: [3, 3],
  padding: [1, 1],
  outputColumns: 28,
  outputSlots: 60,
  timeSlots: 1,
  kernelOffset: 0,
  flattenAdjustment: false,
  passthrough: false,
  streaming: false,
};

describe("layerCycles", () => {
  it("follows the worked examples", () => {
    expect(layerCycles(plain)).toBe(48_956);
    const pooling: LatencyInputs = { ...plain, pooled: [14, 14], padding: [2, 2], pool: [2, 2], outputColumns: 16 };
    expect(layerCycles(pooling)).toBe(16_664);
    const pointwise: LatencyInputs = { ...plain, kernel: [1, 1], padding: [0, 0], pooled: [4, 4], outputColumns: 4 };
    expect(layerCycles({ ...pointwise, outputSlots: 4 })).toBe(96);
    expect(layerCycles({ ...pointwise, outputSlots: 10, flattenAdjustment: true })).toBe(193);
    const copying: LatencyInputs = { ...pointwise, pooled: [8, 8], operands: 2, timeSlots: 4, passthrough: true };
    expect(layerCycles(copying)).toBe(512);
  });
});

describe.skipIf(!vectorsPresent)(
  vectorsPresent ? "recorded cycles" : "recorded cycles (skipped: no shared data)",
  () => {
    it("are there", () => expect(vectors.latency).toHaveLength(16));

    it.each(vectors.latency)("$id", (vector) => {
      const { multipass, m, outCols, timeslots, kernOffs, flattenAdj, cycles, ...same } = vector;
      const inputs: LatencyInputs = {
        ...same,
        channelPasses: multipass,
        outputSlots: m,
        outputColumns: outCols,
        timeSlots: timeslots,
        kernelOffset: kernOffs,
        flattenAdjustment: flattenAdj,
      };
      expect(layerCycles(inputs)).toBe(cycles);
    });
  },
);
