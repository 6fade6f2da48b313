import { dataAddress } from "../../targets/accelerator/address.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { ProgramOutput, TensorLocation } from "../../targets/accelerator/program.ts";
import { bitsOf, passesOf } from "../ir/geometry.ts";
import { registerOrder } from "../ir/network-sequence.ts";
import type { Placement } from "../ir/placement.ts";

/**
 * Tensors that are read out: those marked as outputs, and always the last one. `executed` are the layers that run,
 * in order; the last of them ends the network.
 */
export const outputLayers = ({ network }: Placement, executed: readonly number[]): number[] =>
  network.layers
    .filter(({ index, isOutput }) => index === executed.at(-1) || (isOutput && executed.includes(index)))
    .map(({ index }) => index);

/** All outputs, those that the sample does not reach as well, in the order of their register sets. */
export function programOutputs(placement: Placement): ProgramOutput[] {
  const order = registerOrder(placement.network);
  const outputs = outputLayers(
    placement,
    placement.network.layers.map(({ index }) => index),
  );
  return outputs
    .toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
    .map((index) => ({
      name: placement.network.layers[index]?.name ?? "",
      layer: index,
      location: outputLocation(placement, index),
      finalScale: placement.network.layers[index]?.finalScale ?? 0,
    }));
}

export function outputLocation({ network, layers }: Placement, index: number): TensorLocation {
  const layer = network.layers[index];
  const place = layers[index];
  if (layer === undefined || place === undefined) throw new RangeError(`no layer ${index}`);
  return {
    ...layer.output,
    processors: bitsOf(place.outputProcessors),
    offset: place.outputOffset,
    writeGap: place.writeGap,
    bits: layer.outputBits,
  };
}

/** Words of a tensor, one per pixel: the byte lanes that belong to it and the channel in each. */
export interface TensorRun {
  /** Bus address for the first pixel, and bytes from one pixel to the next. */
  readonly address: number;
  readonly step: number;
  /** Of wide data one, with the channel that fills the word. */
  readonly lanes: readonly { readonly lane: number; readonly channel: number }[];
}

/** Every word a tensor occupies. */
export function tensorRuns(location: TensorLocation, device: DeviceSpec): TensorRun[] {
  const passes = passesOf(location.channels, device);
  const valueBytes = (location.bits / 8) * (location.writeGap + 1) * 4;
  const step = passes * valueBytes;
  return Array.from({ length: passes }, (_, pass) =>
    instancesOf(location, pass, device).flatMap(({ first, lanes }) => {
      const address = dataAddress(device, first, location.offset + pass * valueBytes);
      if (location.bits === 8) return [{ address, step, lanes }];
      return lanes.map(({ channel }, i) => ({ address: address + 4 * i, step, lanes: [{ lane: 0, channel }] }));
    }),
  ).flat();
}

interface Instance {
  /** First processor of the data memory instance. */
  readonly first: number;
  readonly lanes: readonly { readonly lane: number; readonly channel: number }[];
}

/** Instances that hold channels of a pass, ascending. */
function instancesOf(location: TensorLocation, pass: number, device: DeviceSpec): Instance[] {
  const lanes = new Map<number, { lane: number; channel: number }[]>();
  for (const [rank, processor] of location.processors.entries()) {
    const channel = pass * location.processors.length + rank;
    if (channel >= location.channels) continue;
    const lane = processor % device.processorsPerDataInstance;
    const first = processor - lane;
    lanes.set(first, [...(lanes.get(first) ?? []), { lane, channel }]);
  }
  return [...lanes].map(([first, of]) => ({ first, lanes: of }));
}
