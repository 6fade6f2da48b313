import { hasErrors, invariant, type Diagnostic } from "../../dsl/diagnostic.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { writeNpy } from "../import/npy.ts";
import type { Network } from "../ir/network.ts";
import type { Placement } from "../ir/placement.ts";
import type { ProgramOptions } from "../options.ts";
import type { Sample } from "../passes/fold-input.ts";
import { programDifferences } from "./compare-programs.ts";
import { descriptionCheckpoint } from "./description-checkpoint.ts";
import { descriptionNames, descriptionTitle } from "./description-names.ts";
import { startLayerOf } from "./description-sequence.ts";
import { descriptionText } from "./description-text.ts";
import { unsayable } from "./export-checks.ts";
import { programOfFiles } from "./read-back.ts";

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
 * and sample. AI6214: the format cannot say it. The files are read, compiled and compared with the program before they
 * are handed out (AI9004).
 */
export function exportNetwork({ placement, program, device, options, sample }: ExportInput): ExportedNetwork {
  const { network } = placement;
  const title = descriptionTitle(network.name);
  const names = descriptionNames(network);
  const fileNames = [`${title}.yaml`, `${title}.pth.tar`, `sample_${title}.npy`] as const;
  const generatorOptions = optionsFor(device, network, fileNames);
  const problems = unsayable(network);
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
      : programDifferences(program, again.program);
  invariant(again.program !== undefined || differences.length > 0, "reading ended without a program and a reason");
  if (differences.length > 0) return { generatorOptions, diagnostics: [defect(differences)] };
  const files = new Map<string, string | Uint8Array>([
    [fileNames[0], description],
    [fileNames[1], checkpoint],
    [fileNames[2], array],
  ]);
  return { files, generatorOptions, diagnostics: problems };
}

/** [channels][rows][columns]; one-dimensional data [channels][length]. */
function sampleArray({ shape: { channels, height, width }, data }: Sample): Uint8Array {
  return writeNpy(width === 1 ? [channels, height] : [channels, height, width], data, "int64");
}

const fifoOptions = {
  none: [],
  standard: ["--fifo"],
  fast: ["--fast-fifo"],
  "fast-quad": ["--fast-fifo-quad"],
} as const;

function optionsFor(device: DeviceSpec, network: Network, files: readonly string[]): string[] {
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
    // To the generator, a buffer that moves overwrites itself.
    ...(layers.some((layer) => layer.recalls) ? ["--overlap-data"] : []),
  ];
}

const defect = (differences: readonly string[]): Diagnostic => ({
  code: "AI9004",
  severity: "error",
  message: `the written description differs from the network: ${differences[0]}`,
  hint: "Please report this with the model.",
  notes: differences.slice(1, 20).map((message) => ({ message })),
});
