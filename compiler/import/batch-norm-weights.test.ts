import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { defineModel } from "../../dsl/index.ts";
import type { Model } from "../../dsl/model.ts";
import { foldBatchNorm } from "../passes/fold-batch-norm.ts";
import { RandomNumbers } from "../passes/random.ts";
import type { BatchNormWeights, NetworkWeights } from "../passes/weights.ts";
import { pytorchConvention } from "../passes/weights.ts";
import { checkpointConvention } from "./batch-norm-weights.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import type { TensorContents } from "./torch-writer.ts";
import { writeCheckpoint } from "./torch-writer.ts";
import type { OperatorWeights, StoredWeights } from "./weight-set.ts";
import { weightSetFromCheckpoint, weightSetFromSafetensors, weightSetToSafetensors } from "./weight-set.ts";
import { batchNormSites, checkWeightNames, weightedOperators } from "./weights-for-model.ts";

const size = 4;
const channels = [2, 3, 2] as const;

/** Two normalized 3x3 convolutions. */
const model: Model = defineModel(
  { name: "normal", device: "MAX78000", input: { shape: [2, size, size], format: "HWC" } },
  (x) => x.conv2d(3, { kernel: 3, padding: 1 }).batchNorm().relu().conv2d(2, { kernel: 3, padding: 1 }).batchNorm(),
);

/** Numbers of a trained network in PyTorch's names; `affine`: scale and offset were learned. */
function trained(names: readonly (readonly [conv: string, norm: string])[], affine: boolean) {
  const numbers = new RandomNumbers(11);
  const fill = (length: number, center: number) => Array.from({ length }, () => center + numbers.symmetric(0.4));
  const tensors = new Map<string, TensorContents>();
  const put = (name: string, shape: readonly number[], center: number) => {
    const length = shape.reduce((product, side) => product * side, 1);
    tensors.set(name, { shape, dtype: "float32", data: Float32Array.from(fill(length, center)) });
  };
  for (const [index, [conv, norm]] of names.entries()) {
    const [inputs, outputs] = [channels[index]!, channels[index + 1]!];
    put(`${conv}.weight`, [outputs, inputs, 3, 3], 0);
    put(`${conv}.bias`, [outputs], 0);
    if (affine) put(`${norm}.weight`, [outputs], 1);
    if (affine) put(`${norm}.bias`, [outputs], 0.2);
    put(`${norm}.running_mean`, [outputs], 0.1);
    put(`${norm}.running_var`, [outputs], 0.7);
    tensors.set(`${norm}.num_batches_tracked`, { shape: [], dtype: "int64", data: [900] });
  }
  return tensors;
}

const vendorNames = [
  ["a.op", "a.bn"],
  ["b.op", "b.bn"],
] as const;
const scalar = (value: number): TensorContents => ({ shape: [1], dtype: "float32", data: [value] });
const olderKeys = [["a.output_shift", scalar(0)] as const, ["a.shift_quantile", scalar(1)] as const];
const newerKeys = [...olderKeys, ["a.activation_threshold", scalar(0)] as const];

const checkpointOf = (tensors: ReadonlyMap<string, TensorContents>) =>
  readCheckpoint(writeCheckpoint({ arch: "n", epoch: 9, tensors }), "n.pth.tar").checkpoint as Checkpoint;

const fromCheckpoint = (tensors: ReadonlyMap<string, TensorContents>, of: Model = model) =>
  weightSetFromCheckpoint(checkpointOf(tensors), weightedOperators(of), batchNormSites(of));

function fromSafetensors(tensors: ReadonlyMap<string, TensorContents>, metadata?: ReadonlyMap<string, string>) {
  const floats = [...tensors].flatMap(([name, { shape, data, dtype }]) =>
    dtype === "float32" ? [[name, { shape, data, dtype }] as const] : [],
  );
  const { file } = readSafetensors(writeSafetensors(new Map(floats), metadata), "w.safetensors");
  return weightSetFromSafetensors(file!, "w.safetensors");
}

const ownNames = [
  ["conv2d_1", "batchNorm_1"],
  ["conv2d_2", "batchNorm_2"],
] as const;

/** A 3x3 convolution with padding 1 in double precision. */
function convolve(input: readonly number[], weight: ArrayLike<number>, bias: ArrayLike<number>, outputs: number) {
  const inputs = input.length / size ** 2;
  return Array.from({ length: outputs * size * size }, (_, at) => {
    const [output, row, column] = [Math.floor(at / size ** 2), Math.floor(at / size) % size, at % size];
    let sum = bias[output]!;
    for (let tap = 0; tap < inputs * 9; tap++) {
      const [y, x] = [row + (Math.floor(tap / 3) % 3) - 1, column + (tap % 3) - 1];
      if (y < 0 || x < 0 || y >= size || x >= size) continue;
      sum += input[Math.floor(tap / 9) * size ** 2 + y * size + x]! * weight[output * inputs * 9 + tap]!;
    }
    return sum;
  });
}

