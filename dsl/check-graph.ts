import type { Diagnostic } from "./diagnostic.ts";
import type { EltwiseNode, Model, ModelNode, Shape } from "./model.ts";
import { combinedName } from "./operators/combine.ts";

/** Faults that make a graph unusable; none can come from the builder. */
export const checkStructure = (model: Model): Diagnostic[] => [
  ...checkNodes(model),
  ...checkNames(model),
  ...checkOutputIds(model),
];

/** Problems that have nothing to do with devices: errors, and warnings about likely slips. */
export const checkUse = (model: Model): Diagnostic[] => [
  ...checkSharedWeights(model),
  ...checkParts(model),
  ...model.nodes.flatMap((node) => likelySlips(model, node)),
];

function checkNodes(model: Model): Diagnostic[] {
  return model.nodes.flatMap((node, index) => {
    const wrong = nodeFault(node, index);
    return wrong === undefined ? [] : [problem("AI1022", "error", `${node.name || `node ${index}`} ${wrong}`, node)];
  });
}

/** What is wrong with a node that no use of the builder can produce. */
function nodeFault(node: ModelNode, index: number): string | undefined {
  if (node.id !== index) return `has id ${node.id} at position ${index}`;
  if (!node.inputs.every((id) => Number.isInteger(id) && id >= 0 && id < index))
    return "reads a node that is not earlier";
  const count = inputCount(node);
  if (node.inputs.length < count.min || node.inputs.length > count.max) return `reads ${node.inputs.length} tensors`;
  return undefined;
}

function inputCount(node: ModelNode): { readonly min: number; readonly max: number } {
  if (node.kind === "input") return { min: 0, max: 0 };
  const combines = ["add", "sub", "xor", "or", "concat", "concatRows"].includes(node.kind);
  return combines ? { min: 1, max: Number.POSITIVE_INFINITY } : { min: 1, max: 1 };
}

function checkNames(model: Model): Diagnostic[] {
  const seen = new Set<string>();
  return model.nodes.flatMap((node) => {
    if (seen.has(node.name)) return [problem("AI1004", "error", `two operators are named "${node.name}"`, node)];
    seen.add(node.name);
    return [];
  });
}

function checkOutputIds(model: Model): Diagnostic[] {
  const unknown = model.outputs.filter((id) => model.nodes[id] === undefined);
  return unknown.map((id) => problem("AI1022", "error", `output ${id} is not a node of the model`));
}

/** `weightsOf` names an earlier operator with weights of the same shape. */
function checkSharedWeights(model: Model): Diagnostic[] {
  return model.nodes.flatMap((node) => {
    if (!("weightsOf" in node) || node.weightsOf === null) return [];
    const owner = model.nodes.slice(0, node.id).find((other) => other.name === node.weightsOf);
    if (owner === undefined || !("weightsOf" in owner) || owner.bypass === true) {
      const message = `weightsOf "${node.weightsOf}" names no earlier operator with weights`;
      return [problem("AI1021", "error", message, node, "name the operator that owns the weights, and use it first")];
    }
    const mine = weightShape(model, node);
    const theirs = weightShape(model, owner);
    if (mine === theirs) return [];
    const message = `weights of "${node.weightsOf}" are ${theirs}, these are ${mine}`;
    return [problem("AI1021", "error", message, node, "share weights between operators of equal shape")];
  });
}

/** An element-wise operator reads all parts of one split, in order, or none. */
function checkParts(model: Model): Diagnostic[] {
  return model.nodes.flatMap((node) => {
    const inputs = node.inputs.map((id) => model.nodes[id] as ModelNode);
    const first = inputs.find((input) => input.kind === "split");
    if (first === undefined || !isEltwise(node) || readsWholeSplit(inputs)) return [];
    const name = (model.nodes[first.inputs[0] as number] as ModelNode).name;
    const seen = inputs.map((input) => (input.kind === "split" ? `part ${input.part + 1}` : input.name)).join(", ");
    const message = `${node.name} combines ${seen}; it needs the ${first.parts} parts of ${name}, all of them in order`;
    const hint = `write ${combinedName[node.kind]}(...tensor.split(${first.parts})), or use tensors that were not split`;
    return [problem("AI1036", "error", message, node, hint)];
  });
}

