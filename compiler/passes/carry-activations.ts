import type { Model, ModelNode, SimpleNode, WeightedNode } from "../../dsl/model.ts";
import type { PassContext, PassResult } from "./context.ts";
import { Findings } from "./context.ts";
import { identityBits, identityShift, identityWeights } from "./identity-convolution.ts";
import { consumersOf, freshName, nodeAt, onlyConsumer, rewriteModel } from "./model-graph.ts";
import { isActivation, isView, isWeighted } from "./operators.ts";
import type { QuantizedSet, QuantizedWeights } from "./weights.ts";

interface ModelWithIntegers {
  readonly model: Model;
  readonly weights: QuantizedSet;
}

/**
 * Gives every activation operator a convolution of its own to ride on, because the hardware activates only behind
 * one: it moves in front of max pooling and reshaping where that changes nothing, disappears behind another
 * activation, and else gets a 1x1 identity convolution (AI2550 says so).
 */
export function carryActivations(_context: PassContext, input: ModelWithIntegers): PassResult<ModelWithIntegers> {
  const findings = new Findings();
  let model = dropRepeated(input.model);
  for (let next = hoistOne(model); next !== null; next = hoistOne(model)) model = next;
  model = dropRepeated(model);
  return insertIdentities({ model, weights: input.weights }, findings);
}

/** relu and abs leave the result of either unchanged. */
function dropRepeated(model: Model): Model {
  return rewriteModel(model, (node, emit, nodes) => {
    if (!isActivation(node)) return emit(node);
    const source = nodeAt({ nodes }, node.inputs[0]);
    return isActivation(source) || (isWeighted(source) && source.activation !== null) ? source.id : emit(node);
  });
}

/** Exchanges one activation with the operator in front of it, or finds none to exchange. */
function hoistOne(model: Model): Model | null {
  const consumers = consumersOf(model);
  for (const node of model.nodes) {
    if (!isActivation(node)) continue;
    const source = nodeAt(model, node.inputs[0]);
    const [below, ...more] = source.inputs;
    if (below === undefined || more.length > 0 || !commutes(source, node)) continue;
    if (onlyConsumer(model, consumers, source.id) === null || !leadsToConvolution(model, consumers, below, node))
      continue;
    return exchange(model, source, node);
  }
  return null;
}

const commutes = (source: ModelNode, activation: SimpleNode): boolean =>
  (isView(source) && source.kind !== "concat" && source.kind !== "concatRows") ||
  // The largest value of a window is also the largest after a function that never decreases.
  (activation.kind === "relu" && (source.kind === "maxPool2d" || source.kind === "maxPool1d"));

/** Moving is worth it only if a convolution that can activate is at the end of the way. */
function leadsToConvolution(
  model: Model,
  consumers: readonly (readonly ModelNode[])[],
  start: number,
  activation: SimpleNode,
): boolean {
  let node = nodeAt(model, start);
  while (onlyConsumer(model, consumers, node.id) !== null) {
    if (isWeighted(node)) return !node.wide;
    const [below, ...more] = node.inputs;
    if (below === undefined || more.length > 0 || !commutes(node, activation)) return false;
    node = nodeAt(model, below);
  }
  return false;
}

function exchange(model: Model, source: ModelNode, activation: SimpleNode): Model {
  return rewriteModel(model, (node, emit, nodes) => {
    if (node.id === source.id) {
      const below = nodeAt({ nodes }, node.inputs[0]);
      return emit({ ...activation, inputs: [below.id], shape: below.shape });
    }
    return node.id === activation.id ? emit({ ...source, inputs: node.inputs }) : emit(node);
  });
}

function insertIdentities({ model, weights }: ModelWithIntegers, findings: Findings): PassResult<ModelWithIntegers> {
  const consumers = consumersOf(model);
  const added = new Map<string, QuantizedWeights>(weights);
  const names = new Set(model.nodes.map((node) => node.name));
  const output = rewriteModel(model, (node, emit, nodes) => {
    if (!isActivation(node)) return emit(node);
    const original = nodeAt(model, nodeAt(model, node.id).inputs[0]);
    if (isWeighted(original) && original.wide) return refuseWide(node, original, findings, emit);
    if (isWeighted(original) && onlyConsumer(model, consumers, original.id) !== null) return emit(node);
    const name = freshName(`${node.name}_carrier`, (wanted) => names.has(wanted));
    names.add(name);
    const carrier = identityNode(name, node, nodeAt({ nodes }, node.inputs[0]));
    added.set(name, {
      weights: identityWeights(node.shape.channels),
      bias: null,
      shift: identityShift,
      finalScale: 0,
    });
    const message = `'${node.name}' does not follow a convolution; a 1x1 identity convolution (${node.shape.channels} channels) carries it`;
    const hint = `To save weights, activate the convolution in front of '${original.name}' where that is meant.`;
    findings.notice("AI2550", node, message, hint);
    return emit({ ...node, inputs: [emit(carrier)] });
  });
  return findings.result({ model: output, weights: added });
}

function refuseWide(
  node: SimpleNode,
  source: ModelNode,
  findings: Findings,
  emit: (node: ModelNode) => number,
): number {
  const message = `'${node.name}' activates the 32-bit result of '${source.name}'; only 8-bit results can be activated`;
  findings.error("AI1505", node, message, "Drop `wide`, or drop the activation.");
  return emit(node);
}

function identityNode(name: string, activation: SimpleNode, input: ModelNode): WeightedNode {
  return {
    id: -1,
    name,
    kind: "conv2d",
    inputs: [input.id],
    shape: input.shape,
    ...(activation.source ? { source: activation.source } : {}),
    ...(activation.pins ? { pins: activation.pins } : {}),
    kernel: [1, 1],
    padding: [0, 0],
    dilation: 1,
    groups: 1,
    bias: false,
    weightBits: identityBits,
    binary: false,
    activation: null,
    wide: false,
    outputShift: null,
    weightsOf: null,
    streaming: false,
  };
}
