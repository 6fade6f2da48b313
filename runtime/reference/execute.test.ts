import { describe, expect, it } from "vitest";
import type { ConvolutionFixture } from "../../test/fixtures/integer-layer.ts";
import { convolutionLayer, passthroughLayer } from "../../test/fixtures/integer-layer.ts";
import type { Pair, Shape } from "../../dsl/model.ts";
import { executeLayer, executeLayers } from "./execute.ts";
import type { IntegerLayer, LayerPool } from "./layer.ts";
import { integerTensor, sizeOf } from "./tensor.ts";

const plain = { averagePoolRounding: false };
const rounding = { averagePoolRounding: true };

/** Runs one layer on tensors of its input shape, or of the shape given. */
function run(layer: IntegerLayer, inputs: readonly (readonly number[])[], options = plain, shape: Shape = layer.input) {
  return [
    ...executeLayer(
      layer,
      inputs.map((data) => integerTensor(shape, data)),
      options,
    ),
  ];
}

const wide = (fixture: ConvolutionFixture): IntegerLayer => ({ ...convolutionLayer(fixture), outputBits: 32 });
const counting = (length: number) => Array.from({ length }, (_, i) => i + 1);

const shape = (channels: number, height: number, width: number): Shape => ({ channels, height, width });

const copy = (sources: IntegerLayer["sources"], input: Shape): IntegerLayer => ({
  ...passthroughLayer(1, [1, 1]),
  sources,
  input,
  pooled: input,
  output: input,
});

const combine = (operation: "add" | "sub" | "xor" | "or", operands: number): IntegerLayer => ({
  ...passthroughLayer(1, [1, 2]),
  sources: Array.from({ length: operands }, () => "input" as const),
  eltwise: { operation, operands, poolFirst: true },
});

const poolBy = (kind: LayerPool["kind"], size: Pair, stride: Pair, dilation: Pair = [1, 1]) => ({
  kind,
  size,
  stride,
  dilation,
});

describe("results of 8 bits", () => {
  const identity = convolutionLayer({ inputs: 1, outputs: 1, size: [1, 8], weights: [1] });
  const ties = [64, -64, 63, -63, 65, -65, 127, -128];

  it("round half up, then activate", () => {
    expect(run(identity, [ties])).toEqual([1, 0, 0, 0, 1, -1, 1, -1]);
    expect(run({ ...identity, activation: "relu" }, [ties])).toEqual([1, 0, 0, 0, 1, 0, 1, 0]);
    expect(run({ ...identity, activation: "abs" }, [ties])).toEqual([1, 0, 0, 0, 1, 1, 1, 1]);
  });

  it("saturate before the activation", () => {
    const layer = convolutionLayer({ inputs: 1, outputs: 1, size: [1, 2], weights: [127], bias: [-128] });
    expect(run({ ...layer, activation: "abs" }, [[-128, 127]])).toEqual([127, 2]);
    const both = convolutionLayer({ inputs: 2, outputs: 2, size: [1, 1], weights: [127, 127, -128, -128] });
    expect(run(both, [[127, 127]])).toEqual([127, -128]);
  });

  it.each([
    [-2, [32, -32, 1, 0, 2]],
    [2, [127, -128, 8, -8, 24]],
    [-15, [0, 0, 0, 0, 0]],
  ])("add 128 times the bias before shift %i", (shift, expected) => {
    const fixture = { inputs: 1, outputs: 5, size: [1, 1], weights: [0, 0, 0, 0, 0] } as const;
    expect(run(convolutionLayer({ ...fixture, bias: [127, -128, 2, -2, 6], shift }), [[0]])).toEqual(expected);
  });

  it("are not rounded in 32 bits, and ignore the shift", () => {
    expect(
      run(wide({ inputs: 1, outputs: 1, size: [1, 3], weights: [127], bias: [5], shift: -9 }), [[127, 0, -128]]),
    ).toEqual([16769, 640, -15616]);
  });
});

