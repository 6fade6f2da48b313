import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import { executeLayers } from "../../runtime/reference/execute.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { devices } from "../../targets/index.ts";
import type { Placement } from "../../compiler/ir/placement.ts";
import type { Layer, Network } from "../../compiler/ir/network.ts";
import type { Sample } from "../../compiler/lower/input-image.ts";
import { checkProgram, lowerProgram } from "../../compiler/lower/lower-program.ts";
import { defaultPlacementOptions, defaultProgramOptions, type ProgramOptions } from "../../compiler/options.ts";
import { overlapJudge } from "../../compiler/placement/allowed-overlaps.ts";
import { placeBias } from "../../compiler/placement/bias-memory.ts";
import { placeData } from "../../compiler/placement/place.ts";
import { verifyPlacement } from "../../compiler/placement/verify-placement.ts";
import { placeWeights } from "../../compiler/placement/weight-memory.ts";
import type { YamlProgram } from "../../compiler/import/yaml-network.ts";
import { buildChoices } from "./case-choices.ts";
import { caseNetwork, messages } from "./case-network.ts";
import type { GoldenCase } from "./load.ts";

type CaseInputs = Pick<GoldenCase, "inputs" | "arguments" | "device">;

/** Builds the program of a recorded run with our compiler, from the same files; of another network where given. */
export function caseProgram(
  golden: CaseInputs,
  instead?: (described: Network) => Network,
): {
  readonly program?: Program;
  readonly diagnostics: readonly Diagnostic[];
} {
  const device = devices[golden.device];
  const { network: described, program: sequence, sample, diagnostics } = caseNetwork(golden);
  if (described === undefined || sequence === undefined || hasErrors(diagnostics)) return { diagnostics };
  const network = instead === undefined ? described : instead(described);
  const placed = placeCase(network, golden);
  if (placed.placement === undefined) return { diagnostics: placed.diagnostics };
  const options = programOptions(golden, sequence);
  const problems = checkProgram(placed.placement, device, options);
  if (hasErrors(problems)) return { diagnostics: problems };
  const { channels, height, width } = network.input;
  const shape = { channels, height, width };
  const data = { shape, data: sample.data };
  const executed = sequence.simulated;
  const tensors = simulate(network, executed, data);
  return lowerProgram(placed.placement, device, options, { sample: data, tensors, executed });
}

/** As `caseProgram`, for runs that must succeed. */
export function mustCompile(golden: CaseInputs): Program {
  const { program, diagnostics } = caseProgram(golden);
  if (program === undefined) throw new Error(messages(diagnostics));
  return program;
}

function placeCase(
  network: Network,
  golden: CaseInputs,
): { readonly placement?: Placement; readonly diagnostics: readonly Diagnostic[] } {
  const device = devices[golden.device];
  const data = placeData(network, device);
  if (data.layers === undefined) return { diagnostics: data.diagnostics };
  const { deduplicate, weightStart, overlaps } = { ...defaultPlacementOptions, ...buildChoices(golden).placement };
  const weights = placeWeights(network, data.layers, device, { deduplicate, firstWord: weightStart });
  const bias = placeBias(network, data.layers, device, { deduplicate });
  const diagnostics = [...weights.diagnostics, ...bias.diagnostics];
  if (weights.memory === undefined || bias.memory === undefined) return { diagnostics };
  const placement = { network, layers: data.layers, weights: weights.memory, bias: bias.memory };
  diagnostics.push(...verifyPlacement(placement, device).flatMap(overlapJudge(overlaps).judge));
  return hasErrors(diagnostics) ? { diagnostics } : { placement, diagnostics };
}

/**
 * Results by layer index. A layer whose source was left out reads what the layer before it in the simulation wrote.
 */
function simulate(network: Network, order: readonly number[], sample: Sample): Int32Array[] {
  const layers = order.map((index, position): Layer => {
    const layer = network.layers[index] as Layer;
    const sources = layer.sources.map((source) => {
      if (source === "input") return source;
      return order.includes(source) ? order.indexOf(source) : position - 1;
    });
    return { ...layer, sources };
  });
  const { averagePoolRounding } = network.options;
  const results: Int32Array[] = [];
  for (const [position, result] of executeLayers(layers, sample, { averagePoolRounding }).entries()) {
    results[order[position] as number] = result;
  }
  return results;
}

/** Options of a recorded run that change its program. */
const programOptions = (golden: CaseInputs, { startLayer, snoop, successors }: YamlProgram): ProgramOptions => ({
  ...defaultProgramOptions(devices[golden.device]),
  ...buildChoices(golden).program,
  startLayer,
  snoop,
  successors,
});
