import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { buildModel } from "../../dsl/define-model.ts";
import type { Model } from "../../dsl/model.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import type { OperatorWeights } from "../import/weight-set.ts";
import { applyBatchNorm, foldBatchNorm, pytorchConvention } from "./fold-batch-norm.ts";
import { foldInput, foldSample } from "./fold-input.ts";
import { identityConvolution } from "./identity-convolution.ts";
import { quantizeBiasValues, quantizeWeightValues, scaleExponent } from "./quantize-float.ts";
import { largestAccumulator, quantizeWeights } from "./quantize-weights.ts";
import { RandomNumbers } from "./random.ts";
import { randomSample, randomWeights } from "./random-weights.ts";
import type { BatchNormWeights } from "./weights.ts";
import { requantize } from "../../targets/accelerator/fixed-point.ts";

const context = { device: devices.MAX78000, options: { averagePoolRounding: false, fifo: "none" } } as const;

function define(build: (x: TensorHandle) => TensorHandle, shape: readonly number[] = [2, 3, 3]): Model {
  return buildModel({ name: "net", device: "MAX78000", input: { shape, format: "HWC" } }, build as never, define);
}

const operator = (fields: Partial<OperatorWeights> & Pick<OperatorWeights, "weight">): OperatorWeights => ({
  bias: null,
  weightBits: null,
  outputShift: null,
  finalScale: null,
  quantized: false,
  ...fields,
});

describe("scales", () => {
  // The reference tool's results for layers of trained networks, each given by its largest weight.
  it.each([
    [1.0039, 8, -1, 0.34657481, 22],
    [0.9058, 8, 0, -0.12370406, -16],
    [3.489, 8, -2, -0.12790145, -4],
    [5.8213, 8, -3, -1.95725513, -31],
    [1.0039, 4, -1, 0.34657481, 1],
  ] as const)(
    "of a layer up to %d with %i bits are 2^%i: %d becomes %i",
    (largest, bits, exponent, weight, integer) => {
      expect(scaleExponent([largest, weight], null, bits)).toBe(exponent);
      expect([...quantizeWeightValues([weight], exponent, bits, false)]).toEqual([integer]);
    },
  );

  it("include the bias, which has the precision of the weights", () => {
    expect(scaleExponent([0.3], [1.0039], 8)).toBe(-1);
    expect([...quantizeBiasValues([0.17922461], -1, 8)]).toEqual([11]);
    expect([...quantizeBiasValues([0.17922461, 9, -9], -1, 4)]).toEqual([1, 7, -8]);
  });

  it("stay in the range the shift can undo, also for zeros", () => {
    expect(scaleExponent([0], null, 8)).toBe(15);
    expect(scaleExponent([1e-9], null, 8)).toBe(15);
    expect(scaleExponent([1e9], null, 8)).toBe(-15);
    expect(scaleExponent([1e9], null, 2)).toBe(-9);
  });

  it("may let a share of the weights saturate", () => {
    const weights = [0.1, 0.2, 0.3, 0.4, 100];
    expect(scaleExponent(weights, null, 8, 0.75)).toBe(1);
    expect(scaleExponent(weights, null, 8)).toBe(-7);
    // Position 3.5 of 0 to 4: halfway between 0.4 and 100.
    expect(scaleExponent(weights, null, 8, 0.875)).toBe(-6);
  });

  it("never saturate more than the largest weight of an exact power of two", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: 1 }), (weights) => {
        const exponent = scaleExponent(weights, null, 8);
        const integers = quantizeWeightValues(weights, exponent, 8, false);
        for (const [i, weight] of weights.entries()) {
          const exact = weight * 2 ** (7 + exponent);
          expect(Math.abs((integers[i] ?? 0) - exact)).toBeLessThanOrEqual(exact > 127 ? 1 : 0.5001);
        }
      }),
    );
  });
});

