import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../../compiler/import/safetensors.ts";
import { weightSetFromSafetensors } from "../../compiler/import/weight-set.ts";
import type { Model } from "../../dsl/model.ts";
import { yamlOptions } from "../golden/case-choices.ts";
import { caseSample } from "../golden/case-network.ts";
import { goldenRoot, inputFile, skippedWithoutGolden, type GoldenCase } from "../golden/load.ts";
import { parseYamlNetwork } from "../../compiler/import/yaml.ts";
import { importCase, recordedCases } from "../import/recorded-networks.ts";
import { writeModel } from "./written-networks.ts";

/** Layer tests from one to the next that is taken; networks are all taken. */
const step = 24;
const chosen = (name: string, position: number): boolean => name.startsWith("networks/") || position % step === 0;

/** What the generator does in layer tests only, whose weights are not a checkpoint. */
const withoutCheckpoint = /it bypasses its kernels/;

describe("recorded descriptions", () => {
  if (goldenRoot === null) {
    it.skip(skippedWithoutGolden, () => {});
    return;
  }
  it("are imported with pins, compiled and written again", { timeout: 240_000 }, async () => {
    const problems: string[] = [];
    let written = 0;
    for (const [name, golden] of [...recordedCases()].filter(([name], position) => chosen(name, position))) {
      const { model, files } = await importCase(golden);
      if (model === undefined || files === undefined) continue;
      try {
        const result = write(model, files.get("weights.safetensors") as Uint8Array, golden);
        const [error] = result.diagnostics.filter(({ severity }) => severity === "error");
        if (error !== undefined && withoutCheckpoint.test(error.message)) continue;
        if (error !== undefined) problems.push(`${name}: ${error.message}`);
        else written++;
      } catch (error) {
        problems.push(`${name}: ${(error as Error).message}`);
      }
    }
    expect(problems).toEqual([]);
    expect(written).toBeGreaterThan(10);
  });
});

function write(model: Model, weights: Uint8Array, golden: GoldenCase) {
  const { file } = readSafetensors(weights, "weights.safetensors");
  const set = weightSetFromSafetensors(file!, "weights.safetensors");
  const text = readFileSync(inputFile(golden.inputs["network"] as string), "utf8");
  const array = caseSample(golden, parseYamlNetwork(text, "network.yaml").description!);
  const [channels = 1, height = 1, width = 1] = array.shape;
  const sample = { shape: { channels, height, width }, data: Int8Array.from(array.data) };
  const { fifo = "none", averagePoolRounding = false } = yamlOptions(golden);
  return writeModel(model, {
    weights: { operators: set.weights, batchNorms: set.batchNorms },
    sample,
    network: { fifo, averagePoolRounding },
    device: golden.device,
  });
}
