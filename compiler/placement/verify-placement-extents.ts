import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import { bitsOf, passesOf } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { layerProblem } from "./codes.ts";
import { writeStep } from "./verify-placement-access.ts";

/**
 * Where the network input ends and where every result ends, against the size of a data memory instance (AI3022).
 * Buffers between streaming layers are judged with the other buffers.
 */
export function verifyExtents(network: Network, layers: readonly LayerPlacement[], device: DeviceSpec): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const layer of network.layers) {
    const place = layers[layer.index] as LayerPlacement;
    if (layer.index === 0 && !layer.streaming) problems.push(...inputExtent(network, layer, place, device));
    if (layer.streaming && network.layers[layer.index + 1]?.streaming === true) continue;
    problems.push(...outputExtent(layer, place, device));
  }
  return problems;
}

function inputExtent(network: Network, layer: Layer, place: LayerPlacement, device: DeviceSpec): Diagnostic[] {
  const { channels, height, width, format } = network.input;
  const operands = layer.eltwise?.operands ?? 1;
  const planar = format === "CHW";
  const pixels = height * width;
  const words = planar ? Math.ceil(pixels / 4) : pixels * operands * passesOf(channels / operands, device);
  const cropped = layer.crop[0] * width * (words / pixels);
  const what = `the network input, ${sizes(network.input)} in ${format} format,`;
  const hint = planar
    ? "Read a smaller input, or stream it through a FIFO."
    : "Read a smaller input, fold it, use CHW format, or stream it through a FIFO.";
  return beyond(layer, what, "input", place.inputOffset, Math.ceil(4 * (words - cropped)), device, hint);
}

function outputExtent(layer: Layer, place: LayerPlacement, device: DeviceSpec): Diagnostic[] {
  const pixels = layer.output.height * layer.output.width;
  const step = writeStep(layer, place, device);
  // Words of the last pass; its gap is not written.
  const last = layer.outputBits === 32 ? mostInOneInstance(place.outputProcessors, device) : 1;
  const gapped = (layer.outputBits / 8) * (place.writeGap + 1);
  const words = pixels * step - gapped + last;
  const what = `the output of '${layer.name}', ${sizes(layer.output)} of ${layer.outputBits} bits,`;
  const hint = "Lower the output offset, make the output smaller, or stream the layer.";
  return beyond(layer, what, "output", place.outputOffset, 4 * words, device, hint);
}

/** Wide outputs take a word per processor of an instance. */
function mostInOneInstance(mask: bigint, device: DeviceSpec): number {
  const perInstance = new Map<number, number>();
  for (const processor of bitsOf(mask)) {
    const instance = Math.floor(processor / device.processorsPerDataInstance);
    perInstance.set(instance, (perInstance.get(instance) ?? 0) + 1);
  }
  return Math.max(1, ...perInstance.values());
}

function beyond(
  layer: Layer,
  what: string,
  side: "input" | "output",
  offset: number,
  bytes: number,
  { dataMemory }: DeviceSpec,
  hint: string,
): Diagnostic[] {
  if (offset + bytes <= dataMemory.instanceBytes) return [];
  const text = `'${layer.name}': ${what} takes ${bytes} bytes of a data memory instance from ${side} offset ${offset} on; an instance has ${dataMemory.instanceBytes}`;
  return [layerProblem("AI3022", layer, text, hint)];
}

const sizes = ({ channels, height, width }: Shape): string => `${channels}x${height}x${width}`;
