import { executeLayers } from "../runtime/reference/execute.ts";
import type { Layer, Network } from "./ir/network.ts";
import { simulatedLayers } from "./ir/network-sequence.ts";
import type { Sample } from "./passes/fold-input.ts";

/**
 * Results of the layers that run with a sample, by layer index; those left out have none. A layer whose source was
 * left out reads what the layer that ran before it has written.
 */
export function executeNetwork(network: Network, sample: Sample): (Int32Array | undefined)[] {
  const order = simulatedLayers(network);
  const layers = order.map((index, position): Layer => {
    const layer = network.layers[index] as Layer;
    const sources = layer.sources.map((source) => {
      if (source === "input") return source;
      return order.includes(source) ? order.indexOf(source) : position - 1;
    });
    return { ...layer, sources };
  });
  const results: (Int32Array | undefined)[] = network.layers.map(() => undefined);
  for (const [position, result] of executeLayers(layers, sample, network.options).entries()) {
    results[order[position] as number] = result;
  }
  return results;
}
