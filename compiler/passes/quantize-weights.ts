import { DATA_FRACTION_BITS, BIAS_SCALE } from "../../targets/accelerator/fixed-point.ts";
import type { Model, WeightedNode } from "../../dsl/model.ts";
import type { LayerWeights } from "../../runtime/reference/layer.ts";
import { allFinite, allIntegers } from "../import/element-type.ts";
import { toLayerBias, toLayerWeights, totalShift } from "../import/layer-weights.ts";
import type { WeightTarget } from "../import/layer-weights.ts";
import type { OperatorWeights } from "../import/weight-set.ts";
import type { PassContext, PassResult } from "./context.ts";
import { Findings } from "./context.ts";
import { nodeAt } from "./model-graph.ts";
import { isWeighted, readsWeights } from "./operators.ts";
import { quantizeBiasValues, quantizeWeightValues, scaleExponent } from "./quantize-float.ts";
import type { NetworkWeights, QuantizedSet, QuantizedWeights } from "./weights.ts";

/**
 * Integers for every operator with weights. Trained numbers are scaled by a power of two that the output shift
 * undoes; integers pass through. Everything is checked: shape, range, shift, and that no accumulator can overflow.
 */
export function quantizeWeights(context: PassContext, given: ModelWithWeights): PassResult<QuantizedSet> {
  const { model, weights } = given;
  const findings = new Findings();
  const quantized = new Map<string, QuantizedWeights>();
  // Sharing may point forward, so operators with own weights come first.
  const weighted = model.nodes.filter(readsWeights);
  for (const owner of ownersOf(weighted, given)) {
    const result = quantizeOperator(context, owner.model, owner.node, weights.operators.get(owner.node.name), findings);
    if (result !== null) quantized.set(owner.node.name, result);
  }
  for (const node of weighted.filter((candidate) => candidate.weightsOf !== null)) {
    const result = shareWeights(context, model, node, quantized, findings);
    if (result !== null) quantized.set(node.name, result);
  }
  return findings.result(quantized);
}

interface ModelWithWeights {
  readonly model: Model;
  readonly weights: NetworkWeights;
  /** The model with operators that were left out since: others may use their weights. Default: `model`. */
  readonly written?: Model;
}

/** Operators with weights of their own, and those left out whose weights are used. */
function ownersOf(
  weighted: readonly WeightedNode[],
  { model, written = model }: ModelWithWeights,
): readonly { readonly model: Model; readonly node: WeightedNode }[] {
  const own = weighted.filter(({ weightsOf }) => weightsOf === null);
  const leftOut = written.nodes.filter(
    (node): node is WeightedNode =>
      readsWeights(node) &&
      node.weightsOf === null &&
      weighted.some(({ weightsOf }) => weightsOf === node.name) &&
      !own.some(({ name }) => name === node.name),
  );
  return [...own.map((node) => ({ model, node })), ...leftOut.map((node) => ({ model: written, node }))];
}

/** What an operator expects of its weights. */
export function weightTarget(model: Model, node: WeightedNode): WeightTarget {
  const input = nodeAt(model, node.inputs[0]).shape;
  return {
    name: node.name,
    kind: node.kind,
    outputs: node.shape.channels,
    inputs: input.channels / node.groups,
    groups: node.groups,
    kernel: node.kernel,
    ...(node.source ? { location: node.source } : {}),
  };
}

function quantizeOperator(
  context: PassContext,
  model: Model,
  node: WeightedNode,
  given: OperatorWeights | undefined,
  findings: Findings,
): QuantizedWeights | null {
  if (given === undefined) {
    const hint = "Check the operator names, or explore the network with random weights.";
    findings.error("AI4502", node, `the weights file has no values for '${node.name}'`, hint);
    return null;
  }
  if (!allFinite(given.weight.data) || !allFinite(given.bias ?? [])) {
    findings.error("AI4503", node, `the weights of '${node.name}' are not all finite numbers`, "Train again.");
    return null;
  }
  const integers = given.quantized ? passThrough(node, given, findings) : scale(node, given);
  if (integers === null) return null;
  const target = weightTarget(model, node);
  const format = { bits: node.weightBits, binary: node.binary };
  const weights = toLayerWeights({ shape: given.weight.shape, data: integers.weights }, target, format);
  const bias = integers.bias === null ? { value: null, diagnostics: [] } : toLayerBias(integers.bias, target);
  findings.diagnostics.push(...weights.diagnostics, ...bias.diagnostics);
  if (weights.value === undefined || bias.value === undefined) return null;
  const finalScale = given.finalScale ?? 0;
  const result = { weights: weights.value, bias: bias.value, shift: integers.shift, finalScale };
  return checkNumbers(context, node, result, findings) ? result : null;
}

