import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Findings, PassContext } from "./context.ts";
import type { GraphSource, LayerGraph } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";
import { isWideDilation } from "./operators.ts";

/**
 * The newest rows of a rolling buffer are written where they belong by the layer that makes them, after the buffer has
 * moved. Where that layer cannot (it is the first one, streams, writes into another buffer already, or more than its
 * rows), a copy writes them, and the buffer moves right before the copy.
 */
export function copyIntoBuffers({ device }: PassContext, graph: LayerGraph, findings: Findings): void {
  const written = new Set<GraphSource>();
  for (const mover of graph.layers.filter(({ layer }) => layer.recalls)) {
    const newest = mover.sources[1];
    if (newest === undefined || isPinned(mover)) continue;
    if (!written.has(newest) && canWriteInto(graph, newest, device)) {
      written.add(newest);
      continue;
    }
    const uses = graph.usesOf(newest).filter(({ reader }) => reader.sources[0] === mover);
    // The first layer is the one that the input is loaded for.
    const stored = newest === "input" ? graph.insertAfter("input", "copy", null) : newest;
    const copy = graph.insertAfter(stored, "copy", null);
    graph.redirect(uses, copy);
    graph.moveBefore(copy, mover);
    const message = `${graph.nameOf(newest)} cannot be written into the rolling buffer '${mover.layer.name}' after it has moved; a copy is`;
    findings.notice("AI2558", mover.layer.origins.at(-1) ?? null, message);
  }
}

function canWriteInto({ layers }: LayerGraph, newest: GraphSource, device: DeviceSpec): boolean {
  if (newest === "input" || newest.layer.streaming) return false;
  // A widely dilated convolution also writes in front of its result, where the kept rows are.
  const { convolution } = newest.layer;
  if (convolution !== null && isWideDilation(convolution, device)) return false;
  return newest !== layers.find(({ layer }) => !layer.recalls);
}
