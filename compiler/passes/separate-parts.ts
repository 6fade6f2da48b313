import type { Findings, PassContext } from "./context.ts";
import { selectingConvolution } from "./identity-convolution.ts";
import type { GraphLayer, LayerGraph } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";

/**
 * Operands that are channels of one tensor and do not lie in words of their own become tensors of their own: 1x1
 * convolutions select the channels. The network input is loaded as its only reader needs it.
 */
export function separateParts(context: PassContext, graph: LayerGraph, findings: Findings): void {
  for (const entry of graph.layers.slice()) {
    const { layer, sources } = entry;
    const [source] = sources;
    const operands = layer.eltwise?.operands ?? 1;
    if (source === undefined || sources.length > 1 || operands < 2 || isPinned(entry)) continue;
    if (liesInParts(context, graph, entry)) continue;
    const { channels } = layer.input;
    entry.sources = Array.from({ length: operands }, (_, operand) =>
      graph.insertAfter(source, "part", selectingConvolution(channels * operands, channels, operand * channels)),
    );
    const message = `the ${operands} parts of ${graph.nameOf(source)} that '${layer.name}' combines do not lie in words of their own; ${operands} 1x1 convolutions copy them`;
    findings.notice("AI2557", layer.origins.at(-1) ?? null, message, "Make the parts by operators of their own.");
  }
}

function liesInParts({ device }: PassContext, graph: LayerGraph, entry: GraphLayer): boolean {
  const [source] = entry.sources;
  if (source !== "input") return graph.readsOf(entry, device).problem === null;
  return graph.usesOf(source).length === 1;
}
