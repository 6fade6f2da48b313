import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Network } from "../ir/network.ts";
import type { Schedule } from "../ir/schedule.ts";
import { liveRanges } from "../placement/live-ranges.ts";

/** Everything that follows from the order of the layers: passes, processors per pass, and how long tensors live. */
export function scheduleLayers(network: Network, device: DeviceSpec): Schedule {
  return {
    network,
    layers: network.layers.map((layer) => ({
      inputPasses: passesOf(layer.input.channels, device),
      inputProcessors: processorsPerPass(layer.input.channels, device),
      outputPasses: passesOf(layer.output.channels, device),
      outputProcessors: processorsPerPass(layer.output.channels, device),
    })),
    tensors: liveRanges(network),
  };
}
