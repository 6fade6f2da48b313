/**
 * Random models through both tools: each is compiled, written for the reference generator (description, checkpoint,
 * sample, options), and generated there; the two programs are compared access by access. Whatever differs is a known
 * difference, by a rule that looks at the network, or is reported. Without the generator there is nothing to compare.
 *
 *     REFERENCE_FOLDER=/path/to/generator REFERENCE_TOOL="python ai8xize.py" npx tsx test/export/compare-with-generator.ts
 *     MODELS=300 SEED=1 DEVICE=MAX78000 KEEP=/tmp/different ...
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { generatorDifferences, type ProgramPart } from "../../compiler/export/generator-differences.ts";
import type { Placement } from "../../compiler/ir/placement.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { devices, type DeviceName } from "../../targets/index.ts";
import { randomModels } from "../fixtures/random-model.ts";
import { compareProgram, comparisonClasses, type ComparisonClass } from "../golden/program-compare.ts";
import { referenceGenerator, type Generated, type Generator } from "./generator.ts";
import { alignedUnload, observeProject } from "./observed-project.ts";
import { writeRandomModel, type WrittenModel } from "./random-exports.ts";

/** Models that are compared, for each device. */
const wanted = Number(process.env["MODELS"] ?? 150);
const firstSeed = Number(process.env["SEED"] ?? 1);
/** Folder for the files of models that differ. */
const keep = process.env["KEEP"];
const names = (process.env["DEVICE"]?.split(",") ?? Object.keys(devices)) as DeviceName[];

/** Operators and results of a model; the generator takes long for many layers, and they show nothing new. */
const size = { steps: 12, outputs: 3, layers: 16 };
const arbitrary = randomModels(size.steps, size.outputs);

interface Verdict {
  readonly problems: readonly string[];
  /** Known differences that explain others. */
  readonly known: ReadonlySet<string>;
}

/** How often everything happened. */
class Tally {
  readonly #counts = new Map<string, number>();

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  lines(name: string): string {
    return [...this.#counts].map(([what, times]) => `${name} ${what}: ${times}`).join("\n");
  }
}

function compareRandomModels(generator: Generator, name: DeviceName): void {
  const tally = new Tally();
  for (let seed = firstSeed, done = 0; done < wanted; seed++) {
    const [given] = fc.sample(arbitrary, { seed, numRuns: 1 });
    if (given === undefined) throw new Error("no model was drawn");
    const { written, refused } = writeRandomModel(given, devices[name]);
    const reason = written === undefined ? `not compiled: ${refused[0]}` : notCompared(written);
    if (written === undefined || reason !== null) {
      tally.count(reason ?? "");
      continue;
    }
    done++;
    if (written.model.nodes.some(({ pins }) => Object.keys(pins ?? {}).length > 0)) tally.count("with pins");
    const { files = new Map<string, string>(), generatorOptions } = written.exported;
    const generated = generator(files, generatorOptions);
    const { problems, known } = judge(written, generated, name);
    tally.count(problems.length > 0 ? "different" : known.size > 0 ? "known differences only" : "equal");
    for (const difference of known) tally.count(`- ${difference}`);
    if (problems.length === 0) continue;
    process.exitCode = 1;
    report(`${name}-${seed}`, problems, new Map([...files, ...(generated.project ?? [])]));
  }
  console.log(tally.lines(name));
}

/** Why a compiled model is not given to the generator; null: it is. */
function notCompared({ exported: { files, diagnostics }, placement }: WrittenModel): string | null {
  if (placement.network.layers.length > size.layers) return "large";
  if (files !== undefined) return null;
  const [error] = diagnostics.filter(({ severity }) => severity === "error");
  return `not written: ${error?.code} ${error?.message.replace(/^.*description: /, "").replaceAll(/\d+/g, "N")}`;
}

function judge({ placement, program, exported }: WrittenModel, generated: Generated, name: DeviceName): Verdict {
  const known = new Set<string>();
  if (generated.project === undefined) return { problems: [`refused: ${generated.refusal}`], known };
  const problems: string[] = [];
  try {
    const golden = observeProject(generated.project, name, exported.generatorOptions);
    const compared = compareProgram({ ...golden, unload: alignedUnload(golden, program) }, program);
    for (const part of comparisonClasses) {
      if (compared[part] === null) continue;
      const reason = knownReason(part, placement, devices[name]);
      if (reason === null) problems.push(`${part}: ${compared[part]}`);
      else known.add(reason);
    }
  } catch (error) {
    problems.push(`not run: ${(error as Error).message}`);
  }
  return { problems, known };
}

/**
 * Why a part may differ. The generator's `CNN_NUM_OUTPUTS` counts the last output only, and its `cnn_init()` leaves
 * rolling buffers as they are.
 */
function knownReason(part: ComparisonClass, placement: Placement, device: DeviceSpec): string | null {
  const { layers: all } = placement.network;
  if (part === "output count") return all.filter(({ isOutput }) => isOutput).length > 1 ? "several outputs" : null;
  if (part === "init") return all.some(({ recalls }) => recalls) ? "rolling buffer" : null;
  const meets = generatorDifferences.find(
    ({ parts, layers }) => parts.includes(part as ProgramPart) && layers(placement, device).length > 0,
  );
  return meets?.reason ?? null;
}

function report(id: string, problems: readonly string[], files: ReadonlyMap<string, string | Uint8Array>): void {
  console.log(`${id}:\n  ${problems.join("\n  ")}`);
  if (keep === undefined) return;
  mkdirSync(join(keep, id), { recursive: true });
  for (const [file, contents] of files) writeFileSync(join(keep, id, file), contents);
}

const generator = referenceGenerator();
if (generator === null) console.log("skipped: REFERENCE_TOOL does not name the reference generator");
else for (const name of names) compareRandomModels(generator, name);
