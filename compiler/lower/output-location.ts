import { dataAddress } from "../../targets/accelerator/address.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { ProgramOutput, TensorLocation } from "../../targets/accelerator/program.ts";
import { bitsOf, passesOf } from "../ir/geometry.ts";
import type { Placement } from "../ir/placement.ts";

/**
 * Tensors that are read out: those marked as outputs, and always the last one. `executed` are the layers that run,
 * in order; the last of them ends the network.
 */
export const outputLayers = ({ network }: Placement, executed: readonly number[]): number[] =>
  network.layers
    .filter(({ index, isOutput }) => index === executed.at(-1) || (isOutput && executed.includes(index)))
    .map(({ index }) => index);

export const programOutputs = (placement: Placement, executed: readonly number[]): ProgramOutput[] =>
  outputLayers(placement, executed).map((index) => ({
    name: placement.network.layers[index]?.name ?? "",
    layer: index,
    location: outputLocation(placement, index),
    finalScale: placement.network.layers[index]?.finalScale ?? 0,
  }));

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

/** One word of a tensor: the byte lanes that belong to it and the channel in each; wide data has one channel per word. */
export interface TensorWord {
  readonly address: number;
  readonly pixel: number;
  readonly lanes: readonly { readonly lane: number; readonly channel: number }[];
}

/** Every word a tensor occupies, in the order pass, data memory instance, pixel. */
export function* tensorWords(location: TensorLocation, device: DeviceSpec): Generator<TensorWord> {
  const passes = passesOf(location.channels, device);
  const wordsPerValue = location.bits / 8;
  const pixels = location.height * location.width;
  for (let pass = 0; pass < passes; pass++) {
    for (const instance of instancesOf(location, pass, device)) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        const word = (pixel * passes + pass) * wordsPerValue * (location.writeGap + 1);
        const address = dataAddress(device, instance.first, location.offset + 4 * word);
        if (location.bits === 8) yield { address, pixel, lanes: instance.lanes };
        else for (const [i, { channel }] of instance.lanes.entries()) yield wideWord(address + 4 * i, pixel, channel);
      }
    }
  }
}

const wideWord = (address: number, pixel: number, channel: number): TensorWord => ({
  address,
  pixel,
  lanes: [{ lane: 0, channel }],
});

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
