import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { RegisterSpec } from "../../targets/accelerator/register.ts";
import { registerTables } from "../../targets/index.ts";
import type { Network } from "../ir/network.ts";
import type { Placement } from "../ir/placement.ts";
import type { ProgramOptions } from "../options.ts";
import { hardwareLayers, usedQuadrants, type HardwareLayer } from "./hardware-layer.ts";

/** Everything the registers are computed from. */
export interface LoweringContext {
  readonly network: Network;
  readonly placement: Placement;
  readonly device: DeviceSpec;
  readonly options: ProgramOptions;
  readonly registers: Readonly<Record<string, RegisterSpec>>;
  /** Quadrants in use; the first is the master. */
  readonly quadrants: readonly number[];
  readonly master: number;
  /** In execution order. */
  readonly layers: readonly HardwareLayer[];
  /** Layer that reads the network's input. */
  readonly start: HardwareLayer;
  /** Hardware layers of one repetition. */
  readonly hardwareLayerCount: number;
  readonly fifo: boolean;
  readonly fastFifo: boolean;
  readonly quadFifo: boolean;
  readonly anyStreaming: boolean;
}

export function loweringContext(placement: Placement, device: DeviceSpec, options: ProgramOptions): LoweringContext {
  const { network } = placement;
  const quadrants = usedQuadrants(placement, device);
  const layers = hardwareLayers(placement, device, quadrants);
  const kind = network.options.fifo;
  return {
    network,
    placement,
    device,
    options,
    registers: registerTables[device.name],
    quadrants,
    master: quadrants[0] ?? 0,
    layers,
    start: layers[0] as HardwareLayer,
    hardwareLayerCount: Math.max(...layers.map(({ hardwareIndex }) => hardwareIndex)) + 1,
    fifo: kind !== "none",
    fastFifo: kind === "fast" || kind === "fast-quad",
    quadFifo: kind === "fast-quad",
    anyStreaming: network.layers.some((layer) => layer.streaming),
  };
}
