import type { LayerConvolution, LayerWeights } from "../../runtime/reference/layer.ts";
import type { Network } from "../ir/network.ts";
import { frameworkShape, totalShift } from "./layer-weights.ts";
import type { OperatorWeights, WeightSet } from "./weight-set.ts";

/** The weights of a network by operator name, as a weights file keeps them. Layers that share weights have one entry. */
export function networkWeights(network: Network, names: readonly string[]): WeightSet {
  const weights = new Map<string, OperatorWeights>();
  const seen = new Set<LayerWeights>();
  for (const { index, convolution, finalScale } of network.layers) {
    if (convolution === null || convolution.weights === null || seen.has(convolution.weights)) continue;
    seen.add(convolution.weights);
    const { bits } = convolution.weights;
    weights.set(names[index] as string, {
      weight: frameworkWeights(convolution, convolution.weights),
      bias: convolution.bias,
      weightBits: bits,
      outputShift: convolution.shift - totalShift(0, bits),
      finalScale,
      quantized: true,
    });
  }
  return weights;
}

function frameworkWeights(convolution: LayerConvolution, { outputs, inputs, data }: LayerWeights) {
  const { kind, groups, kernel } = convolution;
  const shape = frameworkShape({ name: "", kind, outputs, inputs, groups, kernel });
  return { shape, data: kind === "convTranspose2d" ? turnBack(data, outputs, inputs, convolution) : data };
}

/** [outputs][inputs / groups] to [inputs][outputs / groups], every kernel turned by 180 degrees. */
function turnBack(data: Int8Array, outputs: number, inputs: number, { groups, kernel }: LayerConvolution): Int8Array {
  const taps = kernel[0] * kernel[1];
  const outputsPerGroup = outputs / groups;
  const turned = new Int8Array(data.length);
  for (let output = 0; output < outputs; output++) {
    const firstInput = Math.floor(output / outputsPerGroup) * inputs;
    for (let input = 0; input < inputs; input++) {
      const from = (output * inputs + input) * taps;
      const to = ((firstInput + input) * outputsPerGroup + (output % outputsPerGroup)) * taps;
      for (let tap = 0; tap < taps; tap++) turned[to + tap] = data[from + taps - 1 - tap] as number;
    }
  }
  return turned;
}