describe("quantizing", () => {
  const model = (options: object) => define((x) => x.conv2d(2, { kernel: 1, ...options }));
  const run = (
    given: OperatorWeights,
    options: object = {},
    device = context.device as (typeof devices)["MAX78000" | "MAX78002"],
  ) =>
    quantizeWeights(
      { ...context, device },
      { model: model(options), weights: { operators: new Map([["conv2d_1", given]]), batchNorms: new Map() } },
    );
  const weight = (data: readonly number[]) => ({ shape: [2, 2, 1, 1], data });
  const codes = (given: OperatorWeights, options: object = {}) =>
    run(given, options).diagnostics.map(({ code }) => code);

  it("scales trained weights and undoes the scale by the shift", () => {
    const { output } = run(operator({ weight: weight([0.9, -0.5, 0.25, 0]), bias: [0.5, -0.5] }));
    const result = output?.get("conv2d_1");
    expect([...(result?.weights.data ?? [])]).toEqual([115, -64, 32, 0]);
    expect([...(result?.bias ?? [])]).toEqual([64, -64]);
    expect(result?.shift).toBe(0);
  });

  it("adds the implicit shift of narrow weights", () => {
    expect(
      run(operator({ weight: weight([0.9, -0.5, 0.25, 0]) }), { weightBits: 4 }).output?.get("conv2d_1")?.shift,
    ).toBe(4);
    const quantized = operator({ weight: weight([1, -2, 0, 1]), outputShift: -3, quantized: true });
    expect(run(quantized, { weightBits: 2 }).output?.get("conv2d_1")?.shift).toBe(3);
    expect(run(quantized, { weightBits: 2, outputShift: 1 }).output?.get("conv2d_1")?.shift).toBe(7);
  });

  it("scales to the shift that the model fixes", () => {
    const result = run(operator({ weight: weight([0.25, 0, 0, 0]) }), { outputShift: 2 }).output?.get("conv2d_1");
    expect([result?.weights.data[0], result?.shift]).toEqual([8, 2]);
  });

  it("takes the sign for +1/-1 weights", () => {
    const { output } = run(
      operator({ weight: weight([0.3, -0.2, 0, 5]) }),
      { weightBits: 1, binary: true },
      devices.MAX78002,
    );
    expect([...(output?.get("conv2d_1")?.weights.data ?? [])]).toEqual([1, -1, 1, 1]);
  });

  it("tells what is wrong with weights", () => {
    const good = { weight: weight([1, 2, 3, 4]), quantized: true };
    expect(codes(operator(good))).toEqual([]);
    expect(codes(operator({ ...good, weight: weight([Number.NaN, 0, 0, 1]) }))).toEqual(["AI4503"]);
    expect(codes(operator({ ...good, weight: weight([0.5, 0, 0, 1]) }))).toEqual(["AI4504"]);
    expect(codes(operator({ ...good, weight: { shape: [2, 3, 1, 1], data: [1, 2, 3, 4, 5, 6] } }))).toEqual(["AI4101"]);
    expect(codes(operator(good), { weightBits: 2 })).toEqual(["AI4102"]);
    expect(codes(operator({ ...good, bias: [200, 0] }))).toEqual(["AI4103"]);
    expect(codes(operator({ ...good, bias: [1, 2, 3] }))).toEqual(["AI4104"]);
    expect(codes(operator({ ...good, outputShift: 16 }))).toEqual(["AI4506"]);
    expect(codes(operator({ ...good, weightBits: 4 }))).toEqual(["AI4508"]);
    const missing = quantizeWeights(context, {
      model: model({}),
      weights: { operators: new Map(), batchNorms: new Map() },
    });
    expect(missing.diagnostics.map(({ code }) => code)).toEqual(["AI4502"]);
  });

  it("shares weights between operators of the same shape", () => {
    const shared = (channels: number) =>
      define((x) => x.conv2d(2, { kernel: 1, name: "own" }).conv2d(channels, { kernel: 1, weightsOf: "own" }));
    const weights = {
      operators: new Map([["own", operator({ weight: weight([1, 2, 3, 4]), quantized: true })]]),
      batchNorms: new Map(),
    };
    const both = quantizeWeights(context, { model: shared(2), weights }).output;
    expect(both?.get("conv2d_1")?.weights).toBe(both?.get("own")?.weights);
    expect(quantizeWeights(context, { model: shared(3), weights }).diagnostics[0]?.code).toBe("AI4505");
  });

  it("bounds the accumulator by the worst input", () => {
    const weights = { outputs: 2, inputs: 2, data: Int8Array.from([127, -128, 1, 1]), bits: 8, binary: false } as const;
    expect(largestAccumulator(weights, Int8Array.from([-3, 127]))).toBe(128 * 255 + 128 * 3);
  });
});

