import type { Network } from "../ir/network.ts";
import type { PassContext, PassResult } from "./context.ts";
import { Findings } from "./context.ts";
import { alignProcessors } from "./align-processors.ts";
import { convolvePools } from "./convolve-pools.ts";
import { LayerGraph } from "./layer-graph.ts";
import { bufferInput } from "./buffer-input.ts";
import { copyIntoBuffers } from "./copy-into-buffers.ts";
import { copyIntoRows } from "./copy-into-rows.ts";
import { separateGaps } from "./separate-gaps.ts";
import { separateParts } from "./separate-parts.ts";
import { separateReadAhead } from "./separate-read-ahead.ts";
import { separateSlices } from "./separate-slices.ts";
import { splitConcatenations } from "./split-concatenations.ts";

/**
 * Inserts and changes layers until data memory can hold every tensor where its readers need it. Values stay the
 * same. Layers that the user numbered are left alone; the verifier judges them.
 */
export function legalize(context: PassContext, network: Network): PassResult<Network> {
  const findings = new Findings();
  const graph = new LayerGraph(network);
  convolvePools(context, graph, findings);
  bufferInput(context, graph, findings);
  copyIntoBuffers(context, graph, findings);
  separateSlices(context, graph, findings);
  splitConcatenations(context, graph, findings);
  copyIntoRows(context, graph, findings);
  separateParts(context, graph, findings);
  separateReadAhead(context, graph, findings);
  separateGaps(context, graph, findings);
  alignProcessors(context, graph, findings);
  return findings.result(graph.finish());
}
