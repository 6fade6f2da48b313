import * as language from "../../dsl/index.ts";
import { checkModel } from "../../dsl/check.ts";
import { buildProblems } from "../../dsl/define-model.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Model, ModelNode } from "../../dsl/model.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Network } from "../ir/network.ts";
import { modelOptions } from "../passes/model-options.ts";
import type { NetworkWithSample } from "../passes/model-to-network.ts";
import { modelToNetwork } from "../passes/model-to-network.ts";
import type { Sample } from "../passes/fold-input.ts";
import { Pipeline } from "../pipeline.ts";
import { operatorsOf, type ModelSource } from "./model-source.ts";
import { readSafetensors } from "./safetensors.ts";
import { weightSetFromSafetensors } from "./weight-set.ts";

/** The model that the text of a generated file defines. */
export async function evaluateModelSource(text: string): Promise<Model> {
  const outputText = asFunctionBody(text.includes("type AnyTensor") ? await withoutTypes(text) : text);
  const exported: { default?: Model } = {};
  // Only text that this importer printed gets here.
  // oxlint-disable-next-line no-new-func
  new Function("require", "exports", outputText)(() => language, exported);
  return exported.default as Model;
}

async function withoutTypes(text: string): Promise<string> {
  const { transformSync } = await import("amaro");
  return transformSync(text, { mode: "strip-only" }).code;
}

/** Without types, a generated file is JavaScript but for import and export. */
const asFunctionBody = (text: string): string =>
  text
    .replace(/^import (\{[^}]*\})\s+from "ai8xc";$/m, 'const $1 = require("ai8xc");')
    .replace(/^export default /m, "exports.default = ");

export interface GeneratedModel {
  readonly text: string;
  readonly source: ModelSource;
  readonly weights: Uint8Array;
  readonly sample: Sample;
}

export interface CompiledModel {
  readonly result?: NetworkWithSample;
  readonly model: Model;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Takes the generated files through the same passes as any model. Findings point at the description the model was
 * made of, not at the generated text.
 */
export async function compileGenerated(
  generated: GeneratedModel,
  origin: Network,
  device: DeviceSpec,
): Promise<CompiledModel> {
  const built = await evaluateModelSource(generated.text);
  const model = located(built, generated.source, origin);
  const unplaced = buildProblems(built).map(({ code, severity, message }) => ({ code, severity, message }));
  const problems = [...unplaced, ...checkModel(model, [device])].filter(({ severity }) => severity === "error");
  if (problems.length > 0) return { model, diagnostics: problems };
  const { file, diagnostics } = readSafetensors(generated.weights, "weights.safetensors");
  if (file === undefined) return { model, diagnostics };
  const { weights, diagnostics: weightProblems } = weightSetFromSafetensors(file, "weights.safetensors");
  const pipeline = new Pipeline({ device, options: modelOptions(model) });
  let result: NetworkWithSample | undefined;
  pipeline.during(() => {
    const given = { operators: weights, batchNorms: new Map() };
    result = modelToNetwork(pipeline, { model, weights: given, sample: generated.sample });
  });
  const all = [...weightProblems, ...pipeline.diagnostics];
  return { ...(result === undefined ? {} : { result }), model, diagnostics: all };
}

/** Operators are built layer by layer, in order: each gets the place of its layer's description. */
function located(model: Model, { layers }: ModelSource, origin: Network): Model {
  const owners = layers.flatMap((layer) => Array.from({ length: operatorsOf(layer) }, () => layer.index));
  const nodes = model.nodes.map((node) => {
    const layer = node.kind === "input" ? origin.layers[0] : origin.layers[owners[node.id - 1] ?? -1];
    return { ...node, source: layer?.origins[0]?.source } as ModelNode;
  });
  return { ...model, nodes };
}
