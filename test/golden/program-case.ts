import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import { executeLayers } from "../../runtime/reference/execute.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { devices } from "../../targets/index.ts";
import type { Placement } from "../../compiler/ir/placement.ts";
import type { Layer, Network } from "../../compiler/ir/network.ts";
import type { Sample } from "../../compiler/lower/input-image.ts";
import { checkProgram, lowerProgram } from "../../compiler/lower/lower-program.ts";
import { defaultProgramOptions, type ProgramOptions } from "../../compiler/options.ts";
import { placeBias } from "../../compiler/placement/bias-memory.ts";
import { placeData } from "../../compiler/placement/place.ts";
import { verifyPlacement } from "../../compiler/placement/verify-placement.ts";
import { placeWeights } from "../../compiler/placement/weight-memory.ts";
import type { YamlProgram } from "../../compiler/import/yaml-network.ts";
import { caseArguments, caseNetwork, messages } from "./case-network.ts";
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
  const deduplicate = !caseArguments(golden).has("no-deduplicate-weights");
  const weights = placeWeights(network, data.layers, device, { deduplicate });
  const bias = placeBias(network, data.layers, device);
  const diagnostics = [...weights.diagnostics, ...bias.diagnostics];
  if (weights.memory === undefined || bias.memory === undefined) return { diagnostics };
  const placement = { network, layers: data.layers, weights: weights.memory, bias: bias.memory };
  diagnostics.push(...verifyPlacement(placement, device).filter(({ code }) => !isAllowed(code, golden)));
  return hasErrors(diagnostics) ? { diagnostics } : { placement, diagnostics };
}

/** Streaming buffers and results may share memory when the recorded run was told so. */
const isAllowed = (code: string, golden: CaseInputs): boolean =>
  code === "AI3027" && caseArguments(golden).has("overlap-data");

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
function programOptions(golden: CaseInputs, sequence: YamlProgram): ProgramOptions {
  const given = caseArguments(golden);
  const defaults = defaultProgramOptions(devices[golden.device]);
  const number = <T>(name: string, otherwise: T): number | T => (given.has(name) ? Number(given.get(name)) : otherwise);
  return {
    ...defaults,
    mexpress: !given.has("no-mexpress"),
    zeroSram: given.has("zero-sram"),
    initTram: given.has("init-tram"),
    powerdown: given.has("powerdown"),
    writeZeroRegisters: given.has("write-zero-registers"),
    zeroUnused: given.has("zero-unused"),
    simple1b: given.has("simple1b"),
    oneShot: given.has("one-shot"),
    externalReady: given.has("ext-rdy"),
    pipeline: defaults.pipeline && !given.has("no-pipeline"),
    pll: defaults.pll && !given.has("no-pll"),
    readySelect: number("ready-sel", 0),
    readySelectFifo: number("ready-sel-fifo", 0),
    readySelectAon: number("ready-sel-aon", 0),
    fifoGo: given.has("fifo-go"),
    linkLayer: given.has("link-layer"),
    startLayer: sequence.startLayer,
    repeatLayers: number("repeat-layers", 1),
    allowStreaming: given.has("allow-streaming"),
    overrideStart: number("override-start", null),
    overrideDelta1: number("override-delta1", null),
    overrideDelta2: number("override-delta2", null),
    overrideRollover: number("override-rollover", null),
    increaseStart: number("increase-start", defaults.increaseStart),
    increaseDelta1: number("increase-delta1", 0),
    increaseDelta2: number("increase-delta2", 0),
    snoop: sequence.snoop,
    successors: sequence.successors,
  };
}
