/**
 * Random models through both tools: each is compiled, written for the reference generator (description, checkpoint,
 * sample, options), and generated there; the two programs are compared access by access. Whatever differs is a listed
 * deviation, by a rule that looks at the network, or is reported. Without the generator there is nothing to compare.
 *
 *     REFERENCE_FOLDER=/path/to/generator REFERENCE_TOOL="python ai8xize.py" npx tsx test/export/compare-with-generator.ts
 *     MODELS=300 SEED=1 DEVICE=MAX78000 KEEP=/tmp/different ...
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { devices, type DeviceName } from "../../targets/index.ts";
import { randomModels } from "../fixtures/random-model.ts";
import { compareProgram, comparisonClasses } from "../golden/program-compare.ts";
import { referenceGenerator } from "./generator.ts";
import { knownDifferences } from "./known-differences.ts";
import { alignedUnload, observeProject } from "./observed-project.ts";
import { writeRandomModel } from "./random-exports.ts";

const wanted = Number(process.env["MODELS"] ?? 150);
const firstSeed = Number(process.env["SEED"] ?? 1);
const keep = process.env["KEEP"];
const size = { steps: Number(process.env["STEPS"] ?? 12), outputs: 3, layers: 16 };

const generator = referenceGenerator();
if (generator === null) {
  console.log("skipped: REFERENCE_TOOL does not name the reference generator");
  process.exit(0);
}

const arbitrary = randomModels(size.steps, size.outputs);
const names = (process.env["DEVICE"]?.split(",") ?? Object.keys(devices)) as DeviceName[];
for (const name of names) {
  const tally = new Map<string, number>();
  const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);
  for (let seed = firstSeed, done = 0; done < wanted; seed++) {
    const [given] = fc.sample(arbitrary, { seed, numRuns: 1 }) as [Parameters<typeof writeRandomModel>[0]];
    const { written, refused } = writeRandomModel(given, devices[name]);
    if (written === undefined) {
      count(`not compiled: ${refused[0]}`);
      continue;
    }
    const { exported, placement, program } = written;
    if (exported.files === undefined) {
      count(
        `not written: ${refused[0]} ${exported.diagnostics[0]?.message.replace(/.*: /, "").replaceAll(/\d+/g, "N")}`,
      );
      if (refused[0] !== "AI6214") console.log(`${name} ${seed}: ${JSON.stringify(exported.diagnostics[0])}`);
      continue;
    }
    if (placement.network.layers.length > size.layers) {
      count("large");
      continue;
    }
    done++;
    const generated = generator(exported.files, exported.generatorOptions);
    const problems: string[] = [];
    const listed = new Set<string>();
    if (generated.project === undefined) problems.push(`refused: ${generated.refusal}`);
    else {
      try {
        const golden = observeProject(generated.project, name, exported.generatorOptions);
        const compared = compareProgram({ ...golden, unload: alignedUnload(golden, program) }, program);
        for (const part of comparisonClasses) {
          const difference = compared[part];
          if (difference === null) continue;
          const known = knownDifferences.find(
            ({ parts, applies }) => parts.includes(part) && applies(placement, devices[name]),
          );
          if (known === undefined) problems.push(`${part}: ${difference}`);
          else listed.add(known.reason);
        }
      } catch (error) {
        problems.push(`not run: ${(error as Error).message}`);
      }
    }
    count(problems.length > 0 ? "different" : listed.size > 0 ? "listed deviations only" : "equal");
    for (const reason of listed) count(`- ${reason}`);
    if (problems.length === 0) continue;
    console.log(`${name} ${seed}:\n  ${problems.join("\n  ")}`);
    if (keep === undefined) continue;
    const folder = join(keep, `${name}-${seed}`);
    mkdirSync(folder, { recursive: true });
    for (const [file, contents] of exported.files) writeFileSync(join(folder, file), contents);
    for (const [file, contents] of generated.project ?? []) writeFileSync(join(folder, file), contents);
    writeFileSync(join(folder, "problems"), problems.join("\n"));
  }
  console.log([...tally].map(([what, times]) => `${name} ${what}: ${times}`).join("\n"));
}
