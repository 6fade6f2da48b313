import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { ProgramOutput, TensorLocation } from "../../targets/accelerator/program.ts";
import { bitsOf, passesOf } from "../ir/geometry.ts";
import type { UnloadItem, UnloadedMemory, UnloadedTensor } from "../ir/network-sequence.ts";
import type { Placement } from "../ir/placement.ts";
import { outputLocation } from "./output-location.ts";

/** Where the items of a custom read-out list are. */
export const unloadOutputs = (
  placement: Placement,
  items: readonly UnloadItem[],
  device: DeviceSpec,
): ProgramOutput[] =>
  items.map((item) => (item.kind === "memory" ? memoryOutput(item) : tensorOutput(placement, item, device)));

const memoryOutput = (item: UnloadedMemory): ProgramOutput => ({
  name: item.name,
  layer: null,
  location: memoryLocation(item),
  finalScale: 0,
});

export function memoryLocation(item: UnloadedMemory): TensorLocation {
  const { channels, height, width, processors, offset, writeGap, bits } = item;
  return { channels, height, width, processors: bitsOf(processors), offset, writeGap, bits };
}

function tensorOutput(placement: Placement, item: UnloadedTensor, device: DeviceSpec): ProgramOutput {
  const layer = placement.network.layers[item.layer];
  const whole = outputLocation(placement, item.layer);
  return {
    name: layer?.name ?? "",
    layer: item.layer,
    location: partOf(whole, item, device),
    finalScale: layer?.finalScale ?? 0,
  };
}

/** Some rows, and some channels of one pass, of a tensor: its other passes are the gap between the words of the part. */
function partOf(whole: TensorLocation, { channels, rows }: UnloadedTensor, device: DeviceSpec): TensorLocation {
  const passes = passesOf(whole.channels, device);
  const wordsPerValue = whole.bits / 8;
  const step = wordsPerValue * (whole.writeGap + 1);
  const height = rows[1] - rows[0];
  const above = rows[0] * whole.width * passes;
  const firstPass = Math.floor(channels[0] / whole.processors.length);
  const skipped = 4 * step * (above + firstPass);
  if (channels[1] - channels[0] === whole.channels) return { ...whole, height, offset: whole.offset + skipped };
  const first = channels[0] - firstPass * whole.processors.length;
  return {
    ...whole,
    channels: channels[1] - channels[0],
    height,
    processors: whole.processors.slice(first, first + channels[1] - channels[0]),
    offset: whole.offset + skipped,
    writeGap: passes * (whole.writeGap + 1) - 1,
  };
}
