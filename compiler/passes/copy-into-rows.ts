import type { Findings, PassContext } from "./context.ts";
import type { GraphSource, LayerGraph, Use } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";
import { isWideDilation } from "./operators.ts";

/**
 * Tensors whose rows a layer reads one after the other lie behind one another in memory, each written there by its
 * layer. A tensor that has its place already, or is written with more around it, gets a copy for that.
 */
export function copyIntoRows(context: PassContext, graph: LayerGraph, findings: Findings): void {
  for (const reader of graph.layers.slice()) {
    if (isPinned(reader) || !readsRows(graph, { reader, operand: 0 })) continue;
    for (const [operand, source] of [...reader.sources].entries()) {
      if (hasPlace(context, graph, { reader, operand }, source)) continue;
      graph.redirect([{ reader, operand }], graph.insertAfter(source, "copy", null));
      const message = `${graph.nameOf(source)} cannot be written behind the other rows that '${reader.layer.name}' reads; a copy is`;
      findings.notice(
        "AI2560",
        reader.layer.origins.at(-1) ?? null,
        message,
        "Put together what nothing else combines.",
      );
    }
  }
}

/** The layer reads rows of several tensors. Rolling buffers have a pass of their own. */
function readsRows(graph: LayerGraph, { reader: { layer, sources } }: Use): boolean {
  if (sources.length < 2 || layer.eltwise !== null || layer.recalls) return false;
  const moved = sources.some((source) => source !== "input" && source.layer.recalls);
  return !moved && sources.every((source) => graph.shapeOf(source).channels === layer.input.channels);
}

function hasPlace({ device }: PassContext, graph: LayerGraph, own: Use, source: GraphSource): boolean {
  if (source === "input" || source.layer.streaming) return false;
  const { convolution } = source.layer;
  if (convolution !== null && isWideDilation(convolution, device)) return false;
  return graph.usesOf(source).every((use) => {
    if (use.reader === own.reader) return use.operand === own.operand;
    const reads = use.reader.layer.convolution;
    return use.reader.sources.length === 1 && (reads === null || !isWideDilation(reads, device));
  });
}