const isEltwise = (node: ModelNode): node is EltwiseNode => ["add", "sub", "xor", "or"].includes(node.kind);

/** The operands are all the parts of one tensor, in order. */
export function readsWholeSplit(operands: readonly ModelNode[]): boolean {
  const [first] = operands;
  return (
    first?.kind === "split" &&
    first.parts === operands.length &&
    operands.every(
      (operand, part) => operand.kind === "split" && operand.part === part && operand.inputs[0] === first.inputs[0],
    )
  );
}

type Weighted = Extract<ModelNode, { readonly weightsOf: string | null }>;

function weightShape(model: Model, node: Weighted): string {
  const input = inputShape(model, node);
  const perKernel = node.groups === 1 ? input.channels : 1;
  return [node.shape.channels, perKernel, ...node.kernel].join("x");
}

const inputShape = (model: Model, node: ModelNode): Shape => (model.nodes[node.inputs[0] as number] as ModelNode).shape;

function likelySlips(model: Model, node: ModelNode): Diagnostic[] {
  const warn = (code: string, message: string, hint: string) => problem(code, "warning", message, node, hint);
  const found: Diagnostic[] = [];
  const unloaded = model.unload?.some((item) => "tensor" in item && item.tensor === node.name) === true;
  const read =
    unloaded || model.nodes.some((other) => other.inputs.includes(node.id)) || model.outputs.includes(node.id);
  if (!read && node.kind !== "input") {
    found.push(warn("AI1024", `nothing uses the result of ${node.name}`, "return it, or remove the operator"));
  }
  const [input] = node.inputs.map((id) => model.nodes[id] as ModelNode);
  if (input === undefined) return found;
  const { height, width } = input.shape;
  if (node.kind === "linear" && height * width > 1) {
    const message = `${node.name} works on each of ${height}x${width} pixels, as a 1x1 convolution`;
    found.push(warn("AI1026", message, "put flatten() before to join all pixels"));
  }
  const twoDimensional = node.kind === "conv2d" || node.kind === "convTranspose2d";
  if (twoDimensional && isOneDimensional(model, input)) {
    const message = `${node.name} is a 2-D convolution on 1-D data of ${height}x${width}`;
    found.push(warn("AI1028", message, "use conv1d, or reshape to rows x columns"));
  }
  if (["batchNorm", "dropout", "relu", "abs"].includes(node.kind)) return found;
  const wide = node.inputs.map((id) => model.nodes[id] as ModelNode).find((other) => "wide" in other && other.wide);
  if (wide !== undefined) {
    const message = `${node.name} reads the 32-bit result of ${wide.name} as 8-bit data`;
    found.push(warn("AI1027", message, "only outputs should be wide"));
  }
  return found;
}

/** 1-D data that came from 1-D operators, not from a reshape. */
function isOneDimensional(model: Model, node: ModelNode): boolean {
  if (node.kind === "input") return node.oneDimensional;
  if (node.kind === "conv1d" || node.kind === "maxPool1d" || node.kind === "avgPool1d") return true;
  if (node.kind === "reshape" || node.kind === "flatten") return false;
  return node.shape.width === 1 && node.inputs.some((id) => isOneDimensional(model, model.nodes[id] as ModelNode));
}

function problem(
  code: string,
  severity: Diagnostic["severity"],
  message: string,
  node?: ModelNode,
  hint?: string,
): Diagnostic {
  return {
    code,
    severity,
    message,
    ...(node?.source === undefined ? {} : { location: node.source }),
    ...(hint === undefined ? {} : { hint }),
  };
}
