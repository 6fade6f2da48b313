import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import { readShape } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "../ir/network.ts";
import { bufferRead } from "./model-source-buffers.ts";

/** What the hardware does and the model language cannot say: one AI6211 error each, at the layer's description. */
export function unsupportedParts(network: Network): Diagnostic[] {
  return network.layers.flatMap((layer) => {
    const reason = readingProblem(network, layer);
    return reason === null ? [] : [notSupported(`layer ${layer.index} ${reason.text}`, layer, reason.hint)];
  });
}

interface Reason {
  readonly text: string;
  readonly hint: string;
}

function notSupported(message: string, layer: Layer, hint: string): Diagnostic {
  const location = layer.origins[0]?.source;
  return {
    code: "AI6211",
    severity: "error",
    message: `not supported yet: ${message}`,
    ...(location === undefined ? {} : { location }),
    hint,
  };
}

function readingProblem(network: Network, layer: Layer): Reason | null {
  // The network's verifier says what a rolling buffer must be like.
  if (layer.recalls || bufferRead(network, layer) !== null) return null;
  const { sources, eltwise, input } = layer;
  if (sources.some((source) => source !== "input" && source >= layer.index)) {
    return { text: "reads a layer that comes after it", hint: "Number the layers in the order of their data." };
  }
  const shapes = sources.map((source, i) => readShape(layer, i, shapeOf(network, source)));
  const first = shapes[0] as Shape;
  if (eltwise !== null) {
    if (sources.length !== eltwise.operands && sources.length !== 1) {
      const text = `combines ${eltwise.operands} groups of channels of ${sources.length} tensors`;
      return { text, hint: "Give one tensor per operand with 'in_sequences'." };
    }
    if (sources.length === 1 && layer.slices !== undefined) {
      const text = `combines ${eltwise.operands} groups of some channels of one tensor`;
      return { text, hint: "Give one tensor per operand with 'in_sequences'." };
    }
  }
  const all = eltwise === null ? shapes.reduce((sum, shape) => sum + shape.channels, 0) : first.channels;
  const channels = all / (eltwise !== null && sources.length === 1 ? eltwise.operands : 1);
  if (channels === input.channels || joinsRows(layer, shapes)) return null;
  const text = `reads ${input.channels} of ${channels} channels`;
  return { text, hint: "Join or split the tensors along their channels, whole." };
}

/** Pixels of several tensors are read one after the other. */
export const joinsRows = ({ eltwise, input }: Layer, shapes: readonly Shape[]): boolean =>
  eltwise === null && shapes.length > 1 && shapes.every((shape) => shape.channels === input.channels);

const shapeOf = (network: Network, source: TensorSource): Shape =>
  source === "input" ? network.input : (network.layers[source] as Layer).output;
