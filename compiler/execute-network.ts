import { executeLayers, type LayerWatch } from "../runtime/reference/execute.ts";
import type { Layer, Network } from "./ir/network.ts";
import { simulatedLayers } from "./ir/network-sequence.ts";
import type { Sample } from "./passes/fold-input.ts";

/**
 * Results of the layers that run with a sample, by layer index; those left out have none. A layer whose source was
 * left out reads what the layer that ran before it has written. `watch` sees what each reads and gives, by its index.
 */
export function executeNetwork(network: Network, sample: Sample, watch: LayerWatch = {}): (Int32Array | undefined)[] {
  const order = simulatedLayers(network);
  const idle = network.layers.filter(({ index }) => !order.includes(index));
  const layers = order.map((index, position): Layer => {
    const layer = network.layers[index] as Layer;
    const sources = layer.sources.map((source) => {
      if (source === "input") return source;
      if (order.includes(source)) return order.indexOf(source);
      // A rolling buffer keeps what the inference before left.
      return layer.recalls ? order.length + idle.findIndex((one) => one.index === source) : position - 1;
    });
    return { ...layer, sources };
  });
  const results: (Int32Array | undefined)[] = network.layers.map(() => undefined);
  const indexOf = (position: number): number => order[position] as number;
  const watchLayers: LayerWatch = {
    operands: (position, operands) => watch.operands?.(indexOf(position), operands),
    result: (position, values) => watch.result?.(indexOf(position), values),
  };
  for (const [position, result] of executeLayers(layers, sample, network.options, null, watchLayers, idle).entries()) {
    results[indexOf(position)] = result;
  }
  return results;
}
