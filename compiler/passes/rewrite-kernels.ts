import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Pair } from "../../dsl/model.ts";
import type { LayerConvolution, LayerWeights } from "../../runtime/reference/layer.ts";
import { passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";

/** A layer's kernel as the hardware executes it. */
export interface HardwareKernel {
  readonly kind: LayerConvolution["kind"];
  /** Rows x columns. */
  readonly kernel: Pair;
  /** Rows and columns of padding as programmed. */
  readonly padding: Pair;
  /** Weights of the kernel above; null: a bypass layer stores none. */
  readonly weights: LayerWeights | null;
}

/**
 * The kernel of a layer after the changes the hardware needs; null without convolution. Values do not change:
 * - 1x1 kernels in or right behind streaming layers become 3x3 kernels with zeros around the weight;
 * - dilated one-dimensional kernels get zeros between their taps, or, when that exceeds the longest kernel, become
 *   the middle column of a 3x3 kernel over data cut into rows of `dilation` samples;
 * - transposed kernels are padded as the cross-correlation they are;
 * - kernels of +1 and -1 have no zero: where one is needed, they take 2 bits.
 */
export function hardwareKernel(network: Network, index: number, device: DeviceSpec): HardwareKernel | null {
  const layer = network.layers[index] as Layer;
  const kernel = reshapedKernel(network, layer, device);
  const original = layer.convolution?.weights;
  if (!kernel?.weights?.binary || !original) return kernel;
  const hasZeros = kernel.weights.data.length !== original.data.length || leavesGaps(layer, network, device);
  return hasZeros ? { ...kernel, weights: { ...kernel.weights, bits: bitsWithZero, binary: false } } : kernel;
}

/** Weights of -1, 0 and +1 need that many. */
const bitsWithZero = 2;

/**
 * Some processors have no channel in the last pass: what they read must not count. Behind the network input they read
 * zeros, where those channels share a word with others, because input words are filled up.
 */
function leavesGaps({ input, convolution, sources }: Layer, network: Network, device: DeviceSpec): boolean {
  const gaps = passesOf(input.channels, device) * processorsPerPass(input.channels, device) - input.channels;
  if (convolution?.groups !== 1 || gaps === 0) return false;
  const readsInput = sources.every((source) => source === "input") && network.input.format === "HWC";
  return !readsInput || gaps >= device.processorsPerDataInstance;
}

function reshapedKernel(network: Network, layer: Layer, device: DeviceSpec): HardwareKernel | null {
  const { convolution } = layer;
  if (convolution === null) return null;
  if (needsRows(network, layer, device)) return surround(convolution);
  if (convolution.kind === "conv1d" && convolution.dilation > 1) return dilate(convolution, device);
  const { kind, kernel, padding, weights } = convolution;
  return { kind, kernel, weights, padding: kind === "convTranspose2d" ? transposedPadding(convolution) : padding };
}

function needsRows(network: Network, layer: Layer, device: DeviceSpec): boolean {
  const { kind, kernel, bypass } = layer.convolution as LayerConvolution;
  // Without weights there are no zeros around one of them.
  if ((kind !== "conv2d" && kind !== "convTranspose2d") || bypass) return false;
  // The layer behind the last streaming layer is looked at, too.
  if (kernel[0] !== 1 || kernel[1] !== 1 || layer.index > device.limits.streamingLayers) return false;
  return layer.streaming || (network.layers[layer.index - 1]?.streaming ?? false);
}

function surround({ kind, weights }: LayerConvolution): HardwareKernel {
  return { kind, kernel: [3, 3], padding: [1, 1], weights: weights && spread(weights, 1, 9, () => 4) };
}

function dilate(convolution: LayerConvolution, device: DeviceSpec): HardwareKernel {
  const { kind, kernel, padding, dilation, weights } = convolution;
  const [length] = kernel;
  const stretched = (length - 1) * dilation + 1;
  if (stretched <= device.limits.conv1dKernel.max) {
    const taps = weights && spread(weights, length, stretched, (tap) => tap * dilation);
    return { kind, kernel: [stretched, 1], padding, weights: taps };
  }
  // Two taps are those of the middle and the last row.
  const column = weights && spread(weights, length, 9, (tap) => (tap + 3 - length) * 3 + 1);
  return { kind: "conv2d", kernel: [3, 3], padding: [1, 1], weights: column };
}

const transposedPadding = ({ kernel, padding, dilation }: LayerConvolution): Pair => [
  (kernel[0] - 1) * dilation - padding[0],
  (kernel[1] - 1) * dilation - padding[1],
];

/** Kernels of `from` taps as kernels of `to` taps, zero where no tap goes. */
function spread(weights: LayerWeights, from: number, to: number, position: (tap: number) => number): LayerWeights {
  const kernels = weights.data.length / from;
  const data = new Int8Array(kernels * to);
  for (let kernel = 0; kernel < kernels; kernel++) {
    for (let tap = 0; tap < from; tap++)
      data[kernel * to + position(tap)] = weights.data[kernel * from + tap] as number;
  }
  return { ...weights, data };
}
