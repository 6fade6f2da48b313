import { describe, expect, it } from "vitest";
import { readCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import type { TensorContents } from "./torch-writer.ts";
import { writeCheckpoint } from "./torch-writer.ts";
import type { OperatorWeights, WeightSet } from "./weight-set.ts";
import { weightSetFromCheckpoint, weightSetFromSafetensors, weightSetToSafetensors } from "./weight-set.ts";

const tensors = new Map<string, TensorContents>([
  ["a.op.weight", { shape: [1, 2], dtype: "float32", data: [5, -6] }],
  ["a.op.bias", { shape: [1], dtype: "float32", data: [256] }],
  ["a.output_shift", { shape: [1], dtype: "float32", data: [-3] }],
  ["b.op.weight", { shape: [1, 1], dtype: "float32", data: [7] }],
]);

const checkpoint = readCheckpoint(writeCheckpoint({ arch: "n", epoch: 0, tensors }), "n").checkpoint as Checkpoint;

const plain = { bias: null, weightBits: null, outputShift: null, finalScale: null, quantized: true };

const roundTrip = (weights: WeightSet) => {
  const { tensors: outputs, metadata } = weightSetToSafetensors(weights);
  const { file } = readSafetensors(writeSafetensors(outputs, metadata), "w.safetensors");
  return file ? weightSetFromSafetensors(file, "w.safetensors") : null;
};

const complaints = (operators: string[]) =>
  weightSetFromCheckpoint(checkpoint, operators).diagnostics.map(({ code, severity }) => `${severity} ${code}`);

describe("weights of a checkpoint", () => {
  it("go to operators by order", () => {
    const { weights, diagnostics } = weightSetFromCheckpoint(checkpoint, ["first", "second"]);
    expect(diagnostics).toEqual([]);
    expect([...weights]).toEqual([
      [
        "first",
        {
          ...plain,
          weight: { shape: [1, 2], data: Float64Array.of(5, -6) },
          bias: Float64Array.of(2),
          outputShift: -3,
        },
      ],
      ["second", { ...plain, weight: { shape: [1, 1], data: Float64Array.of(7) } }],
    ]);
  });

  it("must be enough; those left over are only noticed", () => {
    expect(complaints(["a", "b", "c"])).toEqual(["error AI4106"]);
    expect(complaints(["a"])).toEqual(["warning AI4106"]);
  });
});

describe("weights files", () => {
  it("give back quantized and trained weights", () => {
    const quantized: OperatorWeights = {
      weight: { shape: [1, 2, 1, 1], data: Float64Array.of(-128, 127) },
      bias: Float64Array.of(-3),
      weightBits: 4,
      outputShift: -15,
      finalScale: 2,
      quantized: true,
    };
    const trained: OperatorWeights = {
      ...plain,
      weight: { shape: [1, 1], data: Float64Array.of(0.5) },
      quantized: false,
    };
    const weights: WeightSet = new Map([
      ["conv.1", quantized],
      ["fc", trained],
    ]);
    expect(roundTrip(weights)).toEqual({ weights, batchNorms: new Map(), diagnostics: [] });
  });

  it.each([
    ["stray.bias", { "x.bias": [1] }, {}, "'x.bias'"],
    ["other names", { "x.gamma": [1] }, {}, "'x.gamma'"],
    ["settings that are no integers", { "x.weight": [1] }, { "x.weight_bits": "eight" }, "'eight'"],
  ])("complain about %s", (_, entries, texts, message) => {
    const outputs = Object.entries(entries).map(
      ([name, data]) => [name, { shape: [1], dtype: "int8" as const, data }] as const,
    );
    const { file } = readSafetensors(writeSafetensors(new Map(outputs), new Map(Object.entries(texts))), "w");
    const { diagnostics } = weightSetFromSafetensors(file as NonNullable<typeof file>, "w");
    expect(diagnostics).toMatchObject([{ code: "AI6104", message: expect.stringContaining(message) as string }]);
  });

  it("complain about numbers of two kinds and about infinities", () => {
    const outputs = new Map([
      ["x.weight", { shape: [1], dtype: "float32" as const, data: [Infinity] }],
      ["x.bias", { shape: [1], dtype: "int8" as const, data: [1] }],
    ]);
    const { file } = readSafetensors(writeSafetensors(outputs), "w");
    const { diagnostics } = weightSetFromSafetensors(file as NonNullable<typeof file>, "w");
    expect(diagnostics.map(({ message }) => message)).toEqual([
      expect.stringContaining("both be integers"),
      expect.stringContaining("finite"),
    ]);
  });
});
