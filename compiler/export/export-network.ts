import { hasErrors, invariant, type Diagnostic } from "../../dsl/diagnostic.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { writeNpy } from "../import/npy.ts";
import { passesOf } from "../ir/geometry.ts";
import type { Placement } from "../ir/placement.ts";
import type { ProgramOptions } from "../options.ts";
import type { Sample } from "../passes/fold-input.ts";
import { programDifferences } from "./compare-programs.ts";
import { descriptionCheckpoint } from "./description-checkpoint.ts";
import { descriptionNames, descriptionTitle } from "./description-names.ts";
import { startLayerOf } from "./description-sequence.ts";
import { descriptionText } from "./description-text.ts";
import { unsayable } from "./export-checks.ts";
import { generatedOtherwise } from "./generator-differences.ts";
import { programOfFiles } from "./read-back.ts";
import { asStored, withStoredWeights } from "./stored-weights.ts";

export interface ExportInput {
  readonly placement: Placement;
  /** What the placed network was lowered to; the files must give the same. */
  readonly program: Program;
  readonly device: DeviceSpec;
  readonly options: ProgramOptions;
  /** Network input in the shape of the network, folded where the model folds it. */
  readonly sample: Sample;
}

export interface ExportedNetwork {
  /** Description, checkpoint and sample, by file name. */
  readonly files?: ReadonlyMap<string, string | Uint8Array>;
  /** Options under which the reference generator gives the same program. */
  readonly generatorOptions: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Writes a compiled network for the reference generator: description (YAML), quantized weights (PyTorch checkpoint)
 * and sample. AI6214: the format cannot say it; AI6215: the generator does not do what it says. The files are read, compiled and compared with the program before they
 * are handed out (AI9004).
 */
export function exportNetwork({ placement: placed, program, device, options, sample }: ExportInput): ExportedNetwork {
  const network = withStoredWeights(placed.network, device);
  const placement = { ...placed, network };
  const title = descriptionTitle(network.name);
  const names = descriptionNames(network);
  const fileNames = [`${title}.yaml`, `${title}.pth.tar`, `sample_${title}.npy`] as const;
  const generatorOptions = optionsFor(device, placement, fileNames);
  const problems = unsayable(placement, device);
  if (hasErrors(problems)) return { generatorOptions, diagnostics: problems };
  const comments = [`${network.name} for ${device.name}`, `ai8xize.py ${generatorOptions.join(" ")}`];
  const description = descriptionText(placement, device, title, names, comments);
  const checkpoint = descriptionCheckpoint(network, title, names);
  const array = sampleArray(sample);
  const again = programOfFiles({
    description,
    checkpoint,
    sample: array,
    device,
    network: network.options,
    startLayer: startLayerOf(network),
    program: options,
  });
  const reading = again.diagnostics.filter(({ severity }) => severity === "error");
  const differences =
    again.program === undefined
      ? reading.map(({ code, message }) => `reading ends with ${code}, ${message}`)
      : programDifferences(asStored(program, network), again.program);
  invariant(again.program !== undefined || differences.length > 0, "reading ended without a program and a reason");
  if (differences.length > 0) return { generatorOptions, diagnostics: [defect(differences)] };
  const files = new Map<string, string | Uint8Array>([
    [fileNames[0], description],
    [fileNames[1], checkpoint],
    [fileNames[2], array],
  ]);
  return { files, generatorOptions, diagnostics: [...problems, ...generatedOtherwise(placement, device)] };
}

/** [channels][rows][columns]; one-dimensional data [channels][length]. */
function sampleArray({ shape: { channels, height, width }, data }: Sample): Uint8Array {
  return writeNpy(width === 1 ? [channels, height] : [channels, height, width], data, "int64");
}

const fifoOptions = {
  none: [],
  standard: ["--fifo"],
  // These feed the FIFO from the RISC-V core only.
  fast: ["--fast-fifo", "--riscv"],
  "fast-quad": ["--fast-fifo-quad", "--riscv"],
} as const;

/**
 * To the generator, a buffer that moves overwrites itself; and it takes the later passes of the network input to lie at
 * offset 0, wherever the input is.
 */
function seesOverlaps({ network, layers: places }: Placement, device: DeviceSpec): boolean {
  const { layers, input, options } = network;
  if (layers.some((layer) => layer.recalls)) return true;
  if (options.fifo !== "none" || passesOf(input.channels, device) === 1) return false;
  return layers.some(({ sources, index }) => sources.includes("input") && places[index]?.inputOffset !== 0);
}

function optionsFor(device: DeviceSpec, placement: Placement, files: readonly string[]): string[] {
  const { network } = placement;
  const { options, layers } = network;
  const { fifo, averagePoolRounding } = options;
  const startLayer = startLayerOf(network);
  const [description, checkpoint, sample] = files;
  return [
    `--device ${device.name}`,
    `--config-file ${description}`,
    `--checkpoint-file ${checkpoint}`,
    `--sample-input ${sample}`,
    ...fifoOptions[fifo],
    ...(averagePoolRounding ? ["--avg-pool-rounding"] : []),
    // Channels that no processor of a layer reads are otherwise counted with the others.
    ...(layers.some(({ slices }) => slices !== undefined) ? ["--reshape-inputs"] : []),
    ...(startLayer > 0 ? [`--start-layer ${startLayer}`] : []),
    ...(seesOverlaps(placement, device) ? ["--overlap-data"] : []),
  ];
}

const defect = (differences: readonly string[]): Diagnostic => ({
  code: "AI9004",
  severity: "error",
  message: `the written description differs from the network: ${differences[0]}`,
  hint: "Please report this with the model.",
  notes: differences.slice(1, 20).map((message) => ({ message })),
});
