import type { LayerWeights } from "../../runtime/reference/layer.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import type { Network } from "../ir/network.ts";
import { hardwareKernel } from "../passes/rewrite-kernels.ts";

/**
 * The same network with every kernel in the number format it is stored in: kernels of +1 and -1 that need a zero on
 * the hardware take 2 bits. The generator would take those zeros for +1.
 */
export function withStoredWeights(network: Network, device: DeviceSpec): Network {
  const stored = new Map<LayerWeights, LayerWeights>();
  const layers = network.layers.map((layer) => {
    const { convolution, index } = layer;
    if (!convolution?.weights?.binary) return layer;
    const { bits, binary } = hardwareKernel(network, index, device)?.weights ?? convolution.weights;
    if (binary) return layer;
    const weights = stored.get(convolution.weights) ?? { ...convolution.weights, bits, binary };
    stored.set(convolution.weights, weights);
    return { ...layer, convolution: { ...convolution, weights } };
  });
  return { ...network, layers };
}

/** The program with the bits of the last layer as stored: software behind it scales by them. */
export const asStored = (program: Program, { layers }: Network): Program => ({
  ...program,
  settings: {
    ...program.settings,
    finalWeightBits: layers.at(-1)?.convolution?.weights?.bits ?? program.settings.finalWeightBits,
  },
});
