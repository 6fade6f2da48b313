import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import { readShape } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { YamlNetwork } from "./yaml.ts";
import type { YamlOptions, YamlWeights } from "./yaml-options.ts";
import type { YamlLayer } from "./yaml-schema.ts";
import { convolves } from "./yaml-tensors.ts";
import { yamlError } from "./yaml-values.ts";

const skipsNothing = ["in_channel_skip", "the layer reads all channels"] as const;

const onlySpeed = "it only changes how a layer runs, which models without pins say of operators with weights";

/** How layers run, as far as models say it: all of it with pins, else what operators with weights have options for. */
export function keptManner(layer: Layer, pins: boolean): Layer {
  if (pins) return layer;
  if (layer.convolution === null) return { ...layer, streaming: false, calcx4: false, readAhead: false, tcalc: null };
  return { ...layer, tcalc: layer.readAhead ? layer.tcalc : null };
}

function leftOutManner(layer: YamlLayer, pins: boolean): (readonly [keyof YamlLayer["values"], string])[] {
  if (pins) return [];
  const keys = ["streaming", "calcx4", "readahead", "tcalc"] as const;
  if (!convolves(layer)) return keys.map((key) => [key, onlySpeed]);
  return layer.values.readahead === true ? [] : [["tcalc", "it has no meaning without 'readahead'"]];
}

/** Keys without meaning in a model are left out with a warning (AI6212). */
export function leftOutKeys({ layers, dataBuffers }: YamlNetwork, network: Network, pins: boolean): Diagnostic[] {
  const slicing = new Set(network.layers.filter(({ slices }) => slices).map(({ origins }) => origins[0]?.source));
  const inLayers = layers.flatMap((layer) =>
    [...(slicing.has(layer.at) ? [] : [skipsNothing]), ...leftOutManner(layer, pins)].flatMap(([key, reason]) => {
      if (layer.values[key] === undefined || layer.values[key] === false) return [];
      return [leftOut(`'${key}' is left out: ${reason}`, layer.places[key] ?? layer.at)];
    }),
  );
  const moved = layers.some(({ values }) => values.buffer_shift !== undefined);
  const [buffer] = moved ? [] : dataBuffers;
  return [
    ...inLayers,
    ...(buffer === undefined ? [] : [leftOut("'data_buffer' is left out: no layer keeps data", buffer.at)]),
  ];
}

const leftOut = (message: string, location: Diagnostic["location"] & object): Diagnostic => ({
  code: "AI6212",
  severity: "warning",
  message,
  location,
});

/** Without pins, only layers that outputs depend on become operators (AI6212). */
export function unreadLayers({ layers }: Network, needed: ReadonlySet<TensorSource>): Diagnostic[] {
  return layers
    .filter(({ index }) => !needed.has(index))
    .map(({ index, origins }) => {
      const at = origins[0]?.source ?? { file: "", line: 1, column: 1 };
      return leftOut(`layer ${index} is left out: no output depends on it`, at);
    });
}

/** Channels by the weights against channels by the layers in front, both sides shown (AI1807). */
export function channelProblems(network: Network, description: YamlNetwork, weights: YamlWeights): Diagnostic[] {
  return network.layers.flatMap((layer) => {
    const at = layer.origins[0]?.source;
    const written = description.layers.find((candidate) => candidate.at === at);
    if (at === undefined || layer.convolution?.weights == null || written?.values.in_channels !== undefined) return [];
    const delivered = layer.sources.map((source, i) => readShape(layer, i, shapeOf(network, source)).channels);
    const sum = delivered.reduce((total, channels) => total + channels, 0);
    const { channels } = layer.input;
    const fits = [sum, sum / (layer.eltwise?.operands ?? 1)].includes(channels);
    if (fits || delivered.every((count) => count === channels)) return [];
    const taken = `the weights of layer ${layer.index}${storedName(layer, network, weights)} take ${channels} channels`;
    const message = `${taken}; the network delivers ${sum} (${sourceNames(layer)})`;
    const parts = channels < sum ? "; --reshape-inputs, where a layer reads some of the channels" : "";
    const hint = `Check that the weights belong to this network, and the order of layers${parts}.`;
    return [yamlError("AI1807", message, at, hint)];
  });
}