describe("convolutions", () => {
  it("pad with zeros and do not flip kernels", () => {
    const image = [1, 0, 0, 0];
    expect(run(wide({ inputs: 1, outputs: 1, size: [2, 2], kernel: [3, 3], padding: [1, 1] }), [image])).toEqual([
      5, 4, 2, 1,
    ]);
    expect(run(wide({ inputs: 1, outputs: 1, size: [2, 2], kernel: [3, 3], padding: [2, 2] }), [image])).toEqual([
      9, 8, 7, 0, 6, 5, 4, 0, 3, 2, 1, 0, 0, 0, 0, 0,
    ]);
  });

  it("sum over inputs, channel by channel", () => {
    expect(run(wide({ inputs: 2, outputs: 2, size: [1, 2] }), [[1, 10, 100, 50]])).toEqual([201, 110, 403, 230]);
  });

  it("keep groups apart", () => {
    const layer = wide({ inputs: 2, outputs: 2, size: [1, 2], groups: 2, weights: [3, -5] });
    expect(run(layer, [[1, 2, 3, 4]])).toEqual([3, 6, -15, -20]);
  });

  it("run along columns of one-dimensional data, also dilated", () => {
    const fixture = { kind: "conv1d", inputs: 1, outputs: 1, size: [6, 1], kernel: [3, 1] } as const;
    expect(run(wide({ ...fixture, padding: [1, 0] }), [counting(6)])).toEqual([8, 14, 20, 26, 32, 17]);
    expect(run(wide({ ...fixture, dilation: 2 }), [counting(6)])).toEqual([22, 28]);
    expect(run(wide({ ...fixture, dilation: 2, padding: [2, 0] }), [counting(6)])).toEqual([11, 16, 22, 28, 13, 16]);
  });

  it("read two-dimensional data as a signal and back, row by row", () => {
    const signal = wide({ kind: "conv1d", inputs: 1, outputs: 1, size: [4, 1], weights: [2] });
    expect(run(signal, [[1, 2, 3, 4]], plain, { channels: 1, height: 2, width: 2 })).toEqual([2, 4, 6, 8]);
  });

  it("spread the input of transposed convolutions", () => {
    const fixture = { kind: "convTranspose2d", inputs: 1, outputs: 1, size: [2, 2], kernel: [3, 3] } as const;
    expect(run(wide({ ...fixture, padding: [1, 1] }), [[127, 0, 0, 0]])).toEqual(
      [5, 4, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].map((tap) => 127 * tap),
    );
  });

  it("agree with the scatter form of transposed convolutions", () => {
    for (const side of [0, 1, 2]) {
      const padding: Pair = [side, side];
      const layer = wide({ kind: "convTranspose2d", inputs: 1, outputs: 1, size: [2, 3], kernel: [3, 3], padding });
      const { height, width } = layer.output;
      const image = [3, -1, 4, 1, -5, 9];
      const expected = Array<number>(height * width).fill(0);
      for (let tap = 0; tap < 9; tap++) {
        for (const [i, value] of image.entries()) {
          const y = 2 * Math.floor(i / 3) - side + Math.floor(tap / 3);
          const x = 2 * (i % 3) - side + (tap % 3);
          // The layer's kernel is the framework's, turned by 180 degrees.
          if (y >= 0 && y < height && x >= 0 && x < width)
            expected[y * width + x] = (expected[y * width + x] ?? 0) + value * (9 - tap);
        }
      }
      expect(run(layer, [image])).toEqual(expected);
    }
  });

  it("sum all inputs when kernels are bypassed", () => {
    expect(run(wide({ inputs: 3, outputs: 2, size: [1, 2], weights: null }), [[1, 2, 10, 20, 100, 120]])).toEqual([
      111, 142, 111, 142,
    ]);
  });

  it("flatten channel by channel, row by row", () => {
    const layer = wide({ kind: "linear", inputs: 2, outputs: 1, size: [1, 2], flatten: true, weights: [1, 2, 3, 4] });
    expect(run(layer, [[5, 6, 7, 8]])).toEqual([70]);
  });
});

