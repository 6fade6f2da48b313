import { basename, dirname, join, resolve } from "node:path";
import { existsSync } from "node:fs";
import { deviceByName, devices, type DeviceSpec } from "../../../targets/index.ts";
import type { Diagnostic } from "../../../dsl/diagnostic.ts";
import type { ImportedNetwork } from "../../import/import-network.ts";
import type { NpyArray } from "../../import/npy.ts";
import type { YamlNetwork } from "../../import/yaml.ts";
import type { YamlWeights } from "../../import/yaml-options.ts";
import { buildWords, choiceSpecs, describedOptions, readChoices, shellWord, type Choices } from "../choices/index.ts";
import { deviceName, deviceSpecs } from "../device-options.ts";
import {
  exitCodes,
  stringOption,
  UsageError,
  type CommandSpec,
  type Invocation,
  type OptionValues,
} from "../options.ts";
import { readBytes } from "../read-input.ts";
import { Session } from "../session.ts";

export const importCommand: CommandSpec = {
  name: "import",
  usage: "import NETWORK.yaml [options]",
  summary:
    "Turns a network description of the reference generator into a model with its weights and a sample, and checks " +
    "that the model compiles to the network described.",
  options: [
    { name: "output", short: "o", value: "DIR", help: "folder of the model (default: named after the description)" },
    { name: "overwrite", help: "write into a folder that holds other files" },
    {
      name: "checkpoint",
      aliases: ["checkpoint-file"],
      value: "FILE",
      help: "trained and quantized weights: .pth.tar",
    },
    {
      name: "sample",
      aliases: ["sample-input"],
      value: "FILE",
      help: "network input: .npy (default: sample_<dataset>.npy beside the description)",
    },
    ...deviceSpecs(
      `chip of the description: ${Object.keys(devices).join(" or ")} (default: ${Object.keys(devices)[0]})`,
    ),
    { name: "stop-after", value: "N", help: "leave out the layers behind this one" },
    { name: "pins", negatable: true, help: "keep the layers, processors and memory of the description (default)" },
    { name: "json", help: "print one JSON object instead of text" },
    ...choiceSpecs("import"),
  ],
  run: importDescription,
};

async function importDescription(invocation: Invocation): Promise<number> {
  const { positionals, options, io } = invocation;
  const [given, ...others] = [...positionals, stringOption(options, "config-file") ?? []].flat();
  if (given === undefined || others.length > 0) throw new UsageError("name one network description");
  const device = chosenDevice(options);
  const session = new Session(io, options["json"] === true);
  const { choices, notices } = readChoices(options, "import");
  session.silence(choices.silenced);
  session.add(notices);
  const file = resolve(io.cwd, given);
  const folder = resolve(io.cwd, stringOption(options, "output") ?? basename(file).replace(/\.ya?ml$/i, ""));
  const { files, network } = await imported(invocation, file, device, choices, session);
  if (files !== undefined && !session.failed) {
    const { writeOutputFolder } = await import("../write-output.ts");
    session.add(writeOutputFolder(folder, files, options["overwrite"] === true));
  }
  session.report();
  const build = ["build", shellWord(stringOption(options, "output") ?? basename(folder)), ...buildWords(options)];
  const names = session.failed || files === undefined ? [] : [...files.keys()];
  for (const name of names) session.print(`${join(folder, name)}\n`);
  if (names.length > 0) {
    if (options["display-checkpoint"] === true && network !== undefined) {
      const { weightsTable } = await import("../weights-table.ts");
      session.print(weightsTable(network));
    }
    session.print(`compile it with: ai8xc ${build.join(" ")}\n`);
  }
  if (session.json) {
    const { diagnostics } = session;
    const result = {
      format: "ai8xc-import",
      version: 1,
      ok: !session.failed,
      diagnostics,
      folder,
      files: names,
      build,
    };
    io.out(`${JSON.stringify(result, null, 2)}\n`);
  }
  return session.failed ? exitCodes.diagnostics : exitCodes.ok;
}

function chosenDevice(options: OptionValues): DeviceSpec {
  const known = Object.keys(devices) as (keyof typeof devices)[];
  const name = deviceName(options);
  if (name === undefined) return devices[known[0] as keyof typeof devices];
  const device = deviceByName(name);
  if (device === undefined) throw new UsageError(`--device ${name} is not known; use ${known.join(" or ")}`);
  return device;
}

/** The files of the model; undefined when an input is missing or the description cannot be turned into one. */
async function imported(
  invocation: Invocation,
  file: string,
  device: DeviceSpec,
  choices: Choices,
  session: Session,
): Promise<Pick<ImportedNetwork, "files" | "network">> {
  const description = await readDescription(file, session);
  if (description === undefined) return {};
  const weights = await readImportedWeights(invocation, description, choices, session);
  const sample = await readImportedSample(invocation, description, session);
  if (weights === undefined || sample === undefined) return {};
  const { importNetwork } = await import("../../import/import-network.ts");
  const pins = invocation.options["pins"] !== false;
  const options = describedOptions(invocation.options, choices);
  const result = await importNetwork({ description, device, weights, ...sample, pins, options });
  session.add(result.diagnostics);
  return result;
}

