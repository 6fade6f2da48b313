import type { Findings, PassContext } from "./context.ts";
import type { LayerGraph } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";

/**
 * What a layer reads ahead and what it writes lie in different blocks of data memory. A reader of both of them finds
 * them at one address: it reads a copy of the former.
 */
export function separateReadAhead(_context: PassContext, graph: LayerGraph, findings: Findings): void {
  for (const reader of graph.layers.slice()) {
    if (isPinned(reader)) continue;
    for (const [operand, source] of reader.sources.entries()) {
      const ahead = reader.sources.find(
        (other) => other !== "input" && other.layer.readAhead && other.sources.includes(source),
      );
      if (ahead === undefined) continue;
      graph.redirect([{ reader, operand }], graph.insertAfter(source, "copy", null));
      const message = `'${reader.layer.name}' combines ${graph.nameOf(ahead)} with ${graph.nameOf(source)}, from which that reads ahead; a copy is made for '${reader.layer.name}'`;
      findings.notice("AI2554", reader.layer.origins.at(-1) ?? null, message);
    }
  }
}
