import { executeLayers, type LayerOperands } from "../runtime/reference/execute.ts";
import type { Layer, Network } from "./ir/network.ts";
import { simulatedLayers } from "./ir/network-sequence.ts";
import type { Sample } from "./passes/fold-input.ts";

/**
 * Results of the layers that run with a sample, by layer index; those left out have none. A layer whose source was
 * left out reads what the layer that ran before it has written. `observe` sees what each layer reads, by its index.
 */
export function executeNetwork(
  network: Network,
  sample: Sample,
  observe?: (index: number, operands: LayerOperands) => void,
): (Int32Array | undefined)[] {
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
  const watch =
    observe && ((position: number, operands: LayerOperands) => observe(order[position] as number, operands));
  for (const [position, result] of executeLayers(layers, sample, network.options, null, watch).entries()) {
    results[order[position] as number] = result;
  }
  return results;
}
