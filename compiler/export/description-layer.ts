import type { Pair } from "../../dsl/model.ts";
import type { LayerConvolution, TensorSource } from "../../runtime/reference/layer.ts";
import { totalShift } from "../import/layer-weights.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { runsAsTwoDimensional } from "../placement/data-memory-layout.ts";
import { bufferInputKeys, type DescribedBuffer } from "./description-buffer.ts";
import { sequenceKeys } from "./description-sequence.ts";
import { inferredChannels, needsSize, readsOnlyPrevious } from "./layer-inputs.ts";

/** A value of a layer key as written: processors in hexadecimal, texts without quotes. */
export type DescriptionValue = number | bigint | string | boolean | readonly (number | string)[];
export type DescriptionEntry = readonly [key: string, value: DescriptionValue];

export interface DescribedLayer {
  readonly network: Network;
  readonly layer: Layer;
  readonly place: LayerPlacement;
  readonly names: readonly string[];
  /** Earlier layer whose weights, bias and shift this one uses. */
  readonly weightOwner: number | null;
  readonly buffer: DescribedBuffer | null;
}

/** All keys of one hardware layer. Whatever has a default that depends on other layers is written down. */
export function describedLayer(described: DescribedLayer): DescriptionEntry[] {
  const { layer, place, names, buffer } = described;
  return [
    ["name", layer === buffer?.mover ? buffer.moverName : (names[layer.index] as string)],
    ...inputKeys(described),
    ["processors", place.processors],
    ["in_offset", hexadecimal(place.inputOffset)],
    ...optional("read_gap", place.readGap),
    ...eltwiseKeys(layer),
    ...poolKeys(layer),
    ...operatorKeys(described),
    ["activate", activations[layer.activation ?? "none"]],
    ["output_width", layer.outputBits],
    ["output_processors", place.outputProcessors],
    ["out_offset", hexadecimal(place.outputOffset)],
    ...optional("write_gap", place.writeGap),
    ...sequenceKeys(described.network, layer, names),
    ...(layer === buffer?.newest ? ([["buffer_insert", layer.output.height]] as const) : []),
    ...biasKeys(layer),
    ...speedKeys(layer),
    ...(layer.isOutput ? ([["output", true]] as const) : []),
  ];
}

const activations = { relu: "ReLU", abs: "Abs", none: "None" } as const;

const hexadecimal = (offset: number): bigint => BigInt(offset);

const optional = (key: string, value: number): DescriptionEntry[] => (value === 0 ? [] : [[key, value]]);

function inputKeys({ network, layer, names, buffer }: DescribedLayer): DescriptionEntry[] {
  const fromBuffer = buffer && bufferInputKeys(layer, buffer);
  if (fromBuffer !== null) return fromBuffer;
  const { index, sources, input, crop, flatten, pooled } = layer;
  const refer = (source: TensorSource): string => (source === "input" ? "input" : (names[source] as string));
  const inputs = flatten ? input.channels * pooled.height * pooled.width : input.channels;
  const channels = inferredChannels(network, layer) === inputs ? 0 : inputs;
  return [
    ...(index === 0 ? ([["data_format", network.input.format]] as const) : []),
    ...(readsOnlyPrevious(layer) ? [] : ([["in_sequences", sources.map(refer)]] as const)),
    ...optional("in_channels", channels),
    ...(layer.slices === undefined ? [] : ([["in_channel_skip", layer.slices[0]?.first ?? 0]] as const)),
    ...(needsSize(network, layer) || keepsSize(layer) ? ([["in_dim", [input.height, input.width]]] as const) : []),
    ...(crop[0] + crop[1] > 0 ? ([["in_crop", [...crop]]] as const) : []),
  ];
}

/** Without a size of its own, the generator changes that of all layers that read the same, too. */
const keepsSize = (layer: Layer): boolean => runsAsTwoDimensional(layer) && layer.sources.length === 1;

function eltwiseKeys({ eltwise, pool }: Layer): DescriptionEntry[] {
  if (eltwise === null) return [];
  return [
    ["eltwise", eltwise.operation],
    ["operands", eltwise.operands],
    // Where a pool only strides, there is no order to choose.
    ...(pool === null || pool.size[0] * pool.size[1] === 1 ? [] : ([["pool_first", eltwise.poolFirst]] as const)),
  ];
}

