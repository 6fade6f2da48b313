import type { ChannelRange } from "../../runtime/reference/layer.ts";
import type { Findings, PassContext } from "./context.ts";
import { canReadGaps } from "../placement/data-memory-reads.ts";
import type { GraphLayer, LayerGraph } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";

/**
 * A layer reads some channels of a tensor from the processors that hold them. Where these do not lie like a tensor of
 * their own, a 1x1 convolution selects them: channels of several turns, the input as the first layer or a FIFO places
 * it, parts that are put side by side, or channels that a layer without convolution would move inside a word.
 */
export function separateSlices(context: PassContext, graph: LayerGraph, findings: Findings): void {
  for (const reader of graph.layers.slice()) {
    const { slices } = reader.layer;
    if (slices === undefined || isPinned(reader)) continue;
    for (const [operand, slice] of slices.entries()) {
      if (isWhole(graph, reader, operand, slice) || liesAlone(context, graph, reader, operand)) continue;
      const name = graph.nameOf(reader.sources[operand] ?? "input");
      graph.selectChannels({ reader, operand }, "part");
      const last = slice.first + slice.channels - 1;
      const message = `channels ${slice.first} to ${last} of ${name} do not lie where '${reader.layer.name}' can read them alone; a 1x1 convolution selects them`;
      const hint =
        "Begin at a multiple of 4 channels and stay inside a group of channels that are calculated together.";
      findings.notice("AI2559", reader.layer.origins.at(-1) ?? null, message, hint);
    }
  }
}

function isWhole(graph: LayerGraph, reader: GraphLayer, operand: number, { channels }: ChannelRange): boolean {
  return graph.shapeOf(reader.sources[operand] ?? "input").channels === channels;
}

function liesAlone({ device, options }: PassContext, graph: LayerGraph, reader: GraphLayer, operand: number): boolean {
  const { layer, sources } = reader;
  const source = sources[operand];
  const first = graph.layers[0];
  const loadedWhole = first !== reader && first?.sources[0] === "input" && first.sources.length === 1;
  if (source === "input" && (!loadedWhole || graph.network.input.format === "CHW" || options.fifo !== "none"))
    return false;
  const reads = graph.readsOf(reader, device);
  const read = reads.sources[operand];
  if (reads.problem !== null || read === undefined) return false;
  // What is added, copied or convolved depthwise lies on the same processors of another tensor, whole words of it.
  const moves = sources.length === 1 && layer.convolution?.groups === 1;
  if (!moves && read.rank % device.processorsPerDataInstance !== 0) return false;
  if (sources.length > 1) return layer.eltwise !== null && read.skipped === 0 && read.interleave === sources.length;
  return read.interleave === 1 || (!layer.streaming && canReadGaps(layer, device));
}