describe("pooling", () => {
  it("takes the maximum and drops incomplete windows", () => {
    const layer = { ...passthroughLayer(1, [3, 4], [1, 2]), pool: poolBy("max", [2, 2], [2, 2]) };
    expect(run(layer, [[1, 2, 3, 4, -5, -6, 9, -8, 99, 99, 99, 99]])).toEqual([2, 9]);
  });

  it("subsamples with a 1x1 window", () => {
    const layer = { ...passthroughLayer(1, [3, 3], [2, 2]), pool: poolBy("max", [1, 1], [2, 2]) };
    expect(run(layer, [counting(9)])).toEqual([1, 3, 7, 9]);
  });

  it("spreads the window when dilated", () => {
    const layer = { ...passthroughLayer(1, [3, 4], [1, 2]), pool: poolBy("max", [2, 2], [1, 1], [2, 2]) };
    expect(run(layer, [[1, 50, 2, 3, 60, 70, 80, 90, 4, 5, 7, 6]])).toEqual([7, 50]);
  });

  it("cuts averages toward zero, or rounds halves away from zero", () => {
    const layer = { ...passthroughLayer(1, [1, 14], [1, 7]), pool: poolBy("average", [1, 2], [1, 2]) };
    const image = [1, 0, -1, 0, 3, 0, -3, 0, -5, 0, 4, 4, -128, -128];
    expect(run(layer, [image])).toEqual([0, 0, 1, -1, -2, 4, -128]);
    expect(run(layer, [image], rounding)).toEqual([1, -1, 2, -2, -3, 4, -128]);
  });

  it("of Conv1d layers never rounds, and takes maxima without dilation", () => {
    const fixture = { kind: "conv1d", inputs: 1, outputs: 1, weights: [1], shift: 7 } as const;
    const average = { ...convolutionLayer({ ...fixture, size: [4, 1] }), input: { channels: 1, height: 8, width: 1 } };
    const averaged = { ...average, pool: poolBy("average", [2, 1], [2, 1]) };
    expect(run(averaged, [[0, 3, 0, -3, -1, -2, 1, 2]], rounding)).toEqual([1, -1, -1, 1]);
    const maximum = { ...convolutionLayer({ ...fixture, size: [6, 1] }), input: { channels: 1, height: 8, width: 1 } };
    const dilated = { ...maximum, pool: poolBy("max", [2, 1], [1, 1], [2, 1]) };
    expect(run(dilated, [[1, 9, 2, 8, 3, 7, 4, 6]])).toEqual([9, 9, 8, 8, 7, 7]);
  });

  it("refuses a pooled shape that reaches beyond the data", () => {
    const layer = { ...passthroughLayer(1, [3, 3], [2, 2]), pool: poolBy("max", [2, 2], [2, 2]) };
    expect(() => run(layer, [counting(9)])).toThrow("outside");
  });
});

describe("element-wise operations", () => {
  it("saturate once, at the end", () => {
    expect(
      run(combine("add", 2), [
        [100, -100],
        [100, -100],
      ]),
    ).toEqual([127, -128]);
    expect(
      run(combine("add", 3), [
        [127, -128],
        [127, -128],
        [-128, 127],
      ]),
    ).toEqual([126, -128]);
    expect(
      run(combine("sub", 3), [
        [100, -100],
        [-100, 100],
        [100, -100],
      ]),
    ).toEqual([100, -100]);
  });

  it("work on two's complement", () => {
    expect(
      run(combine("xor", 2), [
        [-128, 64],
        [1, -1],
      ]),
    ).toEqual([-127, -65]);
    expect(
      run(combine("or", 2), [
        [-128, 64],
        [1, 3],
      ]),
    ).toEqual([-127, 67]);
  });

  it("take operands from the channels of one source", () => {
    const layer: IntegerLayer = { ...combine("sub", 2), sources: ["input"] };
    expect(run(layer, [[10, 20, 1, 2]], plain, { channels: 2, height: 1, width: 2 })).toEqual([9, 18]);
  });

  it("come before or after pooling", () => {
    const pool: LayerPool = { kind: "max", size: [1, 2], stride: [1, 2], dilation: [1, 1] };
    const first: IntegerLayer = { ...combine("add", 2), pool, pooled: { channels: 1, height: 1, width: 1 } };
    const layer: IntegerLayer = { ...first, output: first.pooled };
    const inputs = [
      [10, 0],
      [0, 20],
    ];
    expect(run(layer, inputs)).toEqual([30]);
    expect(run({ ...layer, eltwise: { operation: "add", operands: 2, poolFirst: false } }, inputs)).toEqual([20]);
  });
});

