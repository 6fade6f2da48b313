import { describe, expect, it } from "vitest";
import type { WeightFormat, WeightTarget } from "./layer-weights.ts";
import { decideFormat, toLayerBias, toLayerWeights, totalShift } from "./layer-weights.ts";

const target: WeightTarget = {
  name: "conv",
  kind: "conv2d",
  outputs: 2,
  inputs: 1,
  groups: 1,
  kernel: [1, 2],
  location: { file: "net.ts", line: 3, column: 5 },
};
const eight: WeightFormat = { bits: 8, binary: false };

const codesOf = (outcome: { readonly diagnostics: readonly { code: string; severity: string }[] }) =>
  outcome.diagnostics.map(({ code, severity }) => `${severity} ${code}`);

describe("toLayerWeights", () => {
  it("keeps the order of convolutions", () => {
    const { value, diagnostics } = toLayerWeights({ shape: [2, 1, 1, 2], data: [1, -2, 127, -128] }, target, eight);
    expect(diagnostics).toEqual([]);
    expect(value).toEqual({ outputs: 2, inputs: 1, data: Int8Array.of(1, -2, 127, -128), bits: 8, binary: false });
  });

  it("turns transposed kernels and puts outputs first", () => {
    const transposed: WeightTarget = { ...target, kind: "convTranspose2d", inputs: 2, outputs: 3 };
    // [input][output][tap]: 100 x input + 10 x output + tap.
    const data = [0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121];
    expect(toLayerWeights({ shape: [2, 3, 1, 2], data }, transposed, eight).value?.data).toEqual(
      Int8Array.of(1, 0, 101, 100, 11, 10, 111, 110, 21, 20, 121, 120),
    );
  });

  it("keeps groups of transposed kernels apart", () => {
    const depthwise: WeightTarget = { ...target, kind: "convTranspose2d", inputs: 1, outputs: 2, groups: 2 };
    expect(toLayerWeights({ shape: [2, 1, 1, 2], data: [1, 2, 3, 4] }, depthwise, eight).value?.data).toEqual(
      Int8Array.of(2, 1, 4, 3),
    );
    const pairs: WeightTarget = { ...depthwise, inputs: 2, outputs: 2, kernel: [1, 1] };
    expect(toLayerWeights({ shape: [4, 1, 1, 1], data: [1, 2, 3, 4] }, pairs, eight).value?.data).toEqual(
      Int8Array.of(1, 2, 3, 4),
    );
  });

  it("takes a linear operator for a 1x1 convolution", () => {
    const linear: WeightTarget = { ...target, kind: "linear", inputs: 2, kernel: [1, 1] };
    for (const shape of [
      [2, 2],
      [2, 2, 1],
      [2, 2, 1, 1],
    ]) {
      expect(codesOf(toLayerWeights({ shape, data: [1, 2, 3, 4] }, linear, eight))).toEqual([]);
    }
    expect(codesOf(toLayerWeights({ shape: [2, 1, 2], data: [1, 2, 3, 4] }, linear, eight))).toEqual(["error AI4101"]);
  });

  it("names both shapes and the place when they differ", () => {
    const { diagnostics } = toLayerWeights({ shape: [2, 1, 3, 3], data: [] }, target, eight);
    expect(diagnostics).toMatchObject([{ code: "AI4101", location: { line: 3 } }]);
    expect(diagnostics[0]?.message).toContain("[2, 1, 3, 3]; it needs [2, 1, 1, 2]");
  });

  it.each([
    [8, [-128, 127], [-129, 0], [0, 128]],
    [4, [-8, 7], [-9, 0], [0, 8]],
    [2, [-2, 1], [-3, 0], [0, 2]],
    [1, [-1, 0], [-2, 0], [0, 1]],
  ] as const)("checks the range of %i bits", (bits, good, low, high) => {
    const check = (pair: readonly [number, number]) =>
      codesOf(toLayerWeights({ shape: [2, 1, 1, 2], data: [...pair, ...pair] }, target, { bits, binary: false }));
    expect([check(good), check(low), check(high)]).toEqual([[], ["error AI4102"], ["error AI4102"]]);
  });

  it("takes -1 and +1 only as binary weights", () => {
    const binary: WeightFormat = { bits: 1, binary: true };
    expect(codesOf(toLayerWeights({ shape: [2, 1, 1, 2], data: [1, -1, -1, 1] }, target, binary))).toEqual([]);
    expect(codesOf(toLayerWeights({ shape: [2, 1, 1, 2], data: [1, -1, 0, 1] }, target, binary))).toEqual([
      "error AI4102",
    ]);
  });

  it("warns when all weights are zero", () => {
    expect(codesOf(toLayerWeights({ shape: [2, 1, 1, 2], data: [0, 0, 0, 0] }, target, eight))).toEqual([
      "warning AI4107",
    ]);
  });
});

const decide = (data: number[], declared: WeightFormat | null, stored: number | null, binary: boolean) =>
  decideFormat(data, declared, stored, binary, target).value;

describe("decideFormat", () => {
  it("follows the network, then the weights, then the file", () => {
    expect(decide([1, -1], { bits: 4, binary: false }, 2, true)).toEqual({ bits: 4, binary: false });
    expect(decide([1, -1], null, 2, true)).toEqual({ bits: 1, binary: true });
    expect(decide([1, -1], null, 2, false)).toEqual({ bits: 2, binary: false });
    expect(decide([0, 0], null, 4, true)).toEqual({ bits: 1, binary: false });
    expect(decide([5, 0], null, 4, true)).toEqual({ bits: 4, binary: false });
    expect(decide([5, 0], null, 0, true)).toEqual({ bits: 8, binary: false });
    expect(decide([5, 0], null, null, true)).toEqual({ bits: 8, binary: false });
  });

  it("refuses other widths", () => {
    expect(codesOf(decideFormat([5], null, 3, false, target))).toEqual(["error AI4110"]);
  });
});

describe("toLayerBias", () => {
  it("takes 8-bit integers, one per output", () => {
    expect(toLayerBias([-128, 127], target)).toEqual({ value: Int8Array.of(-128, 127), diagnostics: [] });
    expect(codesOf(toLayerBias([-129, 0], target))).toEqual(["error AI4103"]);
    expect(codesOf(toLayerBias([Number.NaN, 0], target))).toEqual(["error AI4103"]);
    expect(codesOf(toLayerBias([1, 2, 3], target))).toEqual(["error AI4104"]);
  });

  it("leaves out zeros", () => {
    const outcome = toLayerBias([0, 0], target);
    expect([outcome.value, ...codesOf(outcome)]).toEqual([null, "warning AI4108"]);
  });
});

it("totalShift adds what narrow weights lack", () => {
  expect([totalShift(-2, 8), totalShift(-2, 4), totalShift(3, 1)]).toEqual([-2, 2, 10]);
});
