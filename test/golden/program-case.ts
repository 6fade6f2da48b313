import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { devices } from "../../targets/index.ts";
import type { Placement } from "../../compiler/ir/placement.ts";
import type { Network } from "../../compiler/ir/network.ts";
import { executeNetwork } from "../../compiler/execute-network.ts";
import { checkProgram, lowerProgram } from "../../compiler/lower/lower-program.ts";
import { defaultPlacementOptions, defaultProgramOptions, type ProgramOptions } from "../../compiler/options.ts";
import { overlapJudge } from "../../compiler/placement/allowed-overlaps.ts";
import { placeBias } from "../../compiler/placement/bias-memory.ts";
import { placeData } from "../../compiler/placement/place.ts";
import { verifyPlacement } from "../../compiler/placement/verify-placement.ts";
import { placeWeights } from "../../compiler/placement/weight-memory.ts";
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
  const { network: described, sample, diagnostics } = caseNetwork(golden);
  if (described === undefined || hasErrors(diagnostics)) return { diagnostics };
  const network = instead === undefined ? described : instead(described);
  const placed = placeCase(network, golden);
  if (placed.placement === undefined) return { diagnostics: placed.diagnostics };
  const options = programOptions(golden);
  const problems = checkProgram(placed.placement, device, options);
  if (hasErrors(problems)) return { diagnostics: problems };
  const { channels, height, width } = network.input;
  const shape = { channels, height, width };
  const data = { shape, data: Int8Array.from(sample.data) };
  return lowerProgram(placed.placement, device, options, { sample: data, tensors: executeNetwork(network, data) });
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

/** Options of a recorded run that change its program. */
const programOptions = (golden: CaseInputs): ProgramOptions => ({
  ...defaultProgramOptions(devices[golden.device]),
  ...buildChoices(golden).program,
});
