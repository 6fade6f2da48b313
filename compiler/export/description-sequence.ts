import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { maskOf } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import { registerPositions } from "../ir/network-sequence.ts";
import type { Placement } from "../ir/placement.ts";
import { unloadOutputs } from "../lower/unload-location.ts";
import type { DescriptionEntry } from "./description-layer.ts";

/** Where execution goes on behind a layer, in a network whose layers do not simply follow each other. */
export function sequenceKeys(network: Network, { index }: Layer, names: readonly string[]): DescriptionEntry[] {
  const { sequence, layers } = network;
  if (sequence === undefined) return [];
  const positions = registerPositions(network);
  const position = positions[index] as number;
  const [next, link] = [positions[index + 1], sequence.onSnoop.find(({ layer }) => layer === index)];
  const follows = next === undefined ? position === layers.length - 1 : next === position + 1;
  const stopOr = (layer: number | undefined): string => (layer === undefined ? "stop" : (names[layer] as string));
  const step = sequence.simulated?.indexOf(index) ?? -1;
  const simulated = sequence.simulated?.[step + 1];
  const runsOn = step < 0 || (simulated ?? layers.length) === index + 1;
  return [
    ...(follows ? [] : ([["next_sequence", stopOr(next === undefined ? undefined : index + 1)]] as const)),
    // This one is a number in the reference generator.
    ...(link === undefined ? [] : ([["snoop_sequence", positions[link.next] as number]] as const)),
    ...(runsOn ? [] : ([["simulated_sequence", stopOr(simulated)]] as const)),
  ];
}

/** Values of the snoop units, one line each. */
export function snoopLines({ sequence }: Network): string[] {
  if (sequence?.snoop == null) return [];
  const values = sequence.snoop.map((value) => (value < 10 ? `${value}` : `0x${value.toString(16)}`));
  return [`snoop: [${values.join(", ")}]`, ""];
}

/** What is read out instead of the outputs. */
export function unloadEntries(placement: Placement, device: DeviceSpec): DescriptionEntry[][] {
  const { unload } = placement.network;
  if (unload === undefined) return [];
  return unloadOutputs(placement, unload, device).map(({ location }) => [
    ["processors", maskOf(location.processors)],
    ["channels", location.channels],
    ["dim", [location.height, location.width]],
    ["offset", BigInt(location.offset)],
    ...(location.writeGap === 0 ? [] : ([["write_gap", location.writeGap]] as const)),
  ]);
}

/** Execution that does not begin at layer 0 is asked for on the command line. */
export const startLayerOf = (network: Network): number => registerPositions(network)[0] ?? 0;
