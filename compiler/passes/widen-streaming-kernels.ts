import type { LayerConvolution, LayerWeights } from "../../runtime/reference/layer.ts";
import type { Findings } from "./context.ts";
import type { GraphLayer, LayerGraph } from "./layer-graph.ts";

/** Layers from the start of the network in which the hardware replaces 1x1 kernels. */
const checkedLayers = 9;

/**
 * Streaming needs rows above and below: 1x1 convolutions among streaming layers, or right behind them, become 3x3
 * kernels with zeros around the weight.
 */
export function widenStreamingKernels(graph: LayerGraph, findings: Findings): void {
  for (const [index, entry] of graph.layers.slice(0, checkedLayers).entries()) {
    const { layer } = entry;
    const behindStreaming = graph.layers[index - 1]?.layer.streaming ?? false;
    if (!(layer.streaming || behindStreaming) || !isSingle(entry)) continue;
    const convolution = layer.convolution as LayerConvolution;
    entry.layer = {
      ...layer,
      convolution: {
        ...convolution,
        kernel: [3, 3],
        padding: [1, 1],
        weights: convolution.weights && surround(convolution.weights),
      },
    };
    const message = `'${layer.name}' is executed as a 3x3 convolution because of streaming: it needs 9 times the weight memory`;
    findings.notice("AI2556", layer.origins.at(-1) ?? null, message);
  }
}

const isSingle = ({ layer: { convolution } }: GraphLayer): boolean =>
  convolution?.kind === "conv2d" && convolution.kernel[0] === 1 && convolution.kernel[1] === 1 && !convolution.bypass;

function surround(weights: LayerWeights): LayerWeights {
  const data = new Int8Array(weights.data.length * 9);
  for (let i = 0; i < weights.data.length; i++) data[i * 9 + 4] = weights.data[i] as number;
  return { ...weights, data };
}
