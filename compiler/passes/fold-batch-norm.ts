import type { Model, SimpleNode, WeightedNode } from "../../dsl/model.ts";
import type { OperatorWeights } from "../import/weight-set.ts";
import type { PassContext, PassResult } from "./context.ts";
import { Findings } from "./context.ts";
import { consumersOf, nodeAt, onlyConsumer, rewriteModel } from "./model-graph.ts";
import { isWeighted, readsWeights } from "./operators.ts";
import type { BatchNormConvention, BatchNormWeights, NetworkWeights } from "./weights.ts";
import { pytorchConvention } from "./weights.ts";

export { pytorchConvention };

interface ModelWithWeights {
  readonly model: Model;
  readonly weights: NetworkWeights;
}

/**
 * Multiplies every batch normalization into the convolution in front of it and removes it from the model:
 * w' = w scale / std, b' = (b - mean) scale / std + offset. A normalization without such a convolution is AI4501.
 * `convention` holds for statistics that bring none of their own; an epsilon in the model wins.
 */
export function foldBatchNorm(
  _context: PassContext,
  { model, weights }: ModelWithWeights,
  convention: BatchNormConvention = pytorchConvention,
): PassResult<ModelWithWeights> {
  const findings = new Findings();
  const operators = new Map(weights.operators);
  const withBias = new Set<number>();
  for (const node of model.nodes) {
    if (node.kind !== "batchNorm") continue;
    const convolution = foldTarget(model, node, findings);
    if (convolution === null) continue;
    const folded = foldValues(convolution, node, weights, convention, findings);
    if (folded === null) continue;
    operators.set(convolution.name, folded);
    withBias.add(convolution.id);
  }
  const output = rewriteModel(model, (node, emit) => {
    if (node.kind === "batchNorm") return node.inputs[0] ?? emit(node);
    return isWeighted(node) && withBias.has(node.id) ? emit({ ...node, bias: true }) : emit(node);
  });
  return findings.result({ model: output, weights: { operators, batchNorms: new Map() } });
}

function foldTarget(model: Model, node: SimpleNode, findings: Findings): WeightedNode | null {
  const source = nodeAt(model, node.inputs[0]);
  const fail = (why: string) => {
    const hint = "Put the normalization directly behind a convolution that nothing else reads, before its activation.";
    findings.error("AI4501", node, `batch normalization '${node.name}' cannot be folded: ${why}`, hint);
    return null;
  };
  if (!readsWeights(source)) return fail(`'${source.name}' in front of it has no weights`);
  if (source.activation !== null) return fail(`'${source.name}' activates its result (${source.activation}) first`);
  if (onlyConsumer(model, consumersOf(model), source.id) === null) {
    return fail(`the result of '${source.name}' is also used elsewhere`);
  }
  const shares = model.nodes.some(
    (other) => isWeighted(other) && (other.weightsOf === source.name || (other === source && other.weightsOf !== null)),
  );
  return shares ? fail(`the weights of '${source.name}' are shared with another operator`) : source;
}

function foldValues(
  node: WeightedNode,
  norm: SimpleNode,
  weights: NetworkWeights,
  convention: BatchNormConvention,
  findings: Findings,
): OperatorWeights | null {
  const operator = weights.operators.get(node.name);
  const statistics = weights.batchNorms.get(norm.name);
  if (operator === undefined || statistics === undefined) {
    const missing = operator === undefined ? node.name : norm.name;
    findings.error("AI4502", norm, `the weights file has no values for '${missing}'`, "Check the operator names.");
    return null;
  }
  if (operator.quantized) {
    const message = `batch normalization '${norm.name}' cannot be folded into the integer weights of '${node.name}'`;
    findings.error("AI4501", norm, message, "Fold before quantizing, or give the weights as trained.");
    return null;
  }
  const channels = node.shape.channels;
  const lengths = [statistics.mean, statistics.variance, statistics.scale, statistics.offset].flatMap((values) =>
    values ? [values.length] : [],
  );
  if (lengths.some((length) => length !== channels)) {
    const message = `batch normalization '${norm.name}' has ${lengths.join(", ")} values for ${channels} channels`;
    findings.error("AI4502", norm, message, "Check that the file belongs to this network.");
    return null;
  }
  const known = statistics.convention ?? convention;
  return applyBatchNorm(
    operator,
    statistics,
    channels,
    node.kind === "convTranspose2d" ? node.groups : null,
    norm.epsilon === undefined ? known : { ...known, epsilon: norm.epsilon },
  );
}

/** `transposedGroups`: groups of a transposed convolution, which stores [inputs][outputs / groups]; else null. */
export function applyBatchNorm(
  operator: OperatorWeights,
  norm: BatchNormWeights,
  channels: number,
  transposedGroups: number | null,
  convention: BatchNormConvention,
): OperatorWeights {
  const f32 = Math.fround;
  const gain = new Float32Array(channels);
  const bias = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const deviation = f32(Math.sqrt(f32(f32(at(norm.variance, channel, 1)) + convention.epsilon)));
    const scale = f32(convention.factor * at(norm.scale, channel, 1));
    gain[channel] = f32(scale / deviation);
    const centered = f32(f32(at(operator.bias, channel, 0)) - f32(at(norm.mean, channel, 0)));
    const offset = f32(convention.factor * at(norm.offset, channel, 0));
    bias[channel] = f32(f32(f32(centered / deviation) * scale) + offset);
  }
  const { shape, data } = operator.weight;
  const channelOf = outputChannelOf(shape, data.length, channels, transposedGroups);
  const scaled = Float32Array.from(data, (weight, index) => f32(weight) * (gain[channelOf(index)] as number));
  return { ...operator, weight: { shape, data: scaled }, bias };
}

const at = (values: ArrayLike<number> | null, channel: number, otherwise: number): number =>
  values?.[channel] ?? otherwise;

/** Output channel a stored weight belongs to. */
function outputChannelOf(
  shape: readonly number[],
  length: number,
  channels: number,
  transposedGroups: number | null,
): (index: number) => number {
  if (transposedGroups === null) {
    const perOutput = length / channels;
    return (index) => Math.floor(index / perOutput);
  }
  const [inputs = 1, outputsPerGroup = 1] = shape;
  const taps = length / (inputs * outputsPerGroup);
  const inputsPerGroup = inputs / transposedGroups;
  return (index) => {
    const input = Math.floor(index / (outputsPerGroup * taps));
    const group = Math.floor(input / inputsPerGroup);
    return group * outputsPerGroup + (Math.floor(index / taps) % outputsPerGroup);
  };
}
