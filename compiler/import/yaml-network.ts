import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import type { Pins } from "../../dsl/model.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import { maskOfRange, processorsPerPass } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import { channelProblems } from "./import-network-checks.ts";
import { describedProblems } from "./described-problems.ts";
import { totalShift } from "./layer-weights.ts";
import type { YamlNetwork } from "./yaml.ts";
import type { YamlGeometry } from "./yaml-geometry.ts";
import { inferGeometry } from "./yaml-geometry.ts";
import type { YamlLayerWeights } from "./yaml-layer-weights.ts";
import { convertWeights } from "./yaml-layer-weights.ts";
import type { YamlOptions, YamlSample, YamlWeights } from "./yaml-options.ts";
import { defaultYamlOptions } from "./yaml-options.ts";
import type { YamlOrder, YamlSlot } from "./yaml-order.ts";
import { orderLayers } from "./yaml-order.ts";
import { checkFormats, checkRules } from "./yaml-rules.ts";
import { executionIndex, sequenceOf, sourcesInOrder, unloadOf } from "./yaml-sequence.ts";
import { withSlices } from "./yaml-slices.ts";
import { assignTensors } from "./yaml-tensors.ts";
import { yamlError } from "./yaml-values.ts";

export interface YamlNetworkInput {
  readonly device: DeviceSpec;
  readonly weights: YamlWeights;
  readonly sample: YamlSample;
  readonly options?: Partial<YamlOptions>;
  /**
   * The described layers, processors and memory matter. Without, only what the network computes does: what the device
   * cannot do with the layers as described is no concern. Default true.
   */
  readonly pins?: boolean;
}

