import { describe, expect, it } from "vitest";
import { layerOf, networkLayers, vectors, vectorsPresent } from "../../test/golden/arithmetic-vectors.ts";
import { convolutionLayer, passthroughLayer } from "../../test/fixtures/integer-layer.ts";
import type { IntegerLayer } from "./layer.ts";
import { addOperations, countOperations } from "./operation-count.ts";

const none = { macc: 0, comp: 0, add: 0, mul: 0, bitwise: 0 };

describe("countOperations", () => {
  it("counts a convolution with padding in full, and its activation once per output", () => {
    const layer = convolutionLayer({ inputs: 2, outputs: 4, size: [4, 4], kernel: [3, 3], padding: [1, 1] });
    expect(countOperations(layer)).toEqual({ ...none, macc: 1152 });
    expect(countOperations({ ...layer, activation: "relu" })).toEqual({ ...none, macc: 1152, comp: 64 });
  });

  it("counts pooling of every operand, unless they are combined first", () => {
    const pool = { kind: "max", size: [2, 2], stride: [2, 2], dilation: [1, 1] } as const;
    const add = { operation: "add", operands: 2, poolFirst: true } as const;
    const layer: IntegerLayer = { ...passthroughLayer(1, [4, 4], [2, 2]), pool, eltwise: add };
    expect(countOperations(layer)).toEqual({ ...none, comp: 32, add: 4 });
    expect(countOperations({ ...layer, eltwise: { ...add, poolFirst: false } })).toEqual({
      ...none,
      comp: 16,
      add: 16,
    });
    const xor = { operation: "xor", operands: 3, poolFirst: false } as const;
    expect(countOperations({ ...layer, eltwise: xor, pool: { ...pool, kind: "average" } })).toEqual({
      ...none,
      add: 16,
      bitwise: 32,
    });
  });

  it("counts nothing for subsampling", () => {
    const pool = { kind: "max", size: [1, 1], stride: [2, 2], dilation: [1, 1] } as const;
    expect(countOperations({ ...passthroughLayer(3, [4, 4], [2, 2]), pool })).toEqual(none);
    const eltwise = { operation: "add", operands: 2, poolFirst: false } as const;
    expect(countOperations({ ...passthroughLayer(3, [4, 4], [2, 2]), pool, eltwise })).toEqual({ ...none, add: 12 });
  });

  it("adds up", () => {
    const one = { macc: 1, comp: 2, add: 3, mul: 4, bitwise: 5 };
    expect(addOperations([one, one])).toEqual({ macc: 2, comp: 4, add: 6, mul: 8, bitwise: 10 });
    expect(addOperations([])).toEqual(none);
  });
});

describe.skipIf(!vectorsPresent)(
  vectorsPresent ? "recorded counts" : "recorded counts (skipped: no shared data)",
  () => {
    it.each(vectors.layers)("layer $id", (vector) => {
      expect(countOperations(layerOf(vector))).toEqual({ ...vector.expected.ops, mul: 0 });
    });

    it.each(vectors.networks)("network $id on $device", (network) => {
      const counts = networkLayers(network).map((layer, i) => {
        const streams = network.layers[i]?.streaming === true || network.layers[i - 1]?.streaming === true;
        return countOperations(streams ? widened(layer) : layer);
      });
      const lines = network.expected.summary.filter((line) => line.startsWith("  Layer "));
      expect(counts.map((count) => Object.values(count).join())).toEqual(
        lines.map((line) => numbersIn(line).slice(0, 5).join()),
      );
      const hardware = network.expected.summary.find((line) => line.startsWith("Hardware: ")) ?? "";
      expect(Object.values(addOperations(counts)).join()).toBe(numbersIn(hardware).join());
    });
  },
);

/** The numbers in parentheses, without thousands separators. */
function numbersIn(line: string): string[] {
  const inside = /\((.*)\)/.exec(line)?.[1] ?? "";
  return [...inside.matchAll(/[\d,]+(?= )/g)].map(([digits]) => digits.replaceAll(",", ""));
}

/** A 1x1 kernel at the border of streaming is executed as the center of a 3x3 kernel. */
function widened(layer: IntegerLayer): IntegerLayer {
  const convolution = layer.convolution;
  if (convolution === null || convolution.kernel[0] !== 1) return layer;
  return { ...layer, convolution: { ...convolution, kernel: [3, 3], padding: [1, 1] } };
}
