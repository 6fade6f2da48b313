import type { DeviceSpec } from "../targets/accelerator/device.ts";
import { devices as deviceRecords } from "../targets/index.ts";
import { checkStructure, checkUse } from "./check-graph.ts";
import { checkSequence, checkSnoop } from "./check-sequence.ts";
import { buildProblems } from "./define-model.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Model, ModelNode, NodeKind } from "./model.ts";
import { brokenRules, firstBroken, type Violation } from "./rules/evaluate.ts";
import { readRules } from "./rules/read.ts";
import { type NodeCheck, nodeChecks } from "./operators/checks.ts";
import type { FactContext, TensorFacts } from "./operators/context.ts";
import { readFacts } from "./operators/read.ts";
import { ownWeightBytes, roleOf } from "./operators/roles.ts";

/**
 * All problems of a model: those its graph shows, on every one of `devices` (by default the model's own), and those
 * made while it was built. Works from data alone, so that models from files and importers are judged alike.
 */
export function checkModel(model: Model, devices: readonly DeviceSpec[] = devicesOf(model)): Diagnostic[] {
  const built = buildProblems(model);
  const malformed = checkStructure(model);
  if (malformed.length > 0) return [...built, ...malformed];
  return [
    ...built,
    ...checkUse(model),
    ...checkSequence(model),
    ...devices.flatMap((device) => checkOnDevice(model, device)),
  ].filter(isFirst);
}

/** Same as `checkModel` for the model's own devices. */
export const modelDiagnostics = (model: Model): Diagnostic[] => checkModel(model);

const devicesOf = (model: Model): readonly DeviceSpec[] => model.devices.map((name) => deviceRecords[name]);

/** The same sentence at the same place is told once, also when it holds on two devices. */
function isFirst(problem: Diagnostic, index: number, all: readonly Diagnostic[]): boolean {
  const same = (other: Diagnostic) =>
    other.code === problem.code &&
    other.message === problem.message &&
    JSON.stringify(other.location) === JSON.stringify(problem.location);
  return all.findIndex(same) === index;
}

function checkOnDevice(model: Model, device: DeviceSpec): Diagnostic[] {
  const tensors: TensorFacts[] = [];
  let weightsBefore = 0;
  const problems = model.nodes.flatMap((node) => {
    const inputs = node.inputs.map((id) => tensors[id] as TensorFacts);
    tensors.push({ shape: node.shape, role: roleOf(node, inputs) });
    const [input] = inputs;
    if (input === undefined) return [];
    const streamsOn = onlyStreamingReads(model, node);
    const context: FactContext = { device, input, inputs, weightsBefore, streamsOn };
    weightsBefore += ownWeightBytes(node, input.shape);
    return violations(model, node, context).map((violation) => diagnose(violation, node));
  });
  return [...problems, ...checkOutputs(model, tensors, device), ...checkSnoop(model, device)];
}

/** Per field the first broken rule about reading the input, and the first of the operator's own. */
function violations(model: Model, node: ModelNode, context: FactContext): Violation[] {
  const check = nodeChecks[node.kind] as NodeCheck<NodeKind>;
  const own = check.violations(node, context);
  if (check.readAs === null) return own;
  const streaming = streams(model, node);
  const reading = context.inputs.flatMap(({ shape, role }, index) => {
    const field = context.inputs.length > 1 ? `${check.readAs} ${index + 1}` : (check.readAs as string);
    const facts = readFacts(shape, role, context.device, check.operator, streaming);
    return brokenRules({ [field]: readRules }, facts, context.device);
  });
  return [...reading, ...own];
}

/** Whether the hardware layer that reads the node's input streams: a pooling does with its convolution. */
function streams(model: Model, node: ModelNode): boolean {
  if (node.kind === "flatten") return false;
  return "streaming" in node ? node.streaming : onlyStreamingReads(model, node);
}

const onlyStreamingReads = (model: Model, node: ModelNode): boolean => {
  const readers = model.nodes.filter((other) => other.inputs.includes(node.id));
  return readers.length > 0 && !model.outputs.includes(node.id) && readers.every((reader) => streams(model, reader));
};

/** A result that is read out must not need another operator to be finished. */
function checkOutputs(model: Model, tensors: readonly TensorFacts[], device: DeviceSpec): Diagnostic[] {
  return model.outputs.flatMap((id) => {
    const { shape, role } = tensors[id] as TensorFacts;
    if (role === "CHW" || role === "HWC") return [];
    const broken = firstBroken(readRules, readFacts(shape, role, device, "output", false), device);
    return broken === undefined ? [] : [diagnose(broken, model.nodes[id] as ModelNode)];
  });
}

function diagnose({ rule, message }: Omit<Violation, "field">, node: ModelNode): Diagnostic {
  return {
    code: rule.code,
    severity: "error",
    message,
    ...(node.source === undefined ? {} : { location: node.source }),
    hint: rule.hint,
  };
}
