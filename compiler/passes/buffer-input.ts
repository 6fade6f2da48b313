import type { Findings, PassContext } from "./context.ts";
import { identityConvolution } from "./identity-convolution.ts";
import type { LayerGraph, Use } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";

/**
 * Data from a FIFO passes by once, and planar data is understood by the first layer only: when the input is needed
 * otherwise than as the one tensor of one layer, a first layer copies it into data memory.
 */
export function bufferInput(context: PassContext, graph: LayerGraph, findings: Findings): void {
  const { fifo } = context.options;
  const { format, channels } = graph.network.input;
  if (fifo === "none" && format === "HWC") return;
  const uses = graph.usesOf("input");
  if (uses.length === 1 && uses.every(readsWhole)) return;
  if (uses.some(({ reader }) => isPinned(reader) || reader.layer.streaming)) return;
  const buffer = graph.insertAfter("input", "buffer", identityConvolution(channels));
  graph.redirect(uses, buffer);
  const why = fifo === "none" ? "in CHW format only the first layer can read it" : "a FIFO delivers it once";
  const message = `the input is combined, cropped, flattened, convolved depthwise or read by several layers, but ${why}; a first layer stores it`;
  findings.notice("AI2552", null, message, "Use HWC format without FIFO to avoid it.");
}

/** Nothing shows that planar channels, on every fourth processor, can be flattened or convolved depthwise. */
const readsWhole = ({ reader: { layer, sources } }: Use): boolean =>
  sources.length === 1 &&
  layer.eltwise === null &&
  layer.crop[0] === 0 &&
  layer.crop[1] === 0 &&
  !layer.flatten &&
  (layer.convolution?.groups ?? 1) === 1;
