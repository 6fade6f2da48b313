import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { maskOfRange, processorsPerPass } from "../ir/geometry.ts";
import type { Network } from "../ir/network.ts";
import type { Placement } from "../ir/placement.ts";
import { loweringContext } from "../lower/context.ts";
import { streamingValues } from "../lower/streaming.ts";
import { defaultProgramOptions, type ProgramOptions } from "../options.ts";
import { streamingLayers } from "./live-ranges.ts";

/**
 * Words of the circular buffer from which each streaming layer reads, by layer; empty without streaming layers.
 * The length follows from shapes and from what the user adds to stream registers, so it is known before anything is
 * placed.
 */
export function ringWords(
  network: Network,
  device: DeviceSpec,
  options: ProgramOptions = defaultProgramOptions(device),
): number[] {
  const count = streamingLayers(network);
  if (count === 0) return [];
  const context = loweringContext(unplaced(network, device), device, options);
  return context.layers.slice(0, count).map((layer) => streamingValues(layer, context).rollover);
}

/** Stands in for a placement where only shapes matter. */
function unplaced(network: Network, device: DeviceSpec): Placement {
  return {
    network,
    layers: network.layers.map((layer) => ({
      processors: maskOfRange(0, processorsPerPass(layer.input.channels, device)),
      outputProcessors: maskOfRange(0, processorsPerPass(layer.output.channels, device)),
      inputOffset: 0,
      outputOffset: 0,
      writeGap: 0,
      readGap: 0,
    })),
    weights: { layers: network.layers.map(() => null), chunks: [], usedBytes: 0 },
    bias: { layers: network.layers.map(() => null), images: [] },
  };
}