async function readDescription(file: string, session: Session): Promise<YamlNetwork | undefined> {
  const { bytes, diagnostics } = readBytes(file, "the network description");
  session.add(diagnostics);
  if (bytes === undefined) return undefined;
  const { parseYamlNetwork } = await import("../../import/yaml.ts");
  const parsed = parseYamlNetwork(new TextDecoder().decode(bytes), file);
  session.add(parsed.diagnostics);
  return parsed.description;
}

async function readImportedWeights(
  { options, io }: Invocation,
  description: YamlNetwork,
  choices: Choices,
  session: Session,
): Promise<YamlWeights | undefined> {
  const path = (name: string): string | undefined => {
    const given = stringOption(options, name);
    return given === undefined ? undefined : resolve(io.cwd, given);
  };
  const [checkpoint, testWeights, testBias] = [path("checkpoint"), path("test-weights"), path("test-bias")];
  if (checkpoint !== undefined && (testWeights ?? testBias) !== undefined) {
    throw new UsageError("--checkpoint excludes --test-weights and --test-bias");
  }
  if (checkpoint !== undefined) return readCheckpointWeights(checkpoint, choices, session);
  const { weights, dataset, bias } = description;
  const weightsFile = testWeights ?? beside(description, `${weights ?? `weights_${dataset}`}.npy`);
  if (weightsFile === undefined) {
    session.add([missing("weights", description, "Give --checkpoint FILE.pth.tar, or --test-weights FILE.npy.")]);
    return undefined;
  }
  const biasFile = testBias ?? (bias === null ? undefined : beside(description, `bias_${bias}.npy`));
  const read = await readArrays(weightsFile, "the test weights", session);
  const biases = biasFile === undefined ? null : await readArrays(biasFile, "the test biases", session);
  return read === undefined || biases === undefined ? undefined : { kind: "test", weights: read, bias: biases };
}

async function readCheckpointWeights(
  path: string,
  choices: Choices,
  session: Session,
): Promise<YamlWeights | undefined> {
  const file = readBytes(path, "the checkpoint");
  session.add(file.diagnostics);
  if (file.bytes === undefined) return undefined;
  const [{ readCheckpoint }, { checkpointLayers }] = await Promise.all([
    import("../../import/checkpoint.ts"),
    import("../../import/checkpoint-layers.ts"),
  ]);
  const { checkpoint, diagnostics } = readCheckpoint(file.bytes, path);
  session.add(diagnostics);
  if (checkpoint === undefined) return undefined;
  const found = checkpointLayers(checkpoint, { ignoreBatchNorm: false, ...choices.checkpoint });
  session.add(found.diagnostics);
  if (session.failed) return undefined;
  return { kind: "checkpoint", fileName: basename(path), arch: checkpoint.arch, layers: found.layers };
}

async function readArrays(path: string, what: string, session: Session): Promise<readonly NpyArray[] | undefined> {
  const file = readBytes(path, what);
  session.add(file.diagnostics);
  if (file.bytes === undefined) return undefined;
  const { readNpyRecords } = await import("../../import/npy.ts");
  const { records, diagnostics } = readNpyRecords(file.bytes, path);
  session.add(diagnostics);
  return records;
}

async function readImportedSample({ options, io }: Invocation, description: YamlNetwork, session: Session) {
  const given = stringOption(options, "sample");
  const path = given === undefined ? beside(description, `sample_${description.dataset}.npy`) : resolve(io.cwd, given);
  if (path === undefined) {
    session.add([
      missing("sample input", description, "Give --sample FILE.npy: the size of the input follows from it."),
    ]);
    return undefined;
  }
  const { readSample } = await import("../read-sample.ts");
  const { sample, diagnostics } = await readSample(path);
  session.add(diagnostics);
  return sample === undefined ? undefined : { sample, oneDimensional: sample.shape.width === 1 };
}

/** A file in the folder of the description, or in the `tests` folder beside that, as the reference generator has it. */
function beside({ fileName }: YamlNetwork, name: string): string | undefined {
  const folder = dirname(fileName);
  return [join(folder, name), join(folder, "..", "tests", name)].find((path) => existsSync(path));
}

const missing = (what: string, { at, fileName }: YamlNetwork, hint: string): Diagnostic => ({
  code: "AI6213",
  severity: "error",
  message: `${basename(fileName)} needs a file with its ${what}`,
  location: at,
  hint,
});
