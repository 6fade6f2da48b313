import fc from "fast-check";
import { expect } from "vitest";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { programDifferences } from "../../compiler/export/compare-programs.ts";
import { asStored, withStoredWeights } from "../../compiler/export/stored-weights.ts";
import { randomModels } from "../fixtures/random-model.ts";
import { importAndBuild, writeRandomModel } from "./random-exports.ts";

/** Operators and results of one model. */
const size = { steps: 12, outputs: 3 };

export interface RoundTrips {
  readonly models: number;
  /** Not written, by the reason without its numbers. */
  readonly unsayable: ReadonlyMap<string, number>;
}

/**
 * Random legal models, until `numRuns` were written for the reference generator: what was written, imported again with
 * all pins and built, gives the same program. Models that do not fit the device do not count; of those that fit,
 * export either writes the files or says with AI6214 what a description cannot say.
 */
export async function checkRoundTrips(device: DeviceSpec, numRuns: number, seed: number): Promise<RoundTrips> {
  const unsayable = new Map<string, number>();
  let models = 0;
  const property = fc.asyncProperty(randomModels(size.steps, size.outputs), async (given) => {
    const { written, refused } = writeRandomModel(given, device);
    fc.pre(written !== undefined);
    if (written.exported.files === undefined) {
      expect(new Set(refused)).toEqual(new Set(["AI6214"]));
      const [reason = ""] = written.exported.diagnostics.map(({ message }) => message.replace(/^.*description: /, ""));
      const plain = reason.replaceAll(/\d+/g, "N");
      unsayable.set(plain, (unsayable.get(plain) ?? 0) + 1);
    }
    fc.pre(written.exported.files !== undefined);
    const { program, diagnostics } = await importAndBuild(written, device);
    expect(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
    if (program === undefined) throw new Error("imported without a program");
    const described = asStored(written.program, withStoredWeights(written.placement.network, device));
    expect(programDifferences(described, program)).toEqual([]);
    models++;
  });
  await fc.assert(property, { numRuns, seed, maxSkipsPerRun: 10 });
  return { models, unsayable };
}
