import { DATA_FRACTION_BITS } from "../../targets/accelerator/fixed-point.ts";
import type { Model, ModelNode, WeightedNode } from "../../dsl/model.ts";
import { invariant } from "../../dsl/diagnostic.ts";
import type { LayerConvolution, TensorSource } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { Findings, PassContext } from "./context.ts";
import type { LayerDraft } from "./layer-draft.ts";
import { mergePins, pinnedLayer, resultOf, writtenBy } from "./layer-draft.ts";
import { readOut } from "./model-graph.ts";
import { isWeighted, isEltwise } from "./operators.ts";
import { orderLayers } from "./order-layers.ts";
import { unloadItems } from "./unload-items.ts";
import type { QuantizedSet } from "./weights.ts";

/** Puts collected layers in order, numbers them and attaches their integers. */
export function buildNetwork(
  context: PassContext,
  model: Model,
  weights: QuantizedSet,
  drafts: readonly LayerDraft[],
  findings: Findings,
): Network {
  const { drafts: ordered, sequence } = orderLayers(model, byNumber(drafts, findings), findings);
  const indexOf = new Map(ordered.map((draft, index) => [writtenBy(draft), index]));
  const source = (id: number): TensorSource => {
    if (model.nodes[id]?.kind === "input") return "input";
    const index = indexOf.get(id);
    invariant(index !== undefined, `no layer makes the result of node ${id}`);
    return index;
  };
  const layers = ordered.map((draft, index) => toLayer(model, weights, draft, index, draft.sources.map(source)));
  const input = model.nodes.find((node) => node.kind === "input");
  invariant(input, "a model has an input");
  reportWideSources(layers, findings);
  const unload = unloadItems(model, ordered, context.device, findings);
  return {
    name: model.name,
    device: context.device.name,
    input: { ...input.shape, format: input.format },
    layers: layers.map((layer) => (layer.sources.includes("input") ? withInputPins(layer, input) : layer)),
    options: context.options,
    ...(sequence === undefined ? {} : { sequence }),
    ...(unload === undefined ? {} : { unload }),
  };
}

/**
 * By the operator that completes a layer, rolling buffers moving right before their newest rows are written; or as the
 * user numbered them, when every layer is pinned.
 */
function byNumber(drafts: readonly LayerDraft[], findings: Findings): readonly LayerDraft[] {
  const ordered = drafts.toSorted((a, b) => position(a) - position(b));
  const pinned = ordered.flatMap((draft) => pinnedLayer(draft) ?? []);
  const seen = new Set<number>();
  for (const draft of ordered) {
    const layer = pinnedLayer(draft);
    if (layer === undefined || !seen.has(layer)) {
      if (layer !== undefined) seen.add(layer);
      continue;
    }
    const node = resultOf(draft);
    const message = `'${node.name}' is pinned to layer ${layer} but cannot share it with the other operators there`;
    const hint =
      "A layer combines operands, pools, flattens, convolves and activates, in this order, without branches.";
    findings.error("AI1506", node, message, hint);
  }
  if (pinned.length < ordered.length) return ordered;
  return ordered.toSorted((a, b) => (pinnedLayer(a) ?? 0) - (pinnedLayer(b) ?? 0));
}

function position(draft: LayerDraft): number {
  const newest = draft.sources.at(-1) ?? 0;
  return draft.keeps === undefined ? resultOf(draft).id : newest - 1 / 2;
}

function toLayer(
  model: Model,
  weights: QuantizedSet,
  draft: LayerDraft,
  index: number,
  sources: readonly TensorSource[],
): Layer {
  const { convolution } = draft;
  const result = resultOf(draft);
  const nodes = draft.nodes;
  const { streaming, calcx4, readAhead, tcalc, ...pins } = mergePins(nodes);
  return {
    index,
    name: layerName(nodes),
    origins: nodes.map(({ name, source }) => (source ? { name, source } : { name })),
    sources,
    ...(draft.slices === undefined ? {} : { slices: draft.slices }),
    crop: draft.crop,
    input: draft.input,
    eltwise: draft.eltwise,
    pool: draft.pool,
    pooled: draft.pooled,
    flatten: draft.flatten,
    convolution: convolution && toConvolution(convolution, weights),
    activation: draft.activation,
    outputBits: convolution?.wide ? 32 : 8,
    output: draft.keeps === undefined ? result.shape : draft.pooled,
    ...(draft.keeps === undefined ? {} : { recalls: true }),
    isOutput: readOut(model).includes(writtenBy(draft)),
    streaming: convolution?.streaming || streaming || false,
    calcx4: convolution?.calcx4 ?? calcx4 ?? false,
    readAhead: convolution?.readAhead ?? readAhead ?? false,
    tcalc: convolution?.tcalc ?? tcalc ?? null,
    pins,
    finalScale: (convolution && weights.get(convolution.name)?.finalScale) ?? 0,
  };
}

/** A layer is called as its most telling operator. */
const layerName = (nodes: readonly ModelNode[]): string =>
  (nodes.findLast(isWeighted) ?? nodes.findLast(isEltwise) ?? nodes.at(-1))?.name ?? "";

function toConvolution(node: WeightedNode, weights: QuantizedSet): LayerConvolution {
  const bypass = node.bypass === true;
  const quantized = weights.get(node.name);
  invariant(bypass || quantized, `operator ${node.name} has no weights`);
  const transposed = node.kind === "convTranspose2d";
  return {
    kind: node.kind,
    kernel: node.kernel,
    padding: node.padding,
    dilation: node.dilation,
    stride: transposed ? 2 : 1,
    outputPadding: transposed ? 1 : 0,
    groups: node.groups,
    weights: quantized?.weights ?? null,
    bypass,
    bias: quantized?.bias ?? null,
    // Shifted like this, a sum keeps its scale.
    shift: quantized?.shift ?? node.outputShift ?? DATA_FRACTION_BITS,
  };
}

/** Where the input lies is also the choice of the layers that read it. */
function withInputPins(layer: Layer, input: ModelNode): Layer {
  const { processors, inputOffset } = input.pins ?? {};
  const given = {
    ...(processors === undefined ? {} : { processors }),
    ...(inputOffset === undefined ? {} : { inputOffset }),
  };
  return { ...layer, pins: { ...given, ...layer.pins } };
}

function reportWideSources(layers: readonly Layer[], findings: Findings): void {
  for (const layer of layers) {
    for (const source of layer.sources) {
      const producer = source === "input" ? undefined : layers[source];
      if (producer?.outputBits !== 32) continue;
      const message = `'${layer.name}' reads the 32-bit result of '${producer.name}'; layers read 8-bit data`;
      findings.error("AI1504", layer.origins.at(-1) ?? null, message, `Drop \`wide\` from '${producer.name}'.`);
    }
  }
}
