import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Model } from "../../dsl/model.ts";
import { compile, type CompileResult } from "../../compiler/compile.ts";
import type { ImportedNetwork } from "../../compiler/import/import-network.ts";
import { readNpyRecords } from "../../compiler/import/npy.ts";
import { readSafetensors } from "../../compiler/import/safetensors.ts";
import { weightSetFromSafetensors } from "../../compiler/import/weight-set.ts";
import { devices } from "../../targets/index.ts";
import { withoutInputs } from "../golden/deviations.ts";
import { goldenRoot, type GoldenCase } from "../golden/load.ts";
import { importCase } from "./recorded-networks.ts";

/**
 * What the device cannot do with the layers, processors and memory of a description, and can with others. All other
 * codes are about the network itself.
 */
const ofPlaces = /^AI(3\d\d\d|2501|2513|2515|2518|2519|2520|2521|2523|2611|2612|5302|6204|6232|6233)$/;

/** Recorded refusals for which only the described layers, processors and memory are to blame, by `device case`. */
export async function refusedPlaces(): Promise<ReadonlyMap<string, GoldenCase>> {
  const path = join(goldenRoot as string, "refusals-layers.json");
  const recorded = (JSON.parse(readFileSync(path, "utf8")) as GoldenCase[])
    .filter((entry) => !withoutInputs.some((pattern) => pattern.test(entry.case)))
    .map((entry) => ({ ...entry, inputs: entry.inputs ?? {} }));
  const found = new Map<string, GoldenCase>();
  for (const entry of recorded) {
    const errors = (await importCase(entry)).diagnostics.filter(({ severity }) => severity === "error");
    if (errors.length > 0 && errors.every(({ code }) => ofPlaces.test(code)))
      found.set(`${entry.device} ${entry.case}`, entry);
  }
  return found;
}

/** Imports without pins, builds what was imported, and has the simulator compare it with the reference. */
export async function buildFreely(golden: GoldenCase): Promise<CompileResult | ImportedNetwork> {
  const imported = await importCase(golden, false);
  const { model, files } = imported;
  return model === undefined || files === undefined ? imported : compileImported(golden, model, files);
}

function compileImported(
  { device }: GoldenCase,
  model: Model,
  files: ReadonlyMap<string, string | Uint8Array>,
): CompileResult {
  const { file } = readSafetensors(files.get("weights.safetensors") as Uint8Array, "weights.safetensors");
  const { weights } = weightSetFromSafetensors(file as NonNullable<typeof file>, "weights.safetensors");
  const [array] = readNpyRecords(files.get("sample.npy") as Uint8Array, "sample.npy").records ?? [];
  const [channels = 1, height = 1, width = 1] = array?.shape ?? [];
  const sample = { shape: { channels, height, width }, data: Int8Array.from(array?.data ?? []) };
  const request = { model, device: devices[device], weights: { operators: weights, batchNorms: new Map() }, sample };
  return compile(request);
}