const shapeOf = (network: Network, source: Layer["sources"][number]): Shape =>
  source === "input" ? network.input : (network.layers[source] as Layer).output;

const sourceNames = ({ sources }: Layer): string =>
  sources.map((source) => (source === "input" ? "network input" : `layer ${source}`)).join(", ");

function storedName(layer: Layer, network: Network, weights: YamlWeights): string {
  if (weights.kind === "test") return "";
  const owners = network.layers.filter(
    ({ convolution }, i) =>
      convolution?.weights != null &&
      network.layers.findIndex((other) => other.convolution?.weights === convolution.weights) === i,
  );
  const stored = weights.layers[owners.findIndex((owner) => owner.convolution?.weights === layer.convolution?.weights)];
  return stored === undefined ? "" : ` ('${stored.key}' [${stored.shape.join(", ")}])`;
}

/** More stored weights than layers (AI4114): mostly the file of a larger network. */
export function surplusWeights(
  description: YamlNetwork,
  weights: YamlWeights,
  { skipLayers = 0, skipCheckpointLayers = 0 }: Partial<YamlOptions> = {},
): Diagnostic[] {
  if (weights.kind === "test") return [];
  const needed = weightedLayers(description, skipLayers).length;
  const unused = weights.layers.slice(skipCheckpointLayers + needed);
  if (unused.length === 0) return [];
  const rest = unused.length > 3 ? ` and ${unused.length - 3} more` : "";
  const names = `${unused
    .slice(0, 3)
    .map(({ key }) => key)
    .join(", ")}${rest}`;
  const message = `the network has ${needed} layers with weights, ${weights.fileName} has ${weights.layers.length}: ${names} not used`;
  return [{ code: "AI4114", severity: "warning", message, location: description.at }];
}

/** When weights and layers do not fit, shows which weights each layer was given. */
export function withWeightTable(
  diagnostics: readonly Diagnostic[],
  description: YamlNetwork,
  weights: YamlWeights,
): readonly Diagnostic[] {
  const told = withoutConsequences(diagnostics);
  const first = told.findIndex(({ code }) => ["AI1803", "AI1804", "AI1807", "AI4101"].includes(code));
  if (first < 0 || weights.kind === "test") return told;
  const layers = weightedLayers(description);
  const rows = Array.from({ length: Math.max(layers.length, weights.layers.length) }, (_, row) => {
    const [layer, stored] = [layers[row], weights.layers[row]];
    const file = stored === undefined ? "nothing" : `${stored.key} [${stored.shape.join(", ")}]`;
    return { message: `${layer === undefined ? "no layer" : layerTitle(layer, description)} <- ${file}` };
  });
  return told.map((diagnostic, i) => (i === first ? { ...diagnostic, notes: rows } : diagnostic));
}

/** With weights of another network, processors do not fit channels, nor weights layers: that says nothing more. */
function withoutConsequences(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const isOther = diagnostics.some(({ code }) => code === "AI4113");
  return isOther ? diagnostics.filter(({ code }) => code !== "AI3020" && code !== "AI4114") : diagnostics;
}

function layerTitle(layer: YamlLayer, description: YamlNetwork): string {
  const { operator = "conv2d", kernel_size, name } = layer.values;
  const kernel = kernel_size === undefined ? "" : ` ${[kernel_size.rows, kernel_size.columns ?? []].flat().join("x")}`;
  const title = name === undefined ? "" : ` '${name}'`;
  return `layer ${description.layers.indexOf(layer)}${title} (${operator}${kernel}, line ${layer.at.line})`;
}

/** Layers with weights of their own, in the order in which stored weights are given to them; the first are left out. */
export function weightedLayers({ layers }: YamlNetwork, skipLayers = 0): readonly YamlLayer[] {
  let sequence = -1;
  const numbered = layers.map((layer) => ({ layer, sequence: (sequence = layer.values.sequence ?? sequence + 1) }));
  return numbered
    .filter((numberedLayer) => numberedLayer.sequence >= skipLayers)
    .toSorted((a, b) => a.sequence - b.sequence)
    .map(({ layer }) => layer)
    .filter((layer) => convolves(layer) && layer.values.bypass !== true && layer.values.weight_source === undefined);
}
