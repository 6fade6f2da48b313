import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Model, ModelNode } from "../../dsl/model.ts";
import { readsWeights } from "../passes/operators.ts";
import type { NetworkWeights } from "../passes/weights.ts";
import type { BatchNormSite } from "./batch-norm-weights.ts";
import { fileDiagnostic } from "./byte-reader.ts";

/** Names of the operators that have weights of their own, in the order of the model. */
export const weightedOperators = (model: Model): readonly string[] => model.nodes.filter(hasOwnWeights).map(nameOf);

/** The batch normalizations of a model, in its order. */
export const batchNormSites = (model: Model): readonly BatchNormSite[] =>
  model.nodes.filter(isBatchNorm).map((node) => {
    const source = model.nodes.find(({ id }) => id === node.inputs[0]);
    return { name: node.name, operator: source !== undefined && readsWeights(source) ? source.name : null };
  });

const hasOwnWeights = (node: ModelNode): boolean => readsWeights(node) && node.weightsOf === null;
const isBatchNorm = (node: ModelNode): boolean => node.kind === "batchNorm";
const nameOf = (node: ModelNode): string => node.name;

/**
 * Compares the names of a weights file with those of a model. Operators without weights: one AI4106 error; weights
 * for no operator: one AI4106 warning, as they change nothing. Statistics that are missing or left over are one
 * AI4115 error: a network without a normalization it was trained with computes something else.
 */
export function checkWeightNames(model: Model, weights: NetworkWeights, fileName: string): readonly Diagnostic[] {
  const used = usedNodes(model);
  const hint = "Names in the file are those of the model: give operators the names they had when they were trained.";
  const compare = (wanted: (node: ModelNode) => boolean, given: ReadonlyMap<string, unknown>) => {
    const all = new Set(model.nodes.filter(wanted).map(nameOf));
    const missing = used.filter(wanted).flatMap((node) => (given.has(node.name) ? [] : [node.name]));
    return { missing, extra: [...given.keys()].filter((name) => !all.has(name)) };
  };
  const operators = compare(hasOwnWeights, weights.operators);
  const strangers = `it has weights for ${list(operators.extra)}, which the model does not have`;
  if (operators.missing.length > 0) {
    const also = operators.extra.length === 0 ? "" : `; ${strangers}`;
    const message = `the file has no weights for ${list(operators.missing)}${also}`;
    return [fileDiagnostic("AI4106", fileName, message, hint)];
  }
  const norms = compare(isBatchNorm, weights.batchNorms);
  const problems = [
    ...(norms.missing.length === 0 ? [] : [`the file has no statistics for ${list(norms.missing)}`]),
    ...(norms.extra.length === 0 ? [] : [`it has statistics for ${list(norms.extra)}, which the model does not have`]),
  ];
  if (problems.length > 0) return [fileDiagnostic("AI4115", fileName, problems.join("; "), hint)];
  if (operators.extra.length === 0) return [];
  return [{ ...fileDiagnostic("AI4106", fileName, strangers, hint), severity: "warning" }];
}

/** Everything a result depends on: what is left out needs no weights. */
function usedNodes(model: Model): readonly ModelNode[] {
  const needed = new Set(model.outputs);
  for (const node of model.nodes.toReversed()) {
    if (needed.has(node.id)) for (const input of node.inputs) needed.add(input);
  }
  return model.nodes.filter(({ id }) => needed.has(id));
}

const listLimit = 5;

function list(names: readonly string[]): string {
  const shown = names.slice(0, listLimit).map((name) => `'${name}'`);
  const rest = names.length - shown.length;
  return `${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}