/** The network as PyTorch evaluates it: convolve, normalize, multiply by `factor`, activate. */
function evaluate(input: readonly number[], tensors: ReadonlyMap<string, TensorContents>, factor: number): number[] {
  let data = [...input];
  for (const [index, [conv, norm]] of vendorNames.entries()) {
    const value = (name: string, channel: number, otherwise: number) => tensors.get(name)?.data[channel] ?? otherwise;
    const outputs = channels[index + 1]!;
    const weight = tensors.get(`${conv}.weight`)!.data;
    data = convolve(data, weight, tensors.get(`${conv}.bias`)!.data, outputs).map((x, at) => {
      const channel = Math.floor(at / size ** 2);
      const deviation = Math.sqrt(value(`${norm}.running_var`, channel, NaN) + 1e-5);
      const normalized = (x - value(`${norm}.running_mean`, channel, NaN)) / deviation;
      const y = factor * (normalized * value(`${norm}.weight`, channel, 1) + value(`${norm}.bias`, channel, 0));
      return index === 0 ? Math.max(0, y) : y;
    });
  }
  return data;
}

/** The same network after folding: two plain convolutions. */
function evaluateFolded(input: readonly number[], stored: StoredWeights): number[] {
  const weights: NetworkWeights = { operators: stored.weights, batchNorms: stored.batchNorms };
  const context = { device: devices.MAX78000, options: { averagePoolRounding: false, fifo: "none" } } as const;
  const { output, diagnostics } = foldBatchNorm(context, { model, weights });
  expect(diagnostics).toEqual([]);
  expect(output!.model.nodes.map(({ kind }) => kind)).toEqual(["input", "conv2d", "relu", "conv2d"]);
  const [first, second] = ["conv2d_1", "conv2d_2"].map((name) => output!.weights.operators.get(name)!) as [
    OperatorWeights,
    OperatorWeights,
  ];
  const hidden = convolve(input, first.weight.data, first.bias!, channels[1]).map((x) => Math.max(0, x));
  return convolve(hidden, second.weight.data, second.bias!, channels[2]);
}

const random = new RandomNumbers(5);
const input = Array.from({ length: channels[0] * size * size }, () => random.symmetric(1));

function expectSame(stored: StoredWeights, expected: readonly number[]) {
  expect(stored.diagnostics).toEqual([]);
  const folded = evaluateFolded(input, stored);
  expect(folded.length).toBe(expected.length);
  // Folded weights have single precision.
  for (const [at, value] of folded.entries()) expect(value).toBeCloseTo(expected[at]!, 5);
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.1);
}

describe("trained batch normalization", () => {
  describe.each([true, false])("with scale and offset: %s", (affine) => {
    const tensors = trained(vendorNames, affine);

    it("folds to what PyTorch computes, from a weights file", () => {
      expectSame(fromSafetensors(trained(ownNames, affine)), evaluate(input, tensors, 1));
    });

    it("folds to a quarter of it with the vendor's older checkpoints", () => {
      expectSame(fromCheckpoint(new Map([...olderKeys, ...tensors])), evaluate(input, tensors, 0.25));
    });

    it("folds to what PyTorch computes with newer ones and with plain checkpoints", () => {
      expectSame(fromCheckpoint(new Map([...newerKeys, ...tensors])), evaluate(input, tensors, 1));
      expectSame(fromCheckpoint(tensors), evaluate(input, tensors, 1));
    });
  });

  it("has the convention of the scripts that wrote the checkpoint", () => {
    const conventions = [olderKeys, newerKeys, []].map((keys) => checkpointConvention(checkpointOf(new Map(keys))));
    expect(conventions.map(({ factor }) => factor)).toEqual([0.25, 1, 1]);
    expect(conventions.map(({ epsilon }) => epsilon)).toEqual([1e-5, 1e-5, 1e-5]);
  });

  it("is found under names of plain PyTorch", () => {
    const names = [
      ["features.0", "features.1"],
      ["features.3", "features.4"],
    ] as const;
    expectSame(fromCheckpoint(trained(names, true)), evaluate(input, trained(vendorNames, true), 1));
  });

  it("survives a weights file, convention included", () => {
    const norm: BatchNormWeights = {
      scale: null,
      offset: Float64Array.of(0.5, -1),
      mean: Float64Array.of(1, 2),
      variance: Float64Array.of(0.25, 4),
      convention: { epsilon: 0.001, factor: 0.25 },
    };
    const plain = { ...norm, scale: Float64Array.of(1, 3), convention: pytorchConvention };
    const batchNorms = new Map([
      ["n", norm],
      ["block.n", plain],
    ]);
    const { tensors, metadata } = weightSetToSafetensors(new Map(), batchNorms);
    const { file } = readSafetensors(writeSafetensors(tensors, metadata), "w");
    expect(weightSetFromSafetensors(file!, "w")).toEqual({ weights: new Map(), batchNorms, diagnostics: [] });
  });
});

