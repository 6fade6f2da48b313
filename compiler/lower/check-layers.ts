import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { readShape } from "../../runtime/reference/layer.ts";
import type { Network } from "../ir/network.ts";
import { lowerCodes } from "./codes.ts";
import type { LoweringContext } from "./context.ts";
import { checkConvolution } from "./check-layers-convolution.ts";
import { when } from "./check-sentence.ts";
import type { HardwareLayer } from "./hardware-layer.ts";

/**
 * What the hardware can execute, checked on finished layers: the last gate before registers, for networks from any
 * source. Limits of single register fields are checked where they are encoded.
 */
export function checkLayers(context: LoweringContext): Diagnostic[] {
  return context.layers.flatMap((hw) =>
    sentences(hw, context).map((sentence): Diagnostic => {
      const location = hw.layer.origins.find(({ source }) => source !== undefined)?.source;
      return {
        code: lowerCodes.unsupportedLayer,
        severity: "error",
        message: `${hw.layer.name}: ${sentence}`,
        ...(location === undefined ? {} : { location }),
      };
    }),
  );
}

const sentences = (hw: HardwareLayer, context: LoweringContext): string[] => [
  ...checkSources(hw, context.network),
  ...checkSizes(hw, context.device),
  ...checkPooling(hw, context.device),
  ...checkEltwise(hw, context.device),
  ...checkFlatten(hw, context.device),
  ...checkModes(hw, context.device),
  ...checkStreamingLayer(hw, context),
  ...checkConvolution(hw, context.device),
];

/** A layer reads all values of its sources, less the rows that are cropped: of each, or of all of them as one pile. */
function checkSources({ layer, operands }: HardwareLayer, network: Network): string[] {
  const { channels, height, width } = layer.input;
  const shapes = layer.sources.flatMap((source, position) => {
    const whole = source === "input" ? network.input : network.layers[source]?.output;
    return whole === undefined ? [] : readShape(layer, position, whole);
  });
  const pile = layer.eltwise === null && shapes.every((shape) => shape.channels === channels);
  const cropped = layer.crop[0] + layer.crop[1];
  const offered = shapes.reduce((sum, shape, index) => {
    const rows = shape.height - (pile && index > 0 ? 0 : cropped);
    return sum + shape.channels * rows * shape.width;
  }, 0);
  const wanted = operands * channels * height * width;
  return when(offered !== wanted, `reads ${wanted} values; its sources hold ${offered}`);
}

function checkSizes({ layer, inputPasses }: HardwareLayer, { limits, name }: DeviceSpec): string[] {
  const { input, output, pooled } = layer;
  const largest = Math.max(input.height, input.width, output.height, output.width);
  const smallest = Math.min(pooled.height, pooled.width, output.height, output.width);
  const words = input.height * input.width * inputPasses;
  return [
    ...when(largest > limits.rowsOrColumns, `${largest} rows or columns; ${name} has at most ${limits.rowsOrColumns}`),
    ...when(smallest < 1, "nothing is left after pooling and convolution"),
    ...when(words >= limits.frameWords, `${words} words per frame; the limit is ${limits.frameWords - 1}`),
    ...when(input.channels > limits.channels, `${input.channels} input channels; at most ${limits.channels}`),
    ...when(output.channels > limits.channels, `${output.channels} output channels; at most ${limits.channels}`),
  ];
}

function checkPooling({ layer, operation, pool, pooling, inputPasses }: HardwareLayer, device: DeviceSpec): string[] {
  const { poolSize, poolStride, poolDilation, poolPasses } = device.limits;
  const dilation = Math.max(...pool.dilation);
  const single = layer.pooled.height === 1 && layer.pooled.width === 1;
  return [
    ...when(Math.max(...pool.size) > poolSize.max, `pools over ${pool.size.join("x")}; at most ${poolSize.max}`),
    ...when(
      Math.max(...pool.stride) > poolStride.max,
      `pool stride ${pool.stride.join("x")}; at most ${poolStride.max}`,
    ),
    ...when(
      dilation > poolDilation.max,
      `pool dilation ${dilation}; ${device.name} allows at most ${poolDilation.max}`,
    ),
    ...when(
      operation === "passthrough" && pooling && inputPasses > poolPasses && !single,
      `pools ${layer.input.channels} channels in ${inputPasses} passes without a convolution; at most ${poolPasses}`,
    ),
  ];
}

