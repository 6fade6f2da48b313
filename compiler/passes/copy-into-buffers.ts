import type { Findings } from "./context.ts";
import type { GraphLayer, GraphSource, LayerGraph } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";

/**
 * The newest rows of a rolling buffer are written where they belong by the layer that makes them, after the buffer has
 * moved. Where that layer cannot do both (it is the first one, streams, or writes into another buffer already), a copy
 * writes the rows, and the buffer moves right before the copy.
 */
export function copyIntoBuffers(graph: LayerGraph, findings: Findings): void {
  const written = new Set<GraphSource>();
  for (const mover of graph.layers.filter(({ layer }) => layer.recalls)) {
    const newest = mover.sources[1];
    if (newest === undefined || isPinned(mover)) continue;
    if (newest !== "input" && !written.has(newest) && !newest.layer.streaming && newest !== firstLayer(graph)) {
      written.add(newest);
      continue;
    }
    const uses = graph.usesOf(newest).filter(({ reader }) => reader.sources[0] === mover);
    // The first layer is the one that the input is loaded for.
    const stored = newest === "input" ? graph.insertAfter("input", "copy", null) : newest;
    const copy = graph.insertAfter(stored, "copy", null);
    graph.redirect(uses, copy);
    graph.moveBefore(copy, mover);
    const message = `'${mover.layer.name}' has to run before ${graph.nameOf(newest)} is in the rolling buffer; a copy puts it there`;
    findings.notice("AI2558", mover.layer.origins.at(-1) ?? null, message);
  }
}

const firstLayer = (graph: LayerGraph): GraphLayer | undefined => graph.layers.find(({ layer }) => !layer.recalls);
