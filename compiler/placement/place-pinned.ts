import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { maskOfRange, processorsPerPass } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";

/**
 * The given placement of a network whose layers all name their processors, as imported descriptions do: nothing is
 * searched, what is left out has the usual default. Null when any layer leaves its processors to the compiler.
 */
export function pinnedLayers(network: Network, device: DeviceSpec): LayerPlacement[] | null {
  if (network.layers.some((layer) => layer.pins.processors === undefined)) return null;
  return network.layers.map((layer) => ({
    processors: layer.pins.processors as bigint,
    outputProcessors: outputProcessors(network, layer, device),
    inputOffset: layer.pins.inputOffset ?? producerOffset(network, layer),
    outputOffset: layer.pins.outputOffset ?? 0,
    writeGap: layer.pins.writeGap ?? 0,
    readGap: layer.pins.readGap ?? 0,
  }));
}

/** Those of the next layer; the last layer counts from processor 0. */
function outputProcessors(network: Network, layer: Layer, device: DeviceSpec): bigint {
  return (
    layer.pins.outputProcessors ??
    network.layers[layer.index + 1]?.pins.processors ??
    maskOfRange(0, processorsPerPass(layer.output.channels, device))
  );
}

/** Where the first source was written; the network input is loaded at 0. A rolling buffer moves by the rows it drops. */
function producerOffset(network: Network, layer: Layer): number {
  const [source] = layer.sources;
  if (layer.recalls) return (layer.pins.outputOffset ?? 0) + 4 * layer.crop[0] * layer.input.width;
  return source === undefined || source === "input" ? 0 : (network.layers[source]?.pins.outputOffset ?? 0);
}
