import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Pair, Shape } from "../../dsl/model.ts";
import { executeLayers } from "../../runtime/reference/execute.ts";
import type { IntegerLayer, LayerPool } from "../../runtime/reference/layer.ts";
import { sizeOf } from "../../runtime/reference/tensor.ts";
import { goldenCases, goldenRoot, inputFile, loadCase } from "../../test/golden/load.ts";
import { readCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { decideFormat, toLayerBias, toLayerWeights, totalShift } from "./layer-weights.ts";
import type { OperatorWeights } from "./weight-set.ts";
import { weightSetFromCheckpoint } from "./weight-set.ts";
import { readNpyRecords } from "./npy.ts";

/** Files of a trained network, through import and execution, against the scores the reference tools recorded. */

const operators = ["conv1", "conv2", "conv3", "conv4", "fc"];
const pools: readonly (LayerPool["kind"] | null)[] = [null, "max", "max", "average", null];
const paddings = [1, 2, 1, 1, 0];

/** The MNIST example: four 3x3 convolutions with pooling between them, and a linear layer. */
function mnistLayer(index: number, before: Shape, operator: OperatorWeights): IntegerLayer {
  const kind = pools[index] ?? null;
  const pool: LayerPool | null = kind && { kind, size: [2, 2], stride: [2, 2], dilation: [1, 1] };
  const half = (size: number) => (pool ? Math.floor(size / 2) : size);
  const pooled = { channels: before.channels, height: half(before.height), width: half(before.width) };
  const isLinear = index === 4;
  const kernel: Pair = isLinear ? [1, 1] : [3, 3];
  const padding = paddings[index] ?? 0;
  const outputs = operator.weight.shape[0] ?? 0;
  const grow = (size: number) => (isLinear ? 1 : size + 2 * padding - 2);
  const inputs = isLinear ? sizeOf(pooled) : pooled.channels;
  const name = operators[index] ?? "";
  const target = { name, kind: isLinear ? "linear" : "conv2d", outputs, inputs, groups: 1, kernel } as const;
  const format = decideFormat(operator.weight.data, null, operator.weightBits, false, target).value ?? null;
  if (format === null) throw new Error(`${name} has no format`);
  const weights = toLayerWeights(operator.weight, target, format).value ?? null;
  const bias = operator.bias ? (toLayerBias(operator.bias, target).value ?? null) : null;
  return {
    name,
    sources: [index === 0 ? "input" : index - 1],
    crop: [0, 0],
    input: before,
    eltwise: null,
    pool,
    pooled,
    flatten: isLinear,
    convolution: {
      kind: target.kind,
      kernel,
      padding: [padding, padding],
      dilation: 1,
      stride: 1,
      outputPadding: 0,
      groups: 1,
      weights,
      bypass: false,
      bias,
      shift: totalShift(operator.outputShift ?? 0, format.bits),
    },
    activation: isLinear ? null : "relu",
    outputBits: isLinear ? 32 : 8,
    output: { channels: outputs, height: grow(pooled.height), width: grow(pooled.width) },
  };
}

describe.skipIf(goldenRoot === null)(
  goldenRoot ? "a trained network" : "a trained network (skipped: no shared data)",
  () => {
    it.each(["MAX78000", "MAX78002"] as const)("gives the recorded scores of %s", (device) => {
      const path = goldenCases("networks", device).find((file) => file.endsWith("/mnist.json.gz")) ?? "";
      const recorded = loadCase(path);
      const file = inputFile(recorded.inputs["checkpoint"] ?? "");
      const { weights } = weightSetFromCheckpoint(
        readCheckpoint(readFileSync(file), file).checkpoint as Checkpoint,
        operators,
      );
      const sample = readNpyRecords(readFileSync(inputFile(recorded.inputs["sample"] ?? "")), "sample").records?.[0];
      const input = { shape: { channels: 1, height: 28, width: 28 }, data: sample?.data ?? [] };
      const layers: IntegerLayer[] = [];
      for (const [i, name] of operators.entries()) {
        layers.push(mnistLayer(i, layers[i - 1]?.output ?? input.shape, weights.get(name) as OperatorWeights));
      }
      const scores = executeLayers(layers, input, { averagePoolRounding: false }).at(-1) ?? [];
      expect(Array.from(scores, (score) => (score >>> 0).toString(16).padStart(8, "0"))).toEqual(recorded.unload);
    });
  },
);
