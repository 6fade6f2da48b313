import type { Findings, PassContext } from "./context.ts";
import { whyNotTogether } from "./fusion-rules.ts";
import { identityConvolution } from "./identity-convolution.ts";
import type { GraphLayer, LayerGraph } from "./layer-graph.ts";
import { isPinned, plainLayer } from "./layer-graph.ts";

/**
 * Concatenations that data memory cannot hold side by side become sums: every part is copied to its channels of a
 * tensor of full size by a 1x1 convolution, with zeros elsewhere, and the copies are added.
 */
export function splitConcatenations(context: PassContext, graph: LayerGraph, findings: Findings): void {
  for (const entry of graph.layers.slice()) {
    const { layer, sources } = entry;
    if (sources.length < 2 || layer.eltwise !== null || isPinned(entry)) continue;
    if (graph.readsOf(entry, context.device).problem === null) continue;
    const parts = sources.map((source) => graph.shapeOf(source).channels);
    const total = parts.reduce((sum, channels) => sum + channels, 0);
    const place = layer.origins.at(-1) ?? null;
    const { max } = context.device.limits.operands;
    if (parts.length > max) {
      const message = `'${layer.name}' concatenates ${parts.length} parts of ${parts.join(", ")} channels; parts that do not fill passes evenly must be at most ${max}`;
      findings.error("AI2511", place, message, "Concatenate in steps, or give every part a multiple of 4 channels.");
      continue;
    }
    if (total > context.device.limits.channels) continue;
    const copies = sources.map((source, i) => {
      const offset = parts.slice(0, i).reduce((sum, channels) => sum + channels, 0);
      return graph.insertAfter(source, "widened", identityConvolution(parts[i] ?? 0, total, offset));
    });
    addUp(context, graph, entry, copies);
    const message = `the parts of the concatenation read by '${layer.name}' have ${parts.join(", ")} channels; ${parts.length} 1x1 convolutions and an addition put them together`;
    const hint = "Parts of multiples of 4 channels that together fill passes of equal size need no copies.";
    findings.notice("AI2553", place, message, hint);
  }
}

/** Lets a layer read the sum of the copies: in flight where it can, else through a layer that adds. */
function addUp(context: PassContext, graph: LayerGraph, entry: GraphLayer, copies: readonly GraphLayer[]): void {
  const { layer } = entry;
  const { pool, flatten, convolution, input, crop } = layer;
  const eltwise = { operation: "add", operands: copies.length, poolFirst: true } as const;
  const channels = input.channels;
  const plan = {
    channels,
    columns: input.width,
    eltwise,
    pool,
    flatten,
    convolution: convolution && { ...convolution, bias: convolution.bias !== null },
  };
  const whole = crop[0] === 0 && crop[1] === 0 && input.height === copies[0]?.layer.output.height;
  if (whole && !layer.streaming && whyNotTogether(plan, context.device, context.options) === null) {
    entry.layer = { ...layer, eltwise };
    entry.sources = [...copies];
    return;
  }
  const shape = { ...graph.shapeOf(copies[0] ?? "input"), channels };
  const sum: GraphLayer = {
    layer: { ...plainLayer(shape), name: `${layer.name}_parts`, origins: layer.origins, eltwise },
    sources: [...copies],
  };
  graph.insertBefore(entry, sum);
  entry.sources = [sum];
}