export interface YamlNetworkResult {
  readonly network?: Network;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Fills in what a description leaves out, as the reference generator does: execution order, channels, sizes, weights,
 * shifts, and the memory the description pins. Every layer's pins are complete, except for bias quadrants left to choice.
 * Codes: AI18xx for the graph, AI41xx for weights, AI62xx for keys; what the device cannot do has the codes that
 * models have for it.
 */
export function yamlToNetwork(description: YamlNetwork, input: YamlNetworkInput): YamlNetworkResult {
  const options: YamlOptions = { ...defaultYamlOptions, ...input.options };
  const { device, weights } = input;
  const keepsPlaces = input.pins !== false;
  const diagnostics: Diagnostic[] = [
    ...checkKeys(description, keepsPlaces),
    ...checkRules(description, device, keepsPlaces),
    ...checkArchitecture(description, weights),
  ];
  const ordered = orderLayers(description, options, keepsPlaces ? device : null);
  diagnostics.push(...ordered.diagnostics);
  if (ordered.order === undefined) return { diagnostics };
  const { order } = ordered;
  diagnostics.push(...checkFormats(order));
  const tensors = assignTensors(order, weights, options);
  diagnostics.push(...tensors.diagnostics);
  if (hasErrors(tensors.diagnostics)) return { diagnostics };
  const inferred = inferGeometry(order, tensors.tensors, input.sample, options);
  diagnostics.push(...inferred.diagnostics);
  if (inferred.diagnostics.some(({ severity, code }) => severity === "error" && code !== windowTooLarge)) {
    return { diagnostics };
  }
  const converted = convertWeights(order, tensors.tensors, inferred.geometry, input.weights, input.device, options);
  diagnostics.push(...converted.diagnostics);
  const [channels = 1, height = 1, width = 1] = input.sample.shape;
  const built = order.executed.map((index) =>
    buildLayer({
      slot: order.slots[index] as YamlSlot,
      order,
      geometry: inferred.geometry.get(index) as YamlGeometry,
      weights: converted.weights[index] ?? null,
      description,
      device: input.device,
      options,
    }),
  );
  const layers = built.map((layer, i) => {
    const skipped = order.slots[order.executed[i] as number]?.layer.values.in_channel_skip;
    if (skipped === undefined && !options.reshapeInputs) return layer;
    return withSlices(layer, built, { channels, height, width }, { skipped, device });
  });
  const start = order.slots[order.executed[0] as number] as YamlSlot;
  const sequence = keepsPlaces ? sequenceOf(description, order) : undefined;
  const unload = unloadOf(description);
  const network: Network = {
    name: description.arch,
    device: input.device.name,
    input: { channels, height, width, format: start.layer.values.data_format ?? "HWC" },
    layers,
    options: { averagePoolRounding: options.averagePoolRounding, fifo: options.fifo },
    ...(sequence === undefined ? {} : { sequence }),
    ...(unload === undefined ? {} : { unload }),
  };
  const pinned = keepsPlaces && order.slots.every(({ layer }) => layer.values.processors !== undefined);
  diagnostics.push(...channelProblems(network, description, weights));
  diagnostics.push(...describedProblems(network, device, { keepsPlaces, pinned, known: diagnostics }));
  if (hasErrors(diagnostics)) return { diagnostics };
  return { network, diagnostics };
}

const windowTooLarge = "AI1805";

interface LayerParts {
  readonly slot: YamlSlot;
  readonly order: YamlOrder;
  readonly geometry: YamlGeometry;
  readonly weights: YamlLayerWeights | null;
  readonly description: YamlNetwork;
  readonly device: DeviceSpec;
  readonly options: YamlOptions;
}

function buildLayer(parts: LayerParts): Layer {
  const { slot, order, geometry, weights, options } = parts;
  const { values } = slot.layer;
  const isFinal = slot.index === order.executed.at(-1);
  const marked = order.slots.some(({ layer }) => layer.values.output === true);
  const [cropStart = values.buffer_shift ?? 0, cropEnd = 0] = values.in_crop ?? [];
  return {
    index: executionIndex(order, slot.index),
    name: slot.name,
    origins: [{ name: slot.name, source: slot.layer.at }],
    sources: sourcesInOrder(slot, order),
    ...(values.buffer_shift === undefined ? {} : { recalls: true }),
    crop: [cropStart, cropEnd],
    input: geometry.input,
    eltwise: geometry.eltwise,
    pool: geometry.pool,
    pooled: geometry.pooled,
    flatten: geometry.flatten,
    convolution: convolutionOf(slot, geometry, weights),
    activation: options.ignoreActivation ? null : (values.activation ?? null),
    outputBits: (isFinal ? options.outputWidth : null) ?? values.output_width ?? 8,
    output: geometry.output,
    isOutput: marked ? values.output === true : isFinal,
    streaming: !options.ignoreStreaming && (values.streaming === true || options.streamingLayers.includes(slot.index)),
    calcx4: options.calcx4 || values.calcx4 === true,
    readAhead: options.readAhead || values.readahead === true,
    tcalc: values.tcalc ?? null,
    pins: pinsOf(parts),
    finalScale: weights?.finalScale ?? 0,
  };
}

const BYPASS_SHIFT = 7;

function convolutionOf(
  slot: YamlSlot,
  geometry: YamlGeometry,
  layer: YamlLayerWeights | null,
): LayerConvolution | null {
  if (geometry.convolution === null) return null;
  const bypass = slot.layer.values.bypass === true;
  return {
    ...geometry.convolution,
    bypass,
    weights: layer?.weights ?? null,
    bias: layer?.bias ?? null,
    shift: bypass
      ? (slot.layer.values.output_shift ?? BYPASS_SHIFT)
      : totalShift(layer?.outputShift ?? 0, layer?.weights.bits ?? 8),
  };
}

function pinsOf({ slot, order, geometry, description, device, options }: LayerParts): Pins {
  const { values } = slot.layer;
  const previous = slot.previous === null ? null : (order.slots[slot.previous] as YamlSlot);
  const { following } = slot;
  const lowest = maskOfRange(0, processorsPerPass(geometry.output.channels, device));
  const outputProcessors =
    following === null
      ? (description.outputMap ?? values.output_processors ?? lowest)
      : (values.output_processors ?? following.values.processors ?? lowest);
  return {
    processors: values.processors ?? 0n,
    outputProcessors,
    inputOffset:
      values.in_offset ?? (previous === null ? (options.inputOffset ?? 0) : (previous.layer.values.out_offset ?? 0)),
    outputOffset: values.out_offset ?? 0,
    writeGap: values.write_gap ?? 0,
    readGap: values.in_skip ?? 0,
    ...(values.bias_group === undefined ? {} : { biasQuadrants: values.bias_group }),
  };
}

/** Missing processors: AI6204. Defaults worth knowing: AI6208 warning. */
function checkKeys(description: YamlNetwork, keepsPlaces: boolean): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const [position, { at, values }] of description.layers.entries()) {
    if (keepsPlaces && values.processors === undefined) {
      diagnostics.push(yamlError("AI6204", `layer ${position} lacks the key 'processors'`, at, "Add 'processors:'."));
    }
    const defaults = [
      ...(keepsPlaces && values.out_offset === undefined ? ["'out_offset', 0 is assumed"] : []),
      ...(values.operator === undefined && values.eltwise === undefined ? ["'operator', Conv2d is assumed"] : []),
    ];
    for (const text of defaults) {
      diagnostics.push({
        code: "AI6208",
        severity: "warning",
        message: `layer ${position} has no ${text}`,
        location: at,
        hint: "Write the value down.",
      });
    }
  }
  return diagnostics;
}

function checkArchitecture(description: YamlNetwork, weights: YamlWeights): Diagnostic[] {
  if (weights.kind === "test" || weights.arch === null) return [];
  if (weights.arch.toLowerCase() === description.arch.toLowerCase()) return [];
  const message = `the network is '${description.arch}', the checkpoint ${weights.fileName} is '${weights.arch}'`;
  return [yamlError("AI4113", message, description.at, "Give the checkpoint of this network.")];
}
