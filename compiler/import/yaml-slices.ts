import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Shape } from "../../dsl/model.ts";
import type { ChannelRange, TensorSource } from "../../runtime/reference/layer.ts";
import { bitsOf, passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Layer } from "../ir/network.ts";

/**
 * The layer with the channels that it reads of its sources, where it reads fewer than they have: those in
 * `in_channels` behind `skipped` ones, else those on its processors. Unchanged where that does not add up to the
 * channels of its input.
 */
export function withSlices(
  layer: Layer,
  layers: readonly Layer[],
  input: Shape,
  { skipped, device }: { readonly skipped: number | undefined; readonly device: DeviceSpec },
): Layer {
  const { sources, eltwise, recalls } = layer;
  const shapes = sources.flatMap((source) => (source === "input" ? input : (layers[source]?.output ?? [])));
  if (recalls || shapes.length < sources.length) return layer;
  const total = shapes.reduce((sum, shape) => sum + shape.channels, 0);
  const tensors = joinsRows(layer, shapes) ? sources.length : (eltwise?.operands ?? 1);
  const wanted = layer.input.channels * tensors;
  if (total <= wanted) return layer;
  const slices = sources.map((source, position) =>
    skipped === undefined
      ? sharedChannels(layer, layers, source, shapes[position] as Shape, device)
      : { first: skipped, channels: wanted / sources.length },
  );
  const found = slices.reduce((sum, slice) => sum + (slice?.channels ?? 0), 0);
  if (slices.includes(null) || found !== wanted) return layer;
  return { ...layer, slices: slices as ChannelRange[] };
}

/** The layer reads as many pixels as all its sources have together. */
function joinsRows({ eltwise, input, crop }: Layer, shapes: readonly Shape[]): boolean {
  const pixels = shapes.reduce((sum, { height, width }) => sum + height * width, 0);
  const cropped = (crop[0] + crop[1]) * (shapes[0]?.width ?? 0);
  return eltwise === null && shapes.length > 1 && pixels - cropped === input.height * input.width;
}

/** Channels of a source on the processors of the layer; null: they are not there, or not side by side. */
function sharedChannels(
  { pins, input, crop }: Layer,
  layers: readonly Layer[],
  source: TensorSource,
  whole: Shape,
  device: DeviceSpec,
): ChannelRange | null {
  const writer = source === "input" ? layers[0]?.pins.processors : layers[source]?.pins.outputProcessors;
  const written = bitsOf(writer ?? 0n);
  const ranks = written.flatMap((processor, rank) =>
    ((pins.processors ?? 0n) >> BigInt(processor)) & 1n ? [rank] : [],
  );
  const [first] = ranks;
  if (first === undefined || ranks.some((rank, i) => rank !== first + i)) return null;
  const passes = passesOf(whole.channels, device);
  const perPass = processorsPerPass(whole.channels, device);
  const read = passesOf(input.channels, device);
  if (passes === 1) return { first, channels: ranks.length };
  // Words of a pixel lie behind one another: the offset says which one comes first.
  const offset = source === "input" ? layers[0]?.pins.inputOffset : layers[source]?.pins.outputOffset;
  const words = ((pins.inputOffset ?? 0) - (offset ?? 0)) / 4 - crop[0] * whole.width * passes;
  const channels = read === 1 ? ranks.length : input.channels;
  return words < 0 || words >= passes ? null : { first: words * perPass + first, channels };
}
