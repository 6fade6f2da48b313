import type { Model, WeightedNode } from "../../dsl/model.ts";
import { frameworkShape } from "../import/layer-weights.ts";
import type { OperatorWeights } from "../import/weight-set.ts";
import type { Sample } from "./fold-input.ts";
import { readsWeights } from "./operators.ts";
import { RandomNumbers } from "./random.ts";
import { weightTarget } from "./quantize-weights.ts";
import type { BatchNormWeights, NetworkWeights } from "./weights.ts";

/**
 * Weights for trying a network before it is trained: the same for the same model and seed, sized so that the
 * activations neither vanish nor saturate. Not quantized; they take the same way as trained ones.
 */
export function randomWeights(model: Model, seed: number): NetworkWeights {
  const numbers = new RandomNumbers(seed);
  const operators = new Map<string, OperatorWeights>();
  const batchNorms = new Map<string, BatchNormWeights>();
  for (const node of model.nodes) {
    if (readsWeights(node) && node.weightsOf === null) operators.set(node.name, randomOperator(model, node, numbers));
    if (node.kind === "batchNorm") batchNorms.set(node.name, randomBatchNorm(node.shape.channels, numbers));
  }
  return { operators, batchNorms };
}

/** An input of the model's (folded) shape, every value equally likely. */
export function randomSample(model: Model, seed: number): Sample | null {
  const input = model.nodes.find((node) => node.kind === "input");
  if (input === undefined) return null;
  const numbers = new RandomNumbers(seed);
  const { channels, height, width } = input.shape;
  const data = Int8Array.from({ length: channels * height * width }, () => numbers.integer(-128, 127));
  return { shape: input.shape, data };
}

function randomOperator(model: Model, node: WeightedNode, numbers: RandomNumbers): OperatorWeights {
  const target = weightTarget(model, node);
  const shape = frameworkShape(target);
  const fanIn = target.inputs * target.kernel[0] * target.kernel[1];
  // Uniform weights of this width keep the variance of the data from layer to layer, ReLU included.
  const limit = Math.sqrt(6 / fanIn);
  const length = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length }, () => numbers.symmetric(limit));
  const bias = node.bias ? Float32Array.from({ length: target.outputs }, () => numbers.symmetric(limit / 4)) : null;
  return { weight: { shape, data }, bias, weightBits: null, outputShift: null, finalScale: null, quantized: false };
}

function randomBatchNorm(channels: number, numbers: RandomNumbers): BatchNormWeights {
  const fill = (center: number, spread: number) =>
    Float32Array.from({ length: channels }, () => center + numbers.symmetric(spread));
  return { scale: fill(1, 0.25), offset: fill(0, 0.1), mean: fill(0, 0.1), variance: fill(1, 0.5) };
}
