import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { hasErrors, type Diagnostic } from "../../dsl/diagnostic.ts";
import type { Model } from "../../dsl/model.ts";
import type { NetworkWeights } from "../passes/weights.ts";
import { readBytes } from "./read-input.ts";

/** The weights file beside a model that is used when none is named; undefined when there is none. */
export function defaultWeightsFile(modelFile: string): string | undefined {
  const file = join(dirname(modelFile), "weights.safetensors");
  return existsSync(file) ? file : undefined;
}

/** Reads weights of any known kind for a model. Libraries load with the kind that needs them. */
export async function readWeights(
  path: string,
  model: Model,
): Promise<{ weights?: NetworkWeights; diagnostics: readonly Diagnostic[] }> {
  const kind = /\.safetensors$/i.test(path) ? "safetensors" : /\.(pth\.tar|pth|pt)$/i.test(path) ? "checkpoint" : null;
  if (kind === null) {
    return {
      diagnostics: [
        {
          code: "AI6008",
          severity: "error",
          message: `${basename(path)} is no kind of weights file that is known`,
          hint: "give .safetensors or a PyTorch checkpoint (.pth.tar, .pth, .pt)",
        },
      ],
    };
  }
  const file = readBytes(path, "the weights file");
  if (file.bytes === undefined) return { diagnostics: file.diagnostics };
  return kind === "safetensors" ? fromSafetensors(file.bytes, path, model) : fromCheckpoint(file.bytes, path, model);
}

type ReadWeights = { weights?: NetworkWeights; diagnostics: readonly Diagnostic[] };

async function fromSafetensors(bytes: Uint8Array, path: string, model: Model): Promise<ReadWeights> {
  const [{ readSafetensors }, { weightSetFromSafetensors }, { checkWeightNames }] = await Promise.all([
    import("../import/safetensors.ts"),
    import("../import/weight-set.ts"),
    import("../import/weights-for-model.ts"),
  ]);
  const { file, diagnostics } = readSafetensors(bytes, path);
  if (file === undefined) return { diagnostics };
  const set = weightSetFromSafetensors(file, path);
  const found = [...diagnostics, ...set.diagnostics];
  const weights = { operators: set.weights, batchNorms: set.batchNorms };
  // What a file lacks is of no interest while what it has is damaged.
  return usable(weights, hasErrors(found) ? found : [...found, ...checkWeightNames(model, weights, path)]);
}

async function fromCheckpoint(bytes: Uint8Array, path: string, model: Model): Promise<ReadWeights> {
  const [{ readCheckpoint }, { weightSetFromCheckpoint }, { batchNormSites, weightedOperators }] = await Promise.all([
    import("../import/checkpoint.ts"),
    import("../import/weight-set.ts"),
    import("../import/weights-for-model.ts"),
  ]);
  const { checkpoint, diagnostics } = readCheckpoint(bytes, path);
  if (checkpoint === undefined) return { diagnostics };
  const set = weightSetFromCheckpoint(checkpoint, weightedOperators(model), batchNormSites(model));
  return usable({ operators: set.weights, batchNorms: set.batchNorms }, [...diagnostics, ...set.diagnostics]);
}

/** Weights with errors are not compiled: what follows from them would only repeat the message. */
const usable = (weights: NetworkWeights, diagnostics: readonly Diagnostic[]): ReadWeights =>
  hasErrors(diagnostics) ? { diagnostics } : { weights, diagnostics };
