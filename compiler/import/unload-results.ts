import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { bitsOf, passesOf } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { UnloadedMemory, UnloadedTensor } from "../ir/network-sequence.ts";
import type { LayerPlacement } from "../ir/placement.ts";

/**
 * The result, or the part of one, that a piece of memory holds in the end; null: it is none, or a later layer writes
 * there as well.
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
  if (item.bits !== outputBits || item.width !== output.width) return null;
  const passes = passesOf(output.channels, device);
  const whole = item.channels === output.channels && item.processors === outputProcessors;
  // Of several passes, the words of the others are the gap between those of one.
  if (item.writeGap !== (whole ? writeGap : passes * (writeGap + 1) - 1)) return null;
  const step = (outputBits / 8) * (writeGap + 1) * 4;
  const words = (item.offset - outputOffset) / step;
  const pass = words % passes;
  const row = (words - pass) / (output.width * passes);
  const all = bitsOf(outputProcessors);
  const given = bitsOf(item.processors);
  const first = all.indexOf(given[0] ?? -1);
  const side = all.slice(first, first + given.length);
  const fits = whole
    ? pass === 0
    : given.length === item.channels &&
      first >= 0 &&
      side.join() === given.join() &&
      item.channels <= device.processors;
  if (!fits || !Number.isInteger(row) || row < 0 || row + item.height > output.height) return null;
  const start = whole ? 0 : pass * all.length + first;
  if (start + item.channels > output.channels) return null;
  return { channels: [start, start + item.channels], rows: [row, row + item.height] };
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