function checkEltwise(hw: HardwareLayer, device: DeviceSpec): string[] {
  const { layer, operands, operation, pool, pooling, inputPasses, passesAsRows } = hw;
  if (layer.eltwise === null) return [];
  const { operands: range, operandsBeforePool } = device.limits;
  const alone = operation === "passthrough" && !pooling && Math.max(...pool.stride) === 1;
  const bias = layer.convolution?.bias?.some((value) => value !== 0) === true && layer.convolution.groups === 1;
  return [
    ...when(operands < range.min || operands > range.max, `${operands} operands; ${range.min} to ${range.max} work`),
    ...when(
      pooling && !layer.eltwise.poolFirst && operands > operandsBeforePool,
      `pools after combining ${operands} operands; at most ${operandsBeforePool}`,
    ),
    ...when(layer.convolution?.kind === "conv1d", "a Conv1d cannot combine operands in the same layer"),
    ...when(
      passesAsRows && !alone,
      `${operands} operands in ${inputPasses} passes cannot be pooled or convolved in the same layer on ${device.name}`,
    ),
    ...when(
      bias && !device.capabilities.eltwiseConvBias,
      `${device.name} cannot combine operands and convolve with a bias in the same layer`,
    ),
  ];
}

function checkFlatten({ layer, flattenPasses, pooling, depthwise }: HardwareLayer, { limits }: DeviceSpec): string[] {
  if (!layer.flatten) return [];
  const pixels = layer.pooled.height * layer.pooled.width;
  const most = limits.flattenPixels;
  return [
    ...when(pixels > most, `flattens ${pixels} pixels per channel; at most ${most}`),
    ...when(flattenPasses >= most, `flattening takes ${flattenPasses + 1} passes; at most ${most}`),
    ...when(pooling, "cannot pool and flatten in the same layer"),
    ...when(layer.streaming, "cannot stream a flattened input"),
    ...when(layer.convolution === null, "flattens without a linear operator"),
    ...when(depthwise, "cannot flatten for a depthwise convolution"),
  ];
}

function checkModes({ layer, operation, placement }: HardwareLayer, { capabilities, name }: DeviceSpec): string[] {
  const passthrough = operation === "passthrough";
  return [
    ...when(layer.readAhead && !capabilities.readAhead, `read-ahead is not available on ${name}`),
    ...when(layer.calcx4 && !capabilities.calcx4, `calculating four outputs at a time is not available on ${name}`),
    ...when(placement.readGap > 0 && !capabilities.readGap, `read gaps are not available on ${name}`),
    ...when(passthrough && layer.activation !== null, "an activation needs a convolution or linear operator"),
    ...when(passthrough && layer.outputBits !== 8, "32-bit results need a convolution or linear operator"),
    ...when(layer.outputBits === 32 && layer.activation !== null, "32-bit results cannot be activated"),
  ];
}

function checkStreamingLayer(hw: HardwareLayer, context: LoweringContext): string[] {
  const { layer, index, operation } = hw;
  if (!layer.streaming) return [];
  const { capabilities, limits, name } = context.device;
  return [
    ...when(index >= limits.streamingLayers, `streaming layer ${index + 1}; at most ${limits.streamingLayers} stream`),
    ...when(
      index > 0 && context.layers[index - 1]?.layer.streaming !== true,
      "streams, but the layer before it does not; streaming layers come first",
    ),
    ...when(operation === "passthrough" && !capabilities.streamingPassthrough, `only convolutions stream on ${name}`),
  ];
}
