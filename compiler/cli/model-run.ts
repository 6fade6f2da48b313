import { deviceByName, devices, type DeviceSpec } from "../../targets/index.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Model } from "../../dsl/model.ts";
import type { Sample } from "../passes/fold-input.ts";
import type { NetworkWeights } from "../passes/weights.ts";
import { deviceName, deviceSpecs } from "./device-options.ts";
import { findModelFile, loadModel } from "./load-model.ts";
import { integerOption, stringOption, UsageError, type Invocation, type OptionSpec } from "./options.ts";
import { resolve } from "node:path";

/** Options of every command that compiles a model. */
export const modelOptionSpecs: readonly OptionSpec[] = [
  ...deviceSpecs(`compile for this chip: ${Object.keys(devices).join(" or ")} (default: the model's first)`),
  {
    name: "weights",
    aliases: ["checkpoint-file"],
    value: "FILE",
    help: "weights: .safetensors or .pth.tar (default: weights.safetensors beside the model)",
  },
  { name: "random-weights", value: "SEED", help: "random weights instead, to explore size and placement" },
  {
    name: "sample",
    aliases: ["sample-input"],
    value: "FILE",
    help: "input of the known-answer test: .npy or .json (default: sample.npy or .json beside the model)",
  },
  { name: "random-sample", value: "SEED", help: "random input instead" },
  { name: "dump-stages", value: "DIR", help: "write every stage as text into a folder" },
  {
    name: "stop-after",
    value: "STAGE",
    choices: ["model", "network", "schedule", "placement", "program"],
    otherValues: /^\d+$/,
    help: "end after this stage, or compile the layers up to this number only",
  },
  { name: "json", help: "print one JSON object instead of text" },
  { name: "typecheck", negatable: true, help: "check the types of the model file (default)" },
  { name: "timings", help: "print how long each part took" },
];

export interface LoadedModel {
  readonly file: string;
  readonly model?: Model;
  readonly diagnostics: readonly Diagnostic[];
  /** Settles when the type check, which runs beside everything else, is done. */
  readonly types: Promise<readonly Diagnostic[]>;
}

/** Finds and runs the model file named on the command line; the type check starts at the same time. */
export async function openModel(invocation: Invocation, clock: Clock): Promise<LoadedModel> {
  const { positionals, options, io } = invocation;
  if (positionals.length > 1) throw new UsageError(`one model at a time, not ${positionals.length}`);
  const { file, diagnostics } = findModelFile(io.cwd, positionals[0] ?? ".");
  if (file === undefined) return { file: "", diagnostics, types: Promise.resolve([]) };
  const types = options["typecheck"] === false ? Promise.resolve([]) : checkTypes(file, clock);
  const start = performance.now();
  const loaded = await loadModel(file);
  clock.add("model", start);
  return { file, ...loaded, types };
}

async function checkTypes(file: string, clock: Clock): Promise<readonly Diagnostic[]> {
  const start = performance.now();
  const { typecheckModel } = await import("./typecheck.ts");
  const diagnostics = await typecheckModel(file);
  clock.add("types (beside the rest)", start);
  return diagnostics;
}

/** The devices to compile for: the one named, else all of the model's. */
export function chosenDevices(
  model: Model,
  options: Invocation["options"],
): { devices: DeviceSpec[]; diagnostics: Diagnostic[] } {
  const given = deviceName(options);
  const own = model.devices.map((name) => devices[name]);
  if (given === undefined) return { devices: own, diagnostics: [] };
  const device = deviceByName(given);
  if (device === undefined)
    throw new UsageError(`--device ${given} is not known; use ${Object.keys(devices).join(" or ")}`);
  if (model.devices.includes(device.name)) return { devices: [device], diagnostics: [] };
  return {
    devices: [],
    diagnostics: [
      {
        code: "AI6006",
        severity: "error",
        message: `${model.name} is written for ${model.devices.join(" and ")}, not for ${device.name}`,
        hint: `name ${device.name} in the model's device, so that its limits are checked`,
      },
    ],
  };
}

/** Weights as the options ask: from a file, random, or none. */
export async function chooseWeights(
  model: Model,
  modelFile: string,
  { options, io }: Invocation,
): Promise<{ weights?: NetworkWeights; diagnostics: readonly Diagnostic[] }> {
  const seed = integerOption(options, "random-weights");
  if (seed !== undefined) {
    const { randomWeights } = await import("../passes/random-weights.ts");
    return { weights: randomWeights(model, seed), diagnostics: [] };
  }
  const { defaultWeightsFile, readWeights } = await import("./read-weights.ts");
  const named = stringOption(options, "weights");
  const file = named === undefined ? defaultWeightsFile(modelFile) : resolve(io.cwd, named);
  if (file !== undefined) return readWeights(file, model);
  return {
    diagnostics: [
      {
        code: "AI6005",
        severity: "error",
        message: `${model.name} has no weights: there is no weights.safetensors beside the model and --weights was not given`,
        hint: "name a file with --weights, or explore with --random-weights 1",
      },
    ],
  };
}

/** The sample as the options ask: from a file, random, or none. */
export async function chooseSample(
  model: Model,
  modelFile: string,
  { options, io }: Invocation,
): Promise<{ sample: Sample | null; diagnostics: readonly Diagnostic[] }> {
  const seed = integerOption(options, "random-sample");
  if (seed !== undefined) return randomOne(model, seed);
  const { defaultSampleFile, readSample } = await import("./read-sample.ts");
  const named = stringOption(options, "sample");
  const file = named === undefined ? defaultSampleFile(modelFile) : resolve(io.cwd, named);
  if (file === undefined) return randomOne(model, 1);
  const { sample, diagnostics } = await readSample(file);
  return { sample: sample ?? null, diagnostics };
}

async function randomOne(model: Model, seed: number) {
  const { randomSample } = await import("../passes/random-weights.ts");
  return { sample: randomSample(model, seed), diagnostics: [] };
}

/** Milliseconds by part of the work, in the order the parts ended. */
export class Clock {
  readonly parts: { name: string; milliseconds: number }[] = [];

  add(name: string, start: number): void {
    this.parts.push({ name, milliseconds: performance.now() - start });
  }

  text(): string {
    const total = performance.now();
    const lines = this.parts.map(
      ({ name, milliseconds }) => `  ${name.padEnd(26)}${milliseconds.toFixed(1).padStart(8)} ms`,
    );
    return `${["timings", ...lines, `  ${"since process start".padEnd(26)}${total.toFixed(1).padStart(8)} ms`].join("\n")}\n`;
  }
}