interface Integers {
  readonly weights: ArrayLike<number>;
  readonly bias: ArrayLike<number> | null;
  /** Total shift. */
  readonly shift: number;
}

function passThrough(node: WeightedNode, given: OperatorWeights, findings: Findings): Integers | null {
  if (!allIntegers(given.weight.data) || !allIntegers(given.bias ?? [])) {
    findings.error("AI4504", node, `the weights of '${node.name}' are called quantized but are no integers`);
    return null;
  }
  if (given.weightBits && given.weightBits !== node.weightBits) {
    const message = `'${node.name}' is declared with ${node.weightBits}-bit weights; the file quantized it to ${given.weightBits} bits`;
    findings.warning("AI4508", node, message, `Declare weightBits: ${given.weightBits}, or quantize again.`);
  }
  const outputShift = node.outputShift ?? given.outputShift ?? 0;
  return { weights: given.weight.data, bias: given.bias, shift: totalShift(outputShift, node.weightBits) };
}

function scale(node: WeightedNode, given: OperatorWeights): Integers {
  const { weightBits: bits, binary } = node;
  const bias = given.bias;
  // A shift that the user fixed decides the scale, so that the layer still computes what was trained.
  const exponent = node.outputShift === null ? scaleExponent(given.weight.data, bias, bits) : -node.outputShift;
  return {
    weights: quantizeWeightValues(given.weight.data, exponent, bits, binary),
    bias: bias === null ? null : quantizeBiasValues(bias, exponent, bits),
    shift: totalShift(0 - exponent, bits),
  };
}

function shareWeights(
  context: PassContext,
  model: Model,
  node: WeightedNode,
  quantized: ReadonlyMap<string, QuantizedWeights>,
  findings: Findings,
): QuantizedWeights | null {
  const shared = quantized.get(node.weightsOf ?? "");
  if (shared === undefined) {
    // An owner that exists but failed has its own message.
    if (model.nodes.some((other) => isWeighted(other) && other.name === node.weightsOf && other.weightsOf === null)) {
      return null;
    }
    const message = `'${node.name}' uses the weights of '${node.weightsOf}', which has none of its own`;
    findings.error("AI4505", node, message, "Name an operator that has weights of its own.");
    return null;
  }
  const target = weightTarget(model, node);
  const { weights } = shared;
  const taps = target.kernel[0] * target.kernel[1];
  if (weights.outputs !== target.outputs || weights.data.length !== target.outputs * target.inputs * taps) {
    const message = `'${node.name}' needs ${target.outputs} x ${target.inputs} x ${taps} weights; '${node.weightsOf}' has ${weights.outputs} x ${weights.data.length / weights.outputs}`;
    findings.error("AI4505", node, message, "Share weights between operators of the same shape only.");
    return null;
  }
  const shift = node.outputShift === null ? shared.shift : totalShift(node.outputShift, weights.bits);
  const result = { ...shared, shift };
  return checkNumbers(context, node, result, findings) ? result : null;
}

/** The shift fits its register, and no input can overflow the 32-bit accumulator. */
function checkNumbers(context: PassContext, node: WeightedNode, result: QuantizedWeights, findings: Findings): boolean {
  const { min, max } = context.device.limits.outputShift;
  if (result.shift < min || result.shift > max) {
    const implicit = totalShift(0, result.weights.bits);
    const message = `'${node.name}' has output shift ${result.shift - implicit}; with ${result.weights.bits}-bit weights ${min - implicit} to ${max - implicit} are possible`;
    findings.error("AI4506", node, message, "Change the output shift, or quantize the weights again.");
    return false;
  }
  const worst = largestAccumulator(result.weights, result.bias);
  if (worst >= 2 ** 31) {
    const message = `the accumulator of '${node.name}' can reach ${worst}; it holds less than ${2 ** 31}`;
    findings.error("AI4507", node, message, "Reduce the inputs of the operator, or its weights.");
    return false;
  }
  return true;
}

/** Bound of |accumulator| over all inputs: the worst output channel with every input at -128. */
export function largestAccumulator({ data, outputs }: LayerWeights, bias: Int8Array | null): number {
  const perOutput = data.length / outputs;
  const largestInput = 2 ** DATA_FRACTION_BITS;
  let worst = 0;
  for (let output = 0; output < outputs; output++) {
    let sum = 0;
    for (let i = output * perOutput; i < (output + 1) * perOutput; i++) sum += Math.abs(data[i] as number);
    worst = Math.max(worst, sum * largestInput + Math.abs(bias?.[output] ?? 0) * BIAS_SCALE);
  }
  return worst;
}
