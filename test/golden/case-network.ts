import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import { readCheckpoint } from "../../compiler/import/checkpoint.ts";
import { checkpointLayers } from "../../compiler/import/checkpoint-layers.ts";
import type { NpyArray } from "../../compiler/import/npy.ts";
import { readNpyRecords } from "../../compiler/import/npy.ts";
import type { YamlNetwork } from "../../compiler/import/yaml.ts";
import { parseYamlNetwork } from "../../compiler/import/yaml.ts";
import type { YamlNetworkResult } from "../../compiler/import/yaml-network.ts";
import { yamlToNetwork } from "../../compiler/import/yaml-network.ts";
import type { YamlWeights } from "../../compiler/import/yaml-options.ts";
import { devices } from "../../targets/index.ts";
import type { GoldenCase } from "./load.ts";
import { yamlOptions } from "./case-choices.ts";
import { inputFile } from "./load.ts";

/** Options of a recorded run: name without dashes to value, "" for flags. */
export function caseArguments(golden: Pick<GoldenCase, "arguments">): Map<string, string> {
  const found = new Map<string, string>();
  let name = "";
  for (const word of golden.arguments.split(/\s+/).filter(Boolean)) {
    if (word.startsWith("--")) found.set((name = word.slice(2)), "");
    else found.set(name, `${found.get(name) ?? ""} ${word}`.trim());
  }
  return found;
}

/** The sample of a recorded run. */
export function caseSample(golden: Pick<GoldenCase, "inputs">, description: YamlNetwork): NpyArray {
  const [sample] = readArrays(golden.inputs.sample ?? `tests/sample_${description.dataset}.npy`);
  if (sample === undefined) throw new Error("the sample file has no array");
  return sample;
}

/** Reads what a recorded run read and makes the network of it. */
export function caseNetwork(golden: Pick<GoldenCase, "inputs" | "arguments" | "device">): YamlNetworkResult & {
  readonly description: YamlNetwork;
  readonly sample: NpyArray;
} {
  const path = golden.inputs.network as string;
  const parsed = parseYamlNetwork(readFileSync(inputFile(path), "utf8"), basename(path));
  const { description } = parsed;
  if (description === undefined) throw new Error(messages(parsed.diagnostics));
  const sample = caseSample(golden, description);
  const result = yamlToNetwork(description, {
    device: devices[golden.device],
    weights: caseWeights(golden, description),
    sample,
    options: yamlOptions(golden),
  });
  return { ...result, description, sample };
}

export function caseWeights({ inputs }: Pick<GoldenCase, "inputs">, description: YamlNetwork): YamlWeights {
  if (inputs.checkpoint === undefined) {
    const { weights, bias, dataset } = description;
    const biasPath = inputs.bias ?? (bias === null ? null : `tests/bias_${bias}.npy`);
    return {
      kind: "test",
      weights: readArrays(inputs.weights ?? `tests/${weights ?? `weights_${dataset}`}.npy`),
      bias: biasPath === null ? null : readArrays(biasPath),
    };
  }
  const { checkpoint, diagnostics } = readCheckpoint(readFileSync(inputFile(inputs.checkpoint)), inputs.checkpoint);
  if (checkpoint === undefined) throw new Error(messages(diagnostics));
  const found = checkpointLayers(checkpoint);
  if (hasErrors(found.diagnostics)) throw new Error(messages(found.diagnostics));
  return { kind: "checkpoint", fileName: inputs.checkpoint, arch: checkpoint.arch, layers: found.layers };
}

function readArrays(path: string): readonly NpyArray[] {
  const { records, diagnostics } = readNpyRecords(readFileSync(inputFile(path)), path);
  if (records === undefined) throw new Error(messages(diagnostics));
  return records;
}

export const messages = (diagnostics: readonly Diagnostic[]): string =>
  diagnostics.map(({ code, severity, message }) => `${severity} ${code}: ${message}`).join("\n");