describe("executeLayers", () => {
  it("concatenates channels, or pixels when sizes differ", () => {
    const input = { shape: shape(2, 2, 2), data: counting(8) };
    const pool: LayerPool = { kind: "max", size: [2, 2], stride: [1, 1], dilation: [1, 1] };
    const pooled: IntegerLayer = {
      ...copy(["input"], input.shape),
      pool,
      pooled: shape(2, 1, 1),
      output: shape(2, 1, 1),
    };
    const layers = [pooled, copy(["input", "input"], shape(4, 2, 2)), copy(["input", 0], shape(2, 5, 1))];
    expect(executeLayers(layers, input, plain).map((result) => [...result])).toEqual([
      [4, 8],
      [...counting(8), ...counting(8)],
      [1, 2, 3, 4, 4, 5, 6, 7, 8, 8],
    ]);
  });

  it("puts rows behind one another where each tensor has the channels that are read", () => {
    const input = { shape: shape(2, 2, 2), data: counting(8) };
    const pile = copy(["input", 0], shape(2, 4, 2));
    const cropped = { ...copy(["input", 0], shape(2, 1, 2)), crop: [3, 0] } as const;
    const layers = [copy(["input"], input.shape), pile, cropped];
    expect(executeLayers(layers, input, plain).map((result) => [...result])).toEqual([
      [...counting(8)],
      [1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8],
      [3, 4, 7, 8],
    ]);
  });

  it("reads a rolling buffer as the inference before left it, zeros at first", () => {
    const newest = copy(["input"], shape(2, 1, 1));
    const mover = { ...copy([0, 1], shape(2, 2, 1)), crop: [1, 0], recalls: true } as const;
    const layers = [mover, newest, copy([0, 1], shape(2, 3, 1))];
    let previous: Int32Array[] | null = null;
    const buffers = [1, 2, 3, 4].map((value) => {
      previous = executeLayers(layers, { shape: shape(2, 1, 1), data: [value, -value] }, plain, previous);
      return [...(previous[2] as Int32Array)];
    });
    expect(buffers).toEqual([
      [0, 0, 1, 0, 0, -1],
      [0, 1, 2, 0, -1, -2],
      [1, 2, 3, -1, -2, -3],
      [2, 3, 4, -2, -3, -4],
    ]);
  });

  it("drops rows of each channel before it reads", () => {
    const input = { shape: shape(2, 4, 1), data: counting(8) };
    const layer = { ...copy(["input"], shape(2, 1, 2)), crop: [1, 1] } as const;
    expect(executeLayers([layer], input, plain).map((result) => [...result])).toEqual([[2, 3, 6, 7]]);
  });

  it("refuses what a correct network cannot contain", () => {
    const input = { shape: shape(1, 1, 1), data: [1] };
    expect(() => executeLayers([copy([1], input.shape), copy(["input"], input.shape)], input, plain)).toThrow("before");
    expect(() => executeLayers([copy(["input"], shape(1, 2, 1))], input, plain)).toThrow("values");
    expect(() => executeLayers([], { ...input, data: [1, 2] }, plain)).toThrow(`${sizeOf(input.shape)}`);
  });
});