describe("identity convolutions", () => {
  it("return every 8-bit value unchanged", () => {
    const { weights, shift } = identityConvolution(1);
    for (let value = -128; value <= 127; value++)
      expect(requantize(value * (weights?.data[0] ?? 0), shift)).toBe(value);
  });

  it("copy channels to their places", () => {
    expect([...(identityConvolution(2, 4, 1).weights?.data ?? [])]).toEqual([0, 0, 1, 0, 0, 1, 0, 0]);
  });
});

describe("batch normalization", () => {
  const norm: BatchNormWeights = { scale: [2, 0.5], offset: [0.25, -1], mean: [0.5, -0.25], variance: [4, 0.25] };

  it("becomes weights and bias of the convolution in front of it", () => {
    const numbers = new RandomNumbers(3);
    const random = (length: number) => Float32Array.from({ length }, () => numbers.symmetric(1));
    const given = operator({ weight: { shape: [2, 3, 1, 1], data: random(6) }, bias: random(2) });
    for (const factor of [1, 0.25]) {
      const convention = { epsilon: 1e-5, factor };
      const folded = applyBatchNorm(given, norm, 2, null, convention);
      const input = random(3);
      const convolve = ({ weight, bias }: OperatorWeights, output: number) =>
        input.reduce((sum, x, i) => sum + x * (weight.data[output * 3 + i] ?? 0), bias?.[output] ?? 0);
      for (const output of [0, 1]) {
        const [mean, variance] = [norm.mean[output] ?? 0, norm.variance[output] ?? 0];
        const normalized = (convolve(given, output) - mean) / Math.sqrt(variance + convention.epsilon);
        const expected = factor * (normalized * (norm.scale?.[output] ?? 1) + (norm.offset?.[output] ?? 0));
        expect(convolve(folded, output)).toBeCloseTo(expected, 5);
      }
    }
  });

  it("scales the second axis of transposed convolutions, group by group", () => {
    const ones = (shape: number[]) =>
      operator({ weight: { shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1) } });
    const plain: BatchNormWeights = { scale: [1, 10], offset: null, mean: [0, 0], variance: [1, 1] };
    const exact = { epsilon: 0, factor: 1 };
    expect(Array.from(applyBatchNorm(ones([2, 2, 1, 1]), plain, 2, 1, exact).weight.data)).toEqual([1, 10, 1, 10]);
    expect(Array.from(applyBatchNorm(ones([2, 1, 1, 2]), plain, 2, 2, exact).weight.data)).toEqual([1, 1, 10, 10]);
  });

  const fold = (build: (x: TensorHandle) => TensorHandle, quantized = false) => {
    const model = define(build);
    const weight = { shape: [2, 2, 1, 1], data: [1, 0, 0, 1] };
    const operators = new Map(model.nodes.map((node) => [node.name, operator({ weight, quantized })]));
    return foldBatchNorm(
      context,
      { model, weights: { operators, batchNorms: new Map([["batchNorm_1", norm]]) } },
      pytorchConvention,
    );
  };

  it("leaves the model", () => {
    const { output } = fold((x) => x.conv2d(2, { kernel: 1, bias: false }).batchNorm().relu());
    expect(output?.model.nodes.map((node) => node.kind)).toEqual(["input", "conv2d", "relu"]);
    expect(output?.model.nodes[1]).toMatchObject({ bias: true });
    expect(output?.weights.operators.get("conv2d_1")?.bias?.length).toBe(2);
  });

  it("adds to the variance what the model says", () => {
    const gains = (options: object) =>
      Array.from(
        fold((x) => x.conv2d(2, { kernel: 1 }).batchNorm(options)).output?.weights.operators.get("conv2d_1")?.weight
          .data ?? [],
      );
    const variance = norm.variance[0] as number;
    const [plain, larger] = [gains({}), gains({ epsilon: 3 * variance + 4e-5 })] as [number[], number[]];
    // Four times the variance under the root.
    expect((plain[0] as number) / (larger[0] as number)).toBeCloseTo(2, 5);
    expect(gains({ epsilon: 1e-5 })).toEqual(plain);
  });

  it.each([
    ["without convolution", (x: TensorHandle) => x.maxPool2d(2).batchNorm()],
    ["behind an activation", (x: TensorHandle) => x.conv2d(2, { kernel: 1, activation: "relu" }).batchNorm()],
    [
      "of a shared result",
      (x: TensorHandle) => {
        const y = x.conv2d(2, { kernel: 1 });
        y.relu();
        return y.batchNorm();
      },
    ],
  ])("cannot be folded %s", (_, build) => {
    expect(fold(build).diagnostics.map(({ code }) => code)).toEqual(["AI4501"]);
  });

  it("cannot be folded into integers", () => {
    expect(fold((x) => x.conv2d(2, { kernel: 1 }).batchNorm(), true).diagnostics[0]?.code).toBe("AI4501");
  });
});

