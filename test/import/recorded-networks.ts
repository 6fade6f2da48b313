import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { importNetwork } from "../../compiler/import/import-network.ts";
import type { ImportedNetwork } from "../../compiler/import/import-network.ts";
import { parseYamlNetwork } from "../../compiler/import/yaml.ts";
import { devices } from "../../targets/index.ts";
import { yamlOptions } from "../golden/case-choices.ts";
import { caseSample, caseWeights } from "../golden/case-network.ts";
import { withoutInputs } from "../golden/deviations.ts";
import type { GoldenCase } from "../golden/load.ts";
import { goldenCases, goldenDevices, goldenKinds, inputFile, loadCase } from "../golden/load.ts";

/** Imports the description of a recorded case with its weights and sample. */
export async function importCase(golden: GoldenCase, pins = true): Promise<ImportedNetwork> {
  const path = golden.inputs["network"] as string;
  const { description, diagnostics } = parseYamlNetwork(readFileSync(inputFile(path), "utf8"), basename(path));
  if (description === undefined) return { diagnostics };
  const array = caseSample(golden, description);
  const [channels = 1, height = 1, width = 1] = array.shape;
  return importNetwork({
    description,
    device: devices[golden.device],
    weights: caseWeights(golden, description),
    sample: { shape: { channels, height, width }, data: Int8Array.from(array.data) },
    oneDimensional: array.shape.length === 2,
    pins,
    options: yamlOptions(golden),
  });
}

/** All recorded cases whose inputs were archived, by `kind/device/case`. */
export function* recordedCases(): Generator<readonly [name: string, golden: GoldenCase]> {
  for (const kind of goldenKinds) {
    for (const device of goldenDevices) {
      for (const path of goldenCases(kind, device)) {
        const golden = loadCase(path);
        const name = `${kind}/${device}/${golden.case}`;
        if (!withoutInputs.some((pattern) => pattern.test(name))) yield [name, golden];
      }
    }
  }
}

export const firstError = (diagnostics: readonly Diagnostic[]): Diagnostic | undefined =>
  diagnostics.find(({ severity }) => severity === "error");
