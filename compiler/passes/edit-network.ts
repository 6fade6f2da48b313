import type { NetworkEdits } from "../options.ts";
import type { Layer, Network } from "../ir/network.ts";
import { registerPositions } from "../ir/network-sequence.ts";
import type { PassContext, PassResult } from "./context.ts";
import { Findings } from "./context.ts";
import { cutSequence, cutUnload } from "./move-sequence.ts";

/**
 * Changes the hardware layers of a finished network as somebody asked: cut behind a layer, without bias, without or
 * with streaming, and so on. What comes out is judged like any network. AI1530: there is no such layer.
 */
export function editNetwork(
  _: PassContext,
  { network, edits }: { readonly network: Network; readonly edits: NetworkEdits },
): PassResult<Network> {
  const findings = new Findings();
  const last = network.layers.length - 1;
  const named: readonly (readonly [string, readonly number[]])[] = [
    ["the last layer", edits.stopAfter === null ? [] : [edits.stopAfter]],
    ["a layer without bias", edits.noBias === "all" ? [] : edits.noBias],
    ["a streaming layer", edits.streamingLayers],
  ];
  for (const [what, layers] of named) {
    for (const layer of layers.filter((one) => one > last)) {
      findings.error("AI1530", null, `${what} is ${layer}; the last one is ${last}`, `use 0 to ${last}`);
    }
  }
  const start = registerPositions(network)[0] ?? 0;
  if (edits.startLayer !== null && edits.startLayer !== start) {
    const message = `layer ${edits.startLayer} is to run first; in this model it is layer ${start}`;
    findings.error("AI1530", null, message, "say it in the model, with sequence: { start: ... }");
  }
  const end = Math.min(edits.stopAfter ?? last, last);
  const layers = network.layers.slice(0, end + 1).map((layer) => edited(layer, end, edits));
  const { sequence, unload } = network;
  return findings.result({
    ...network,
    layers,
    ...(sequence === undefined ? {} : { sequence: cutSequence(sequence, layers.length) }),
    ...(unload === undefined ? {} : { unload: cutUnload(unload, layers.length) }),
  });
}

function edited(layer: Layer, last: number, edits: NetworkEdits): Layer {
  const { index, convolution, pins } = layer;
  const final = index === last;
  const unbiased = edits.noBias === "all" || edits.noBias.includes(index);
  const moved = edits.inputOffset !== null && layer.sources.includes("input");
  return {
    ...layer,
    convolution: convolution !== null && unbiased ? { ...convolution, bias: null } : convolution,
    activation: edits.ignoreActivation ? null : layer.activation,
    outputBits: (final ? edits.outputWidth : null) ?? layer.outputBits,
    isOutput: layer.isOutput || final,
    streaming: !edits.ignoreStreaming && (layer.streaming || edits.streamingLayers.includes(index)),
    calcx4: layer.calcx4 || (edits.calcx4 && convolution !== null),
    readAhead: layer.readAhead || (edits.readAhead && convolution !== null),
    pins: moved ? { ...pins, inputOffset: edits.inputOffset as number } : pins,
  };
}
