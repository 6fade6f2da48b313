import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Layer, Network } from "./network.ts";

/**
 * Whether a hidden one-pixel hardware layer stands before this one: on some devices average pooling right after an
 * element-wise layer would start with what that layer left over. Verifiers of stages judge this on their own.
 */
export function needsResetLayer(network: Network, layer: Layer, device: DeviceSpec): boolean {
  const previous = network.layers[layer.index - 1];
  return device.capabilities.averagePoolReset && layer.pool?.kind === "average" && (previous?.eltwise ?? null) !== null;
}
