import { networkWeights } from "../import/import-network-weights.ts";
import { writeCheckpoint, type TensorContents } from "../import/torch-writer.ts";
import type { OperatorWeights } from "../import/weight-set.ts";
import type { Layer, Network } from "../ir/network.ts";
import { registerOrder } from "../ir/network-sequence.ts";
import { weightOwners } from "./weight-owners.ts";

/**
 * The quantized weights of a network as PyTorch checkpoint, in the order of its layers. Weights stand as integers, a
 * bias as multiples of 2^(bits - 1), shifts without the implicit 8 - bits.
 */
export function descriptionCheckpoint(network: Network, arch: string, names: readonly string[]): Uint8Array {
  const owners = weightOwners(network);
  const described = registerOrder(network).map((index) => network.layers[index] as Layer);
  const own = described.filter(({ index }) => owners[index] === null).map(withOwnWeights);
  const tensors = new Map<string, TensorContents>();
  for (const [name, weights] of networkWeights({ ...network, layers: own }, names)) {
    for (const [parameter, tensor] of layerTensors(weights)) tensors.set(`${name}.${parameter}`, tensor);
  }
  return writeCheckpoint({ arch, epoch: 0, tensors });
}

/** Kernels that other layers use too, under another bias or shift, are stored once for each. */
function withOwnWeights(layer: Layer): Layer {
  const { convolution } = layer;
  if (convolution === null || convolution.weights === null) return layer;
  return { ...layer, convolution: { ...convolution, weights: { ...convolution.weights } } };
}

const FULL_BITS = 8;

function layerTensors({ weight, bias, weightBits, outputShift, finalScale }: OperatorWeights) {
  const bits = weightBits ?? FULL_BITS;
  const scalar = (value: number): TensorContents => ({ shape: [1], dtype: "float32", data: [value] });
  const tensors: [name: string, tensor: TensorContents][] = [
    ["output_shift", scalar(outputShift ?? 0)],
    ["weight_bits", scalar(bits)],
    ["bias_bits", scalar(FULL_BITS)],
    ["quantize_activation", scalar(1)],
    ["adjust_output_shift", scalar(0)],
    ["op.weight", { shape: weight.shape, dtype: "float32", data: weight.data }],
  ];
  if (finalScale !== null && finalScale !== 0) tensors.push(["final_scale", scalar(finalScale)]);
  if (bias !== null) {
    const unit = 2 ** (bits - 1);
    const data = Array.from(bias, (value) => value * unit);
    tensors.push(["op.bias", { shape: [bias.length], dtype: "float32", data }]);
  }
  return tensors;
}
