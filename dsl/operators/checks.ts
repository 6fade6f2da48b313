import type { ModelNode, NodeKind, SimpleNode } from "../model.ts";
import { channelsRules, cropRules, reshapeRules, splitRules } from "../rules/arrange.ts";
import { rollingBufferRules } from "../rules/rolling-buffer.ts";
import { operandRules, partRules, rowPartRules } from "../rules/combine.ts";
import { brokenRules, type Violation } from "../rules/evaluate.ts";
import type { Facts, RuleTable } from "../rules/rule.ts";
import { activationRules, batchNormRules, flattenRules } from "../rules/unary.ts";
import { channelsFacts, cropFacts, reshapeFacts, splitFacts } from "./arrange.ts";
import { combinedName, type CombiningKind, operandFacts } from "./combine.ts";
import type { FactContext } from "./context.ts";
import { conv1dFacts, conv1dRules } from "./conv1d.ts";
import { conv2dFacts, conv2dRules } from "./conv2d.ts";
import { convTranspose2dFacts, convTranspose2dRules } from "./conv-transpose2d.ts";
import { linearFacts, linearRules } from "./linear.ts";
import { pool1dRules, pool2dRules, poolFacts } from "./pool.ts";
import { rollingBufferFacts } from "./rolling-buffer.ts";
import { unaryFacts } from "./simple.ts";

type NodeOf<K extends NodeKind> = Extract<ModelNode, { readonly kind: K }>;

/** How nodes of one kind are judged. */
export interface NodeCheck<K extends NodeKind> {
  /** What users call the operator. */
  readonly operator: string;
  /** Argument that problems with the tensor it reads are reported on; null: it takes tensors as they are. */
  readonly readAs: string | null;
  readonly violations: (node: NodeOf<K>, context: FactContext) => Violation[];
}

function judged<K extends NodeKind>(
  operator: K,
  readAs: string,
  rules: RuleTable,
  facts: (node: NodeOf<K>, context: FactContext) => Facts,
): NodeCheck<K> {
  return {
    operator,
    readAs,
    violations: (node, context) => brokenRules(rules, facts(node, context), context.device),
  };
}

function unary<K extends NodeKind & SimpleNode["kind"]>(operator: K, rules: RuleTable): NodeCheck<K> {
  return {
    operator,
    readAs: "tensor",
    violations: (_, context) => brokenRules(rules, unaryFacts(operator, context), context.device),
  };
}

/** Rules for every operand; a problem is reported on the operand it is about. */
function combined<K extends CombiningKind>(kind: K, rules: RuleTable[string]): NodeCheck<K> {
  return {
    operator: combinedName[kind],
    readAs: "operand",
    violations: (_, context) =>
      context.inputs.flatMap((__, index) =>
        brokenRules({ [`operand ${index + 1}`]: rules }, operandFacts(kind, index, context), context.device),
      ),
  };
}

export const nodeChecks: { readonly [K in NodeKind]: NodeCheck<K> } = {
  input: { operator: "input", readAs: null, violations: () => [] },
  conv2d: judged("conv2d", "channels", conv2dRules, conv2dFacts),
  conv1d: judged("conv1d", "channels", conv1dRules, conv1dFacts),
  convTranspose2d: judged("convTranspose2d", "channels", convTranspose2dRules, convTranspose2dFacts),
  linear: judged("linear", "features", linearRules, linearFacts),
  maxPool2d: judged("maxPool2d", "size", pool2dRules, poolFacts),
  avgPool2d: judged("avgPool2d", "size", pool2dRules, poolFacts),
  maxPool1d: judged("maxPool1d", "size", pool1dRules, poolFacts),
  avgPool1d: judged("avgPool1d", "size", pool1dRules, poolFacts),
  relu: unary("relu", activationRules),
  abs: unary("abs", activationRules),
  batchNorm: unary("batchNorm", batchNormRules),
  flatten: unary("flatten", flattenRules),
  passthrough: unary("passthrough", {}),
  dropout: { operator: "dropout", readAs: null, violations: () => [] },
  add: combined("add", operandRules),
  sub: combined("sub", operandRules),
  xor: combined("xor", operandRules),
  or: combined("or", operandRules),
  concat: combined("concat", partRules),
  concatRows: combined("concatRows", rowPartRules),
  reshape: judged("reshape", "height", reshapeRules, reshapeFacts),
  crop: judged("crop", "start", cropRules, cropFacts),
  channels: judged("channels", "first", channelsRules, channelsFacts),
  split: judged("split", "parts", splitRules, splitFacts),
  rollingBuffer: judged("rollingBuffer", "length", rollingBufferRules, rollingBufferFacts),
};
