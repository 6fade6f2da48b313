import { describe, expect, it } from "vitest";
import { vectors, vectorsPresent } from "../../test/golden/arithmetic-vectors.ts";
import type { WeightTarget } from "./layer-weights.ts";
import type { NpyArray } from "./npy.ts";
import type { TestWeightTarget } from "./test-weights.ts";
import { readTestBias, readTestWeights } from "./test-weights.ts";

const record = (shape: readonly number[], data: readonly number[]): NpyArray => ({
  shape,
  dtype: "int64",
  data: Float64Array.from(data),
});

const linear = (outputs: number, inputs: number): WeightTarget => ({
  name: "fc",
  kind: "linear",
  outputs,
  inputs,
  groups: 1,
  kernel: [1, 1],
});

const targetOf = (bits: 1 | 2 | 4 | 8, binary = false, target = linear(1, 8)): TestWeightTarget => ({
  target,
  format: { bits, binary },
});

const codes = (records: readonly NpyArray[]) =>
  readTestWeights(records, [targetOf(8)]).diagnostics.map(({ code }) => code);

describe("readTestWeights", () => {
  const values = [-5, 7, -90, -1, 33, -128, -7, 127];
  const narrowed = (bits: 1 | 2 | 4 | 8, binary = false) => {
    const { weights, diagnostics } = readTestWeights([record([1, 1, 8], values)], [targetOf(bits, binary)]);
    expect(diagnostics).toEqual([]);
    return [...(weights[0]?.data ?? [])];
  };

  it("narrows weights by dropping low bits", () => {
    expect(narrowed(8)).toEqual(values);
    expect(narrowed(4)).toEqual([-1, 0, -6, -1, 2, -8, -1, 7]);
    expect(narrowed(2)).toEqual([-1, 0, -2, -1, 0, -2, -1, 1]);
    expect(narrowed(1)).toEqual([-1, 0, -1, -1, 0, -1, -1, 0]);
    expect(narrowed(1, true)).toEqual([-1, 1, -1, -1, 1, -1, -1, 1]);
  });

  it("keeps weights that fit", () => {
    const { weights } = readTestWeights([record([1, 1, 8], [-4, 3, 0, 1, -1, 2, -2, -3])], [targetOf(4)]);
    expect([...(weights[0]?.data ?? [])]).toEqual([-4, 3, 0, 1, -1, 2, -2, -3]);
  });

  it("splits one array by layers, and takes several arrays as they are", () => {
    const targets = [targetOf(8, false, linear(1, 2)), targetOf(8, false, linear(1, 2))];
    const both = [
      [1, 2],
      [3, 4],
    ];
    for (const records of [[record([2, 1, 2, 1, 1], both.flat())], both.map((data) => record([1, 2, 1, 1], data))]) {
      expect(readTestWeights(records, targets).weights.map((weights) => [...(weights?.data ?? [])])).toEqual(both);
    }
  });

  it("does not turn transposed kernels", () => {
    const target: WeightTarget = { ...linear(2, 1), kind: "convTranspose2d", kernel: [1, 2] };
    const { weights, diagnostics } = readTestWeights(
      [record([1, 2, 1, 1, 2], [1, 2, 3, 4])],
      [targetOf(8, false, target)],
    );
    expect([diagnostics, [...(weights[0]?.data ?? [])]]).toEqual([[], [1, 2, 3, 4]]);
  });

  it("complains about values beyond 8 bits, wrong shapes and missing layers", () => {
    expect(codes([record([1, 1, 8], [128, 0, 0, 0, 0, 0, 0, 0])])).toEqual(["AI4111"]);
    expect(codes([record([1, 1, 4], [1, 2, 3, 4])])).toEqual(["AI4101"]);
    expect(codes([])).toEqual(["AI4106"]);
  });
});

describe("readTestBias", () => {
  it("reads one record per operator, until the file ends", () => {
    const targets = [linear(2, 1), linear(1, 1), linear(3, 1)];
    expect(readTestBias([record([2], [5, -128]), record([1], [0])], targets).bias).toEqual([
      Int8Array.of(5, -128),
      null,
      null,
    ]);
    expect(readTestBias([record([2], [5, 200])], targets).diagnostics.map(({ code }) => code)).toEqual(["AI4103"]);
  });
});

describe.skipIf(!vectorsPresent)(
  vectorsPresent ? "recorded networks" : "recorded networks (skipped: no shared data)",
  () => {
    it.each(vectors.networks)("narrow the weights of $id as recorded", (network) => {
      const used = network.expected.usedWeights.filter((weights) => weights !== null);
      const records = network.weights.map(({ shape, data }) => record(shape, data));
      const targets = network.weights.map(({ shape }, i) => {
        const [outputs = 1, inputs = 1, rows = 1, columns = 1] = shape;
        const bits = Math.abs(used[i]?.bits ?? 8) as 1 | 2 | 4 | 8;
        return targetOf(bits, used[i]?.bits === -1, {
          ...linear(outputs, inputs),
          kind: "conv2d",
          kernel: [rows, columns],
        });
      });
      const padded =
        records.length === 1
          ? [{ ...(records[0] as NpyArray), shape: [1, ...(records[0] as NpyArray).shape] }]
          : records;
      const { weights, diagnostics } = readTestWeights(padded, targets);
      expect(diagnostics).toEqual([]);
      expect(weights.map((layer) => [...(layer?.data ?? [])])).toEqual(used.map(({ data }) => data));
    });
  },
);
