import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { checkpointLayers } from "../../compiler/import/checkpoint-layers.ts";
import { readCheckpoint } from "../../compiler/import/checkpoint.ts";
import { importNetwork } from "../../compiler/import/import-network.ts";
import { readNpyRecords } from "../../compiler/import/npy.ts";
import { readSafetensors } from "../../compiler/import/safetensors.ts";
import { weightSetFromSafetensors } from "../../compiler/import/weight-set.ts";
import { parseYamlNetwork } from "../../compiler/import/yaml.ts";
import { compile } from "../../compiler/compile.ts";
import { exportNetwork, type ExportedNetwork } from "../../compiler/export/export-network.ts";
import { foldedSample } from "../../compiler/export/folded-sample.ts";
import { maskOfRange } from "../../compiler/ir/geometry.ts";
import type { Placement } from "../../compiler/ir/placement.ts";
import { defaultProgramOptions } from "../../compiler/options.ts";
import type { Sample } from "../../compiler/passes/fold-input.ts";
import { readsWeights } from "../../compiler/passes/operators.ts";
import { RandomNumbers } from "../../compiler/passes/random.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Model, Pins } from "../../dsl/model.ts";
import { buildLegalModel, randomInput, type RandomModel, randomWeights } from "../fixtures/random-model.ts";

/** A model compiled and written for the reference generator. */
export interface WrittenModel {
  readonly model: Model;
  readonly sample: Sample;
  readonly placement: Placement;
  readonly program: Program;
  readonly exported: ExportedNetwork;
}

/** What became of a random model; without `written`, the codes say why. */
export interface RandomExport {
  readonly written?: WrittenModel;
  readonly refused: readonly string[];
}

/** Compiles a random legal model with random weights, every third with random pins where they fit, and writes it. */
export function writeRandomModel(given: RandomModel, device: DeviceSpec): RandomExport {
  const model = buildLegalModel(given, device);
  const pinned = given.seed % 3 === 0 ? write(withRandomPins(model, given.seed, device), device, given.seed) : null;
  return pinned?.written === undefined ? write(model, device, given.seed) : pinned;
}

/** Processors, offsets and bias quadrants for a few of the operators that have weights. */
function withRandomPins(model: Model, seed: number, { quadrants, processors }: DeviceSpec): Model {
  const numbers = new RandomNumbers(seed + 2);
  const nodes = model.nodes.map((node) => {
    if (!readsWeights(node) || numbers.integer(0, 2) > 0) return node;
    const { channels } = node.shape;
    const first = numbers.integer(0, Math.max(0, processors - channels));
    const choices: Pins[] = [
      { outputOffset: 4 * numbers.integer(0, 1023) },
      { biasQuadrants: [numbers.integer(0, quadrants - 1)] },
      channels > processors ? {} : { outputProcessors: maskOfRange(first - (first % 4), channels) },
    ];
    return { ...node, pins: { ...node.pins, ...choices[numbers.integer(0, 2)], ...choices[numbers.integer(0, 2)] } };
  });
  return { ...model, nodes };
}

function write(model: Model, device: DeviceSpec, seed: number): RandomExport {
  const shape = model.nodes[0]?.shape ?? { channels: 1, height: 1, width: 1 };
  const sample = { shape, data: randomInput(model, seed) };
  const weights = randomWeights(model, seed);
  const { program, placement, diagnostics } = compile({ model, device, weights, sample, verify: false });
  if (program === undefined || placement === undefined) return { refused: errorCodes(diagnostics) };
  const exported = exportNetwork({
    placement,
    program,
    device,
    options: defaultProgramOptions(device),
    sample: foldedSample(sample, placement.network.input),
  });
  return { written: { model, sample, placement, program, exported }, refused: errorCodes(exported.diagnostics) };
}

/** The written files through `ai8xc import` with all pins, and the model that this wrote through `ai8xc build`. */
export async function importAndBuild(
  { placement, exported }: WrittenModel,
  device: DeviceSpec,
): Promise<{ readonly program?: Program; readonly diagnostics: readonly Diagnostic[] }> {
  const [description, checkpoint, sampleFile] = [...(exported.files?.values() ?? [])] as [
    string,
    Uint8Array,
    Uint8Array,
  ];
  const parsed = parseYamlNetwork(description, "written.yaml");
  const stored = readCheckpoint(checkpoint, "written.pth.tar");
  const [array] = readNpyRecords(sampleFile, "written.npy").records ?? [];
  if (!parsed.description || !stored.checkpoint || !array) return parsed;
  const [channels = 1, height = 1, width = 1] = array.shape;
  const sample = { shape: { channels, height, width }, data: Int8Array.from(array.data) };
  const { layers } = checkpointLayers(stored.checkpoint);
  const { network } = placement;
  const imported = await importNetwork({
    description: parsed.description,
    device,
    weights: { kind: "checkpoint", fileName: "written.pth.tar", arch: stored.checkpoint.arch, layers },
    sample,
    oneDimensional: array.shape.length === 2,
    pins: true,
    options: { ...network.options, startLayer: 0 },
  });
  const { model, files } = imported;
  if (model === undefined || files === undefined) return imported;
  const { file } = readSafetensors(files.get("weights.safetensors") as Uint8Array, "weights.safetensors");
  if (file === undefined) return imported;
  const { weights: operators, batchNorms } = weightSetFromSafetensors(file, "weights.safetensors");
  return compile({
    model,
    device,
    weights: { operators, batchNorms },
    sample,
    network: network.options,
    verify: false,
  });
}

const errorCodes = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
