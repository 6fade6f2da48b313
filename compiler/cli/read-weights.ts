import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
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
  return kind === "safetensors" ? fromSafetensors(file.bytes, path) : fromCheckpoint(file.bytes, path, model);
}

async function fromSafetensors(bytes: Uint8Array, path: string) {
  const [{ readSafetensors }, { weightSetFromSafetensors }] = await Promise.all([
    import("../import/safetensors.ts"),
    import("../import/weight-set.ts"),
  ]);
  const { file, diagnostics } = readSafetensors(bytes, path);
  if (file === undefined) return { diagnostics };
  const set = weightSetFromSafetensors(file, path);
  return {
    weights: { operators: set.weights, batchNorms: new Map() } satisfies NetworkWeights,
    diagnostics: [...diagnostics, ...set.diagnostics],
  };
}

async function fromCheckpoint(bytes: Uint8Array, path: string, model: Model) {
  const [{ readCheckpoint }, { weightSetFromCheckpoint }, { isWeighted }] = await Promise.all([
    import("../import/checkpoint.ts"),
    import("../import/weight-set.ts"),
    import("../passes/operators.ts"),
  ]);
  const { checkpoint, diagnostics } = readCheckpoint(bytes, path);
  if (checkpoint === undefined) return { diagnostics };
  const names = model.nodes.filter((node) => isWeighted(node) && node.weightsOf === null).map((node) => node.name);
  const set = weightSetFromCheckpoint(checkpoint, names);
  return {
    weights: { operators: set.weights, batchNorms: new Map() } satisfies NetworkWeights,
    diagnostics: [...diagnostics, ...set.diagnostics],
  };
}
