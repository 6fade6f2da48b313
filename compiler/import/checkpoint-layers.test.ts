import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { goldenRoot, inputFile } from "../../test/golden/load.ts";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { checkpointLayers } from "./checkpoint-layers.ts";
import { readCheckpoint } from "./checkpoint.ts";

const tensor = (shape: readonly number[], data: readonly number[]): CheckpointTensor => ({
  shape,
  dtype: "float32",
  data: Float64Array.from(data),
});

const checkpointOf = (tensors: Readonly<Record<string, CheckpointTensor>>): Checkpoint => ({
  fileName: "net.pth.tar",
  arch: "net",
  epoch: 1,
  tensors: new Map(Object.entries(tensors)),
  extras: new Map(),
});

describe("checkpointLayers", () => {
  it("collects what belongs to each weight, rounding biases down", () => {
    const checkpoint = checkpointOf({
      "conv1.output_shift": tensor([1], [-1.9]),
      "conv1.weight_bits": tensor([1], [4]),
      "conv1.op.weight": tensor([1, 2], [7, -8]),
      "conv1.op.bias": tensor([2], [17, -17]),
      "conv1.final_scale": tensor([], [3]),
      "fc.weight": tensor([1, 2], [100, -128]),
      "fc.bias": tensor([2], [255.5, -0.5]),
      weight: tensor([1, 1], [1]),
    });
    expect(checkpointLayers(checkpoint)).toEqual({
      layers: [
        {
          key: "conv1.op.weight",
          weights: Float64Array.of(7, -8),
          shape: [1, 2],
          weightBits: 4,
          bias: Float64Array.of(2, -3),
          outputShift: -1,
          finalScale: 3,
          quantized: true,
        },
        {
          key: "fc.weight",
          weights: Float64Array.of(100, -128),
          shape: [1, 2],
          weightBits: null,
          bias: Float64Array.of(1, -1),
          outputShift: null,
          finalScale: null,
          quantized: true,
        },
      ],
      diagnostics: [],
    });
  });

  it("takes 0 bits for 8 when it scales the bias", () => {
    const checkpoint = checkpointOf({
      "module.conv.weight_bits": tensor([1], [0]),
      "module.conv.op.weight": tensor([1, 1], [3]),
      "module.conv.op.bias": tensor([1], [256]),
    });
    expect(checkpointLayers(checkpoint).layers[0]).toMatchObject({ weightBits: 0, bias: Float64Array.of(2) });
  });

  it("leaves a trained model that is not quantized as it is", () => {
    const { layers, diagnostics } = checkpointLayers(
      checkpointOf({
        "a.op.weight": tensor([1, 2], [0.25, -1]),
        "a.op.bias": tensor([1], [0.75]),
        "b.op.weight": tensor([1, 1], [0]),
      }),
    );
    expect(diagnostics).toEqual([]);
    expect(layers.map(({ quantized, weights, bias }) => [quantized, [...weights], bias && [...bias]])).toEqual([
      [false, [0.25, -1], [0.75]],
      [false, [0], null],
    ]);
  });

  it("cuts off fractions in a file that is quantized elsewhere, with a warning", () => {
    const { layers, diagnostics } = checkpointLayers(
      checkpointOf({ "a.op.weight": tensor([1, 2], [5, -3]), "b.op.weight": tensor([1, 2], [1.75, -0.5]) }),
    );
    expect(layers[1]).toMatchObject({ weights: Float64Array.of(1, 0), quantized: true });
    expect(diagnostics).toMatchObject([{ code: "AI4112", severity: "warning" }]);
  });

  it("refuses batch normalization unless told to ignore it", () => {
    const checkpoint = checkpointOf({
      "a.op.weight": tensor([1, 1], [5]),
      "a.bn.weight": tensor([1], [1]),
      "p.x.weight": tensor([1], [1]),
    });
    const codes = (ignoreBatchNorm: boolean) =>
      checkpointLayers(checkpoint, { ignoreBatchNorm }).diagnostics.map(({ code, message }) => `${code} ${message}`);
    expect(codes(false)).toEqual([
      expect.stringContaining("AI4105 net.pth.tar: 'a.bn.weight'"),
      expect.stringContaining("p.x"),
    ]);
    expect(codes(true)).toEqual([expect.stringContaining("p.x")]);
  });

  it("refuses weights that are no numbers", () => {
    const { diagnostics } = checkpointLayers(checkpointOf({ "a.op.weight": tensor([1, 1], [Number.NaN]) }));
    expect(diagnostics).toMatchObject([{ code: "AI4109", message: expect.stringContaining("NaN") as string }]);
  });
});

const fits = (value: number) => Number.isInteger(value) && value >= -128 && value <= 127;

describe.skipIf(goldenRoot === null)(
  goldenRoot ? "shipped checkpoints" : "shipped checkpoints (skipped: no shared data)",
  () => {
    it("are read without complaint, with weights and biases of 8 bits", () => {
      let files = 0;
      for (const folder of ["trained", "tests"]) {
        const path = dirname(inputFile(`${folder}/any`));
        for (const name of readdirSync(path).filter((file) => file.endsWith(".pth.tar"))) {
          const { checkpoint, diagnostics } = readCheckpoint(readFileSync(join(path, name)), name);
          expect(diagnostics).toEqual([]);
          const result = checkpointLayers(checkpoint as Checkpoint);
          expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
          const values = result.layers.flatMap(({ weights, bias }) => [weights, bias ?? new Float64Array(0)]);
          expect([name, values.every((data) => data.every(fits))]).toEqual([name, true]);
          files++;
        }
      }
      expect(files).toBeGreaterThanOrEqual(27);
    });

    it("have the known numbers", () => {
      const path = inputFile("trained/ai85-mnist-qat8-q.pth.tar");
      const { layers } = checkpointLayers(readCheckpoint(readFileSync(path), path).checkpoint as Checkpoint);
      expect(layers.map((layer) => layer.outputShift)).toEqual([-1, -2, -2, -1, 0]);
      expect([...(layers[4]?.bias ?? [])].slice(0, 4)).toEqual([22, 28, -28, -35]);
    });
  },
);