const only = (keep: (name: string) => boolean, tensors: ReadonlyMap<string, TensorContents>) =>
  new Map([...tensors].filter(([name]) => keep(name)));

const summary = (diagnostics: StoredWeights["diagnostics"]) =>
  diagnostics.map(({ severity, code, message }) => `${severity} ${code} ${message}`);

describe("statistics that do not fit a checkpoint's network", () => {
  const tensors = trained(vendorNames, true);
  const bare = defineModel(
    { name: "bare", device: "MAX78000", input: { shape: [2, size, size], format: "HWC" } },
    (x) => x.conv2d(3, { kernel: 3, padding: 1, activation: "relu" }).conv2d(2, { kernel: 3, padding: 1 }),
  );
  const second = defineModel(
    { name: "second", device: "MAX78000", input: { shape: [2, size, size], format: "HWC" } },
    (x) => x.conv2d(3, { kernel: 3, padding: 1, activation: "relu" }).conv2d(2, { kernel: 3, padding: 1 }).batchNorm(),
  );
  const integers = new Map(
    [...tensors].map(([name, tensor]) => [
      name,
      name.endsWith("op.weight") ? { ...tensor, data: Array.from(tensor.data, (_, at) => (at % 7) - 3) } : tensor,
    ]),
  );

  it.each([
    ["are missing", only((name) => !name.startsWith("b.bn"), tensors), model, "has 2 batch normalizations"],
    ["are all missing", only((name) => !name.includes(".bn."), tensors), model, "statistics for 0"],
    ["are left over", tensors, bare, "has 0 batch normalizations, the checkpoint has statistics for 2"],
    ["without learned scale are left over", trained(vendorNames, false), bare, "statistics for 2"],
    ["belong to another operator", only((name) => !name.startsWith("b.bn"), tensors), second, "follows 'conv2d_2'"],
    ["come with integers", integers, model, "already integers"],
  ] as const)("%s", (_, given, network, message) => {
    expect(summary(fromCheckpoint(given, network).diagnostics)).toEqual([
      expect.stringMatching(new RegExp(`^error AI4115 n.pth.tar: .*${message}`)),
    ]);
  });

  it.each([
    ["incomplete", { "b.bn.running_var": null }, "only one of"],
    ["of two lengths", { "b.bn.bias": { shape: [1], dtype: "float32", data: [0] } }, "shapes [2], [2], [2], [1]"],
    ["negative", { "b.bn.running_var": { shape: [2], dtype: "float32", data: [1, -1] } }, "negative variance"],
    ["no numbers", { "b.bn.running_mean": { shape: [2], dtype: "float32", data: [NaN, 1] } }, "no numbers"],
  ] as const)("are %s", (_, change, message) => {
    const changed = Object.entries(change) as [string, TensorContents | null][];
    const kept = only((name) => !Object.hasOwn(change, name), tensors);
    const given = new Map([
      ...kept,
      ...changed.filter((entry): entry is [string, TensorContents] => entry[1] !== null),
    ]);
    const { diagnostics } = fromCheckpoint(given);
    expect(diagnostics).toMatchObject([
      { severity: "error", code: "AI4116", message: expect.stringContaining(message) as string },
    ]);
  });
});

describe("names in a weights file", () => {
  const tensors = trained(ownNames, true);
  const check = (given: ReadonlyMap<string, TensorContents>) => {
    const { weights, batchNorms, diagnostics } = fromSafetensors(given);
    expect(diagnostics).toEqual([]);
    return summary(checkWeightNames(model, { operators: weights, batchNorms }, "w"));
  };

  it("must be those of the model", () => {
    expect(check(tensors)).toEqual([]);
    expect(check(trained([ownNames[0], ["conv", "batchNorm_2"]], true))).toEqual([
      "error AI4106 w: the file has no weights for 'conv2d_2'; it has weights for 'conv', which the model does not have",
    ]);
    expect(check(trained([ownNames[0], ["conv2d_2", "bn"]], true))).toEqual([
      "error AI4115 w: the file has no statistics for 'batchNorm_2'; it has statistics for 'bn', which the model does not have",
    ]);
    expect(check(only((name) => !name.startsWith("batchNorm_2.r"), tensors))).toEqual([
      "error AI4115 w: the file has no statistics for 'batchNorm_2'",
    ]);
  });

  it("may be more than the model has", () => {
    const more = new Map([...tensors, ["old.weight", tensors.get("conv2d_1.weight")!] as const]);
    expect(check(more)).toEqual(["warning AI4106 w: it has weights for 'old', which the model does not have"]);
  });

  it("are not those of a normalization with other parts or settings", () => {
    const part = new Map([...tensors, ["batchNorm_1.gamma", scalar(1)] as const]);
    expect(summary(fromSafetensors(part).diagnostics)).toEqual([expect.stringContaining("'batchNorm_1.gamma'")]);
    const settings = new Map([["batchNorm_1.epsilon", "small"]]);
    expect(summary(fromSafetensors(tensors, settings).diagnostics)).toEqual([expect.stringContaining("'small'")]);
  });
});
