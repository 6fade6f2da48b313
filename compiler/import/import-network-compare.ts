import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Shape } from "../../dsl/model.ts";
import type { LayerConvolution, LayerWeights } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "../ir/network.ts";
import { pinnedLayers } from "../placement/place-pinned.ts";

/**
 * What two networks of one device differ in, one sentence each; none: they are the same, layer by layer, in names,
 * sources, shapes, weights, shifts and the memory they are given. How a layer is written does not count: memory that
 * follows from other pins, the order of pooling in layers that do not pool.
 */
export function sameNetwork(a: Network, b: Network, device: DeviceSpec): string[] {
  const whole = fieldDifferences("network", networkFacts(a), networkFacts(b));
  if (a.layers.length !== b.layers.length) return [...whole, `layers: ${a.layers.length} / ${b.layers.length}`];
  const [placesA, placesB] = [pinnedLayers(a, device), pinnedLayers(b, device)];
  return [
    ...whole,
    ...a.layers.flatMap((layer, i) => {
      const other = b.layers[i] as Layer;
      const title = `layer ${i} '${layer.name}'`;
      return [
        ...fieldDifferences(title, layerFacts(layer), layerFacts(other)),
        ...fieldDifferences(title, placesA?.[i] ?? {}, placesB?.[i] ?? {}),
        ...weightDifferences(title, layer.convolution, other.convolution),
      ];
    }),
  ];
}

type Facts = Readonly<Record<string, unknown>>;

function fieldDifferences(title: string, a: object, b: object): string[] {
  const [left, right] = [a as Facts, b as Facts];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return keys.flatMap((key) => {
    const [one, other] = [show(left[key]), show(right[key])];
    return one === other ? [] : [`${title}: ${key} ${one} / ${other}`];
  });
}

const show = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `0x${part.toString(16)}` : part)) ?? "none";

const networkFacts = ({ device, input, options, sequence, unload }: Network): Facts => ({
  device,
  input: [input.channels, input.height, input.width, input.format],
  options: [options.averagePoolRounding, options.fifo],
  sequence,
  unload: unload?.map(({ ...item }) => ({ ...item, source: null })),
});

const sizes = ({ channels, height, width }: Shape) => [channels, height, width];

function layerFacts(layer: Layer): Facts {
  const { name, sources, crop, input, eltwise, pool, pooled, flatten, convolution, activation, output } = layer;
  const combination = eltwise && [eltwise.operation, eltwise.operands, pool === null || eltwise.poolFirst];
  return {
    name,
    sources,
    slices: layer.slices,
    recalls: layer.recalls,
    crop,
    input: sizes(input),
    eltwise: combination,
    pool: pool && [pool.kind, pool.size, pool.stride, pool.dilation],
    pooled: sizes(pooled),
    flatten,
    convolution: convolution && convolutionFacts(convolution),
    activation,
    output: sizes(output),
    outputBits: layer.outputBits,
    isOutput: layer.isOutput,
    streaming: layer.streaming,
    speedUps: [layer.calcx4, layer.readAhead, layer.tcalc],
    finalScale: layer.finalScale,
    biasQuadrants: layer.pins.biasQuadrants,
  };
}

const convolutionFacts = (convolution: LayerConvolution): unknown[] => {
  const { kind, kernel, padding, dilation, stride, outputPadding, groups, bypass, shift } = convolution;
  return [kind, kernel, padding, dilation, stride, outputPadding, groups, bypass, shift];
};

const weightFacts = (weights: LayerWeights | null | undefined): Facts =>
  weights ? { outputs: weights.outputs, inputs: weights.inputs, bits: weights.bits, binary: weights.binary } : {};

function weightDifferences(title: string, a: LayerConvolution | null, b: LayerConvolution | null): string[] {
  return [
    ...fieldDifferences(`${title} weights`, weightFacts(a?.weights), weightFacts(b?.weights)),
    ...valueDifference(`${title}: weight`, a?.weights?.data, b?.weights?.data),
    ...valueDifference(`${title}: bias value`, a?.bias, b?.bias),
  ];
}

function valueDifference(title: string, a: Int8Array | null | undefined, b: Int8Array | null | undefined): string[] {
  if (!a || !b || a.length !== b.length)
    return a?.length === b?.length ? [] : [`${title}s: ${a?.length ?? "none"} / ${b?.length ?? "none"}`];
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? [] : [`${title} ${at} is ${a[at]} / ${b[at]}`];
}
