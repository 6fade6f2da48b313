import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Network } from "../ir/network.ts";
import type { LayerPlacement, Placement } from "../ir/placement.ts";
import type { ProgramOptions } from "../options.ts";
import { placeBias } from "./bias-memory.ts";
import { dataPlacements } from "./place-data.ts";
import type { WeightOptions } from "./weight-memory.ts";
import { placeWeights } from "./weight-memory.ts";

export interface DataPlacement {
  readonly layers?: readonly LayerPlacement[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Processors and data memory of every layer: the first arrangement found in which all tensors fit. */
export function placeData(network: Network, device: DeviceSpec): DataPlacement {
  const { arrangements, explain } = dataPlacements(network, device);
  for (const layers of arrangements) return { layers, diagnostics: [] };
  return { diagnostics: explain() };
}

export interface PlaceOptions extends WeightOptions {
  /** What lowering will be told: some of it makes streaming buffers longer. Default: `defaultProgramOptions`. */
  readonly program?: ProgramOptions;
}

export interface NetworkPlacement {
  readonly placement?: Placement;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Assigns processors, data memory, weight memory and bias memory. Where the weights do not fit under one arrangement
 * of processors, others are tried. Codes: AI30xx, and those of `placeWeights` and `placeBias`.
 */
export function placeNetwork(network: Network, device: DeviceSpec, options: PlaceOptions = {}): NetworkPlacement {
  const { arrangements, explain } = dataPlacements(network, device, options.program);
  let failure: readonly Diagnostic[] | null = null;
  const tried = new Set<string>();
  for (const layers of arrangements) {
    const key = layers.map((place) => `${place.processors}/${place.outputProcessors}`).join();
    if (tried.has(key)) continue;
    tried.add(key);
    const result = placeParameters(network, layers, device, options);
    if (result.placement) return result;
    failure ??= result.diagnostics;
    if (tried.size >= mostArrangements) break;
  }
  return { diagnostics: failure ?? explain() };
}

/** Arrangements of processors that are tried for weights and bias. */
const mostArrangements = 10;

function placeParameters(
  network: Network,
  layers: readonly LayerPlacement[],
  device: DeviceSpec,
  options: WeightOptions,
): NetworkPlacement {
  const weights = placeWeights(network, layers, device, options);
  if (weights.memory === undefined || hasErrors(weights.diagnostics)) return { diagnostics: weights.diagnostics };
  const bias = placeBias(network, layers, device, options);
  const diagnostics = [...weights.diagnostics, ...bias.diagnostics];
  if (bias.memory === undefined || hasErrors(bias.diagnostics)) return { diagnostics };
  return { placement: { network, layers, weights: weights.memory, bias: bias.memory }, diagnostics };
}