describe("data folding", () => {
  const sample = { shape: { channels: 2, height: 2, width: 4 }, data: Int8Array.from({ length: 16 }, (_, i) => i) };

  it("turns the pixels of a block into channels", () => {
    const folded = foldSample(sample, 2);
    expect(folded.shape).toEqual({ channels: 8, height: 1, width: 2 });
    // Even pixels of even rows of channel 0, of channel 1, then odd pixels, then odd rows.
    expect([...folded.data]).toEqual([0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15]);
  });

  it("accepts a sample in either shape and no other", () => {
    const model = define((x) => x.fold(2).conv2d(2, { kernel: 1 }), [2, 2, 4]);
    const folded = foldSample(sample, 2);
    expect(foldInput(context, { model, sample }).output?.sample).toEqual(folded);
    expect(foldInput(context, { model, sample: folded }).output?.sample).toEqual(folded);
    const wrong = { ...sample, shape: { channels: 1, height: 4, width: 4 } };
    expect(foldInput(context, { model, sample: wrong }).diagnostics[0]?.code).toBe("AI4510");
  });
});

describe("random weights and samples", () => {
  const model = define((x) => x.conv2d(4, { kernel: 3, padding: 1 }).batchNorm().relu().flatten().linear(3), [2, 4, 4]);

  it("depend on the seed only", () => {
    expect(randomWeights(model, 5)).toEqual(randomWeights(model, 5));
    expect(randomWeights(model, 5)).not.toEqual(randomWeights(model, 6));
    expect(randomSample(model, 5)).toEqual(randomSample(model, 5));
  });

  it("cover every operator and all 8-bit values", () => {
    const { operators, batchNorms } = randomWeights(model, 1);
    expect([...operators.keys()]).toEqual(["conv2d_1", "linear_1"]);
    expect([...batchNorms.keys()]).toEqual(["batchNorm_1"]);
    const numbers = new RandomNumbers(1);
    const seen = new Set(Array.from({ length: 20_000 }, () => numbers.integer(-128, 127)));
    expect([seen.size, Math.min(...seen), Math.max(...seen)]).toEqual([256, -128, 127]);
  });
});
