import { hasErrors, type Diagnostic } from "../../dsl/diagnostic.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { checkpointLayers } from "../import/checkpoint-layers.ts";
import { readCheckpoint } from "../import/checkpoint.ts";
import { readNpyRecords } from "../import/npy.ts";
import { parseYamlNetwork } from "../import/yaml.ts";
import { yamlToNetwork } from "../import/yaml-network.ts";
import { executeNetwork } from "../execute-network.ts";
import type { NetworkOptions } from "../ir/network.ts";
import { lowerProgram } from "../lower/lower-program.ts";
import type { ProgramOptions } from "../options.ts";
import { placeNetwork } from "../placement/place.ts";

/** Written files, and what the description cannot hold because it belongs on the generator's command line. */
export interface WrittenNetwork {
  readonly description: string;
  readonly checkpoint: Uint8Array;
  readonly sample: Uint8Array;
  readonly device: DeviceSpec;
  readonly network: NetworkOptions;
  /** Default 0. */
  readonly startLayer?: number;
  readonly program: ProgramOptions;
}

/** The program that the files give; without one, the diagnostics say at which step reading ended. */
export function programOfFiles(files: WrittenNetwork): {
  readonly program?: Program;
  readonly diagnostics: readonly Diagnostic[];
} {
  const { device } = files;
  const parsed = parseYamlNetwork(files.description, "written description");
  const stored = readCheckpoint(files.checkpoint, "written checkpoint");
  const sample = readNpyRecords(files.sample, "written sample");
  const [array] = sample.records ?? [];
  const diagnostics = [...parsed.diagnostics, ...stored.diagnostics, ...sample.diagnostics];
  if (parsed.description === undefined || stored.checkpoint === undefined || array === undefined) {
    return { diagnostics };
  }
  const { layers, diagnostics: layerProblems } = checkpointLayers(stored.checkpoint);
  const { arch } = stored.checkpoint;
  const { network, diagnostics: networkProblems } = yamlToNetwork(parsed.description, {
    device,
    weights: { kind: "checkpoint", fileName: "written checkpoint", arch, layers },
    sample: array,
    options: { ...files.network, startLayer: files.startLayer ?? 0 },
  });
  diagnostics.push(...layerProblems, ...networkProblems);
  if (network === undefined || hasErrors(diagnostics)) return { diagnostics };
  const placed = placeNetwork(network, device);
  if (placed.placement === undefined) return { diagnostics: [...diagnostics, ...placed.diagnostics] };
  const { channels, height, width } = network.input;
  const input = { shape: { channels, height, width }, data: Int8Array.from(array.data) };
  const tensors = executeNetwork(network, input);
  const lowered = lowerProgram(placed.placement, device, files.program, { sample: input, tensors });
  const all = [...diagnostics, ...lowered.diagnostics];
  return { ...(lowered.program === undefined ? {} : { program: lowered.program }), diagnostics: all };
}
