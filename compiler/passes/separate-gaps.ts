import { passesOf } from "../ir/geometry.ts";
import { canReadGaps } from "../placement/data-memory-reads.ts";
import type { Findings, PassContext } from "./context.ts";
import type { GraphSource, LayerGraph, Use } from "./layer-graph.ts";
import { isPinned, plainLayer } from "./layer-graph.ts";
import { isWideDilation } from "./operators.ts";

/**
 * Operands of an element-wise layer lie interleaved in memory, written with gaps. A tensor that also has other
 * readers would be in their way: the element-wise layer then reads a copy. Reading with gaps, where the device can,
 * saves the copy.
 */
export function separateGaps(context: PassContext, graph: LayerGraph, findings: Findings): void {
  for (const source of ["input", ...graph.layers] as GraphSource[]) {
    const uses = graph.usesOf(source);
    const interleaved = uses.filter((use) => writeGapFor(context, graph, use) > 0 && !isPinned(use.reader));
    if (interleaved.length === 0) continue;
    const others = uses.filter((use) => !interleaved.includes(use));
    for (const use of needingCopies(context, graph, source, interleaved, others)) {
      graph.redirect([use], graph.insertAfter(source, "copy", null));
      const message = `${graph.nameOf(source)} is read by '${use.reader.layer.name}' and elsewhere; a copy is made for '${use.reader.layer.name}'`;
      findings.notice("AI2554", use.reader.layer.origins.at(-1) ?? null, message);
    }
  }
}

/** Words between two pixels of a tensor that this reader needs left free for the other operands. */
function writeGapFor(context: PassContext, graph: LayerGraph, { reader, operand }: Use): number {
  return (graph.readsOf(reader, context.device).sources[operand]?.interleave ?? 1) - 1;
}

function needingCopies(
  context: PassContext,
  graph: LayerGraph,
  source: GraphSource,
  interleaved: readonly Use[],
  others: readonly Use[],
): readonly Use[] {
  const [first] = interleaved;
  if (first === undefined || !canWriteGap(context, source, writeGapFor(context, graph, first))) return interleaved;
  const rest = interleaved.slice(1);
  if (rest.length === 0 && others.length === 0) return [];
  // The parts of a concatenation are found by the distance of their words: a gap inside a part would break it.
  const readable = others.every(
    ({ reader: { layer, sources } }) => sources.length === 1 && canReadGaps(layer, context.device),
  );
  // The copies themselves read with gaps, too.
  return readable && canReadGaps(plainLayer(graph.shapeOf(source)), context.device) ? rest : interleaved;
}

/** A tensor in data memory is written with the gap; the write pointer must be able to skip that far. */
function canWriteGap(context: PassContext, source: GraphSource, gap: number): boolean {
  if (source === "input") return false;
  const { layer } = source;
  if (layer.convolution === null) return true;
  const largest = 2 ** context.device.fields.writePointerIncrementBits;
  return (
    !isWideDilation(layer.convolution, context.device) &&
    passesOf(layer.output.channels, context.device) * (gap + 1) <= largest
  );
}