function poolKeys(layer: Layer): DescriptionEntry[] {
  const { pool } = layer;
  if (pool === null) return [];
  const along = (pair: Pair): DescriptionValue => (oneDimensional(layer) ? pair[0] : short(pair));
  return [
    [pool.kind === "max" ? "max_pool" : "avg_pool", along(pool.size)],
    // A single column has no stride of its own, but the generator wants both to be the same.
    ["pool_stride", along(oneColumn(layer) ? [pool.stride[0], pool.stride[0]] : pool.stride)],
    ...(pool.dilation[0] * pool.dilation[1] === 1 ? [] : ([["pool_dilation", short(pool.dilation)]] as const)),
  ];
}

const oneColumn = ({ input, pool }: Layer): boolean => input.width === 1 && pool?.size[1] === 1;

const short = (pair: Pair): DescriptionValue => (pair[0] === pair[1] ? pair[0] : [...pair]);

/** Then the second entry of a window is ignored. */
const oneDimensional = ({ convolution, input }: Layer): boolean =>
  convolution === null ? input.width === 1 : convolution.kind === "conv1d";

const operators = { conv2d: "Conv2d", conv1d: "Conv1d", convTranspose2d: "ConvTranspose2d", linear: "Linear" } as const;

function operatorKeys({ layer, weightOwner, names }: DescribedLayer): DescriptionEntry[] {
  const { convolution, flatten } = layer;
  if (convolution === null) {
    return [
      ["operation", "None"],
      ["pad", 0],
    ];
  }
  const { kind, kernel, padding } = convolution;
  return [
    ["operation", operators[kind]],
    ...(kind === "linear" ? [] : ([["kernel_size", kind === "conv1d" ? kernel[0] : kernel.join("x")]] as const)),
    ["pad", padding[0]],
    ...strideKeys(convolution),
    ...(convolution.dilation === 1 ? [] : ([["dilation", convolution.dilation]] as const)),
    ...(convolution.groups === 1 ? [] : ([["groups", convolution.groups]] as const)),
    ...(flatten ? ([["flatten", true]] as const) : []),
    ...numberKeys(convolution, weightOwner !== null),
    ...(weightOwner === null ? [] : ([["weight_source", names[weightOwner] as string]] as const)),
  ];
}

/** Transposed convolutions have a stride of two and one row of output padding, all others neither. */
function strideKeys({ kind, stride, outputPadding }: LayerConvolution): DescriptionEntry[] {
  const transposed = kind === "convTranspose2d";
  return [
    ...(stride === (transposed ? 2 : 1) ? [] : ([["stride", stride]] as const)),
    ...(outputPadding === (transposed ? 1 : 0) ? [] : ([["output_pad", outputPadding]] as const)),
  ];
}

function numberKeys({ weights, bypass, shift }: LayerConvolution, borrowed: boolean): DescriptionEntry[] {
  if (bypass || weights === null) {
    return [
      ["bypass", true],
      ["output_shift", shift],
    ];
  }
  return [
    ["quantization", weights.binary ? "bin" : weights.bits],
    ...(borrowed ? [] : ([["output_shift", shift - totalShift(0, weights.bits)]] as const)),
  ];
}

/** Free choices follow from the network in the same way on both sides; a choice the user took away is written. */
const biasKeys = ({ pins, convolution }: Layer): DescriptionEntry[] =>
  pins.biasQuadrants === undefined || convolution?.bias == null ? [] : [["bias_group", [...pins.biasQuadrants]]];

const speedKeys = ({ streaming, calcx4, readAhead, tcalc }: Layer): DescriptionEntry[] => [
  ...(streaming ? ([["streaming", true]] as const) : []),
  ...(calcx4 ? ([["calcx4", true]] as const) : []),
  ...(readAhead ? ([["readahead", true]] as const) : []),
  ...(tcalc === null ? [] : ([["tcalc", tcalc]] as const)),
];
