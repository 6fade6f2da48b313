import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { bitsOf, passesOf } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { UnloadedMemory, UnloadedTensor } from "../ir/network-sequence.ts";
import type { LayerPlacement } from "../ir/placement.ts";

/**
 * The result, or the part of one, that a piece of memory holds in the end; null: it is none, or a later layer writes
 * there as well. Parts are looked for in results of one pass.
 */
export function resultIn(
  item: UnloadedMemory,
  network: Network,
  places: readonly LayerPlacement[],
  device: DeviceSpec,
): UnloadedTensor | null {
  for (const layer of network.layers.toReversed()) {
    const place = places[layer.index] as LayerPlacement;
    const part = partOf(item, layer, place, device);
    if (part !== null) return { kind: "tensor", layer: layer.index, ...part };
    if (overlap(memoryOf(item, device), resultMemory(layer, place, device))) return null;
  }
  return null;
}

type Part = Pick<UnloadedTensor, "channels" | "rows">;

function partOf(item: UnloadedMemory, layer: Layer, place: LayerPlacement, device: DeviceSpec): Part | null {
  const { output, outputBits } = layer;
  const { outputProcessors, outputOffset, writeGap } = place;
  if (item.bits !== outputBits || item.writeGap !== writeGap || item.width !== output.width) return null;
  const whole = item.channels === output.channels && item.processors === outputProcessors;
  if (!whole && passesOf(output.channels, device) > 1) return null;
  const bytesPerRow = output.width * passesOf(output.channels, device) * (outputBits / 8) * (writeGap + 1) * 4;
  const row = (item.offset - outputOffset) / bytesPerRow;
  const given = bitsOf(item.processors);
  const first = bitsOf(outputProcessors).indexOf(given[0] ?? -1);
  const side = bitsOf(outputProcessors).slice(first, first + given.length);
  const fits = whole || (given.length === item.channels && first >= 0 && side.join() === given.join());
  if (!fits || !Number.isInteger(row) || row < 0 || row + item.height > output.height) return null;
  return { channels: whole ? [0, item.channels] : [first, first + item.channels], rows: [row, row + item.height] };
}

/** Bytes from the first to the one behind the last, in every data memory instance of some processors. */
interface Extent {
  readonly instances: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
}

function memoryOf({ channels, height, width, processors, offset, writeGap, bits }: UnloadedMemory, device: DeviceSpec) {
  return extent(processors, offset, height * width * passesOf(channels, device) * (bits / 8) * (writeGap + 1), device);
}

function resultMemory({ output, outputBits }: Layer, place: LayerPlacement, device: DeviceSpec): Extent {
  const { channels, height, width } = output;
  const words = height * width * passesOf(channels, device) * (outputBits / 8) * (place.writeGap + 1);
  return extent(place.outputProcessors, place.outputOffset, words, device);
}

const extent = (processors: bigint, offset: number, words: number, device: DeviceSpec): Extent => ({
  instances: new Set(bitsOf(processors).map((one) => Math.floor(one / device.processorsPerDataInstance))),
  from: offset,
  to: offset + 4 * words,
});

const overlap = (a: Extent, b: Extent): boolean =>
  a.from < b.to && b.from < a.to && [...a.instances].some((instance) => b.instances.has(instance));
