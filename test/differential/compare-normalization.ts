import type { Model, SimpleNode } from "../../dsl/model.ts";
import { compile, type CompileRequest } from "../../compiler/compile.ts";
import type { Network } from "../../compiler/ir/network.ts";
import type { BatchNormWeights } from "../../compiler/passes/weights.ts";

/** What PyTorch adds to the variance when a model says nothing. */
const usualEpsilon = 1e-5;

/**
 * Layers that compute something else than where the epsilon of every normalization is part of its variance, in single
 * precision, and nothing is added to it.
 */
export function compareNormalization(request: CompileRequest, network: Network): string[] {
  const norms = request.model.nodes.filter((node): node is SimpleNode => node.kind === "batchNorm");
  if (norms.length === 0) return [];
  const batchNorms = new Map(request.weights.batchNorms);
  for (const { name, epsilon = usualEpsilon } of norms) {
    const given = batchNorms.get(name) as BatchNormWeights;
    const variance = Array.from(given.variance, (value) => Math.fround(Math.fround(value) + epsilon));
    batchNorms.set(name, { ...given, variance, convention: { epsilon: 0, factor: 1 } });
  }
  const nodes = request.model.nodes.map((node) =>
    norms.some(({ id }) => id === node.id) ? withoutEpsilon(node as SimpleNode) : node,
  );
  const model: Model = { ...request.model, nodes };
  const added = compile({ ...request, model, weights: { ...request.weights, batchNorms }, stopAfter: "network" });
  return network.layers.flatMap(({ name, convolution }, index) => {
    const other = added.network?.layers[index]?.convolution ?? null;
    const same = ([convolution, other] as const).map((one) => [
      one?.weights?.data.join(),
      one?.bias?.join(),
      one?.shift,
    ]);
    return String(same[0]) === String(same[1]) ? [] : [`${name} is normalized with another epsilon`];
  });
}

function withoutEpsilon(node: SimpleNode): SimpleNode {
  const { epsilon: _, ...rest } = node;
  return rest;
}
