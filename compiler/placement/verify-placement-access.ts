import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import { firstChannel, readShape } from "../../runtime/reference/layer.ts";
import { bitsOf, firstBit, passesOf, processorsPerPass, quadrantBits } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { elementCode, ofPreviousInference, unknown } from "./verify-placement-memory.ts";

/** One byte that a processor fetches for a pixel, and what it has to be at pixel 0. */
export interface ReadSlot {
  readonly instance: number;
  /** Words above the first word of the pixel. */
  readonly word: number;
  readonly lane: number;
  readonly expected: number;
}

/** Pixels of the layer's input for which the same slots hold; `shift` turns them into pixels of the source. */
export interface ReadSegment {
  readonly from: number;
  readonly to: number;
  readonly shift: number;
  readonly slots: readonly ReadSlot[];
}

/** One word that is written for a pixel: the four bytes at pixel 0. */
export interface WriteSlot {
  readonly instance: number;
  readonly word: number;
  readonly bytes: readonly number[];
}

/** Everything the layer fetches, by pixel. */
export function readSegments(network: Network, layer: Layer, place: LayerPlacement, device: DeviceSpec): ReadSegment[] {
  const pixels = layer.input.height * layer.input.width;
  const cropped = layer.crop[0] * sourceShape(network, layer.sources[0] as TensorSource).width;
  const shapes = layer.sources.map((source, i) => readShape(layer, i, sourceShape(network, source)));
  const pile = layer.eltwise === null && shapes.length > 1 && shapes[0]?.channels === layer.input.channels;
  const uneven = shapes.some(({ height, width }) => height !== shapes[0]?.height || width !== shapes[0]?.width);
  const stacked = pile || (layer.eltwise === null && uneven);
  if (!stacked) {
    const slots = readSlots(layer, place, device, (operand, channel) => channelOf(network, layer, operand, channel));
    return [{ from: 0, to: pixels, shift: cropped, slots }];
  }
  let from = -cropped;
  return layer.sources.map((source, index) => {
    const shape = shapes[index] as { height: number; width: number };
    const segment = {
      from: Math.max(from, 0),
      to: Math.min(from + shape.height * shape.width, pixels),
      shift: -from,
      slots: readSlots(layer, place, device, (_, channel) =>
        stackedCode(layer, source, firstChannel(layer, index) + channel),
      ),
    };
    from += shape.height * shape.width;
    return segment;
  });
}

const stackedCode = (layer: Layer, source: TensorSource, channel: number): number =>
  layer.recalls ? ofPreviousInference(elementCode(source, channel)) : elementCode(source, channel);

const sourceShape = (network: Network, source: TensorSource) =>
  source === "input" ? network.input : (network.layers[source] as Layer).output;

/** Which element a channel of an operand is: its own tensor, or a slice of what several tensors make up together. */
function channelOf(network: Network, layer: Layer, operand: number, channel: number): number {
  const operands = layer.eltwise?.operands ?? 1;
  if (operands > 1 && layer.sources.length === operands) {
    return elementCode(layer.sources[operand] as TensorSource, firstChannel(layer, operand) + channel);
  }
  let rest = operand * layer.input.channels + channel;
  for (const [position, source] of layer.sources.entries()) {
    const { channels } = readShape(layer, position, sourceShape(network, source));
    if (rest < channels) return elementCode(source, firstChannel(layer, position) + rest);
    rest -= channels;
  }
  return unknown;
}

function readSlots(
  layer: Layer,
  place: LayerPlacement,
  device: DeviceSpec,
  expected: (operand: number, channel: number) => number,
): ReadSlot[] {
  const { channels } = layer.input;
  const operands = layer.eltwise?.operands ?? 1;
  const perPass = processorsPerPass(channels, device);
  const slots: ReadSlot[] = [];
  const processors = bitsOf(place.processors);
  for (let channel = 0; channel < channels; channel++) {
    const processor = processors[channel % perPass] as number;
    const pass = Math.floor(channel / perPass);
    for (let operand = 0; operand < operands; operand++) {
      slots.push({
        instance: Math.floor(processor / 4),
        word: pass * operands + operand,
        lane: processor % 4,
        expected: expected(operand, channel),
      });
    }
  }
  return slots;
}

/** Words from one input pixel to the next. */
export const readStep = (layer: Layer, place: LayerPlacement, device: DeviceSpec): number =>
  passesOf(layer.input.channels, device) * (layer.eltwise?.operands ?? 1) * (place.readGap + 1);

/** Every word the layer writes for a pixel. Bytes that belong to no channel are written without meaning. */
export function writeSlots(layer: Layer, place: LayerPlacement, device: DeviceSpec): WriteSlot[] {
  const { channels } = layer.output;
  const wide = layer.outputBits === 32;
  const perPass = processorsPerPass(channels, device);
  const targets = layer.convolution === null ? keptPlaces(place, device) : bitsOf(place.outputProcessors);
  const words = new Map<string, { instance: number; word: number; bytes: number[] }>();
  for (let channel = 0; channel < channels; channel++) {
    const rank = channel % perPass;
    const target = targets[rank] as number;
    const pass = Math.floor(channel / perPass);
    const instance = Math.floor(target / 4);
    const inside = wide ? targets.filter((other) => other < target && Math.floor(other / 4) === instance).length : 0;
    const word = pass * (wide ? 4 : 1) * (place.writeGap + 1) + inside;
    const key = `${instance}/${word}`;
    const slot = words.get(key) ?? { instance, word, bytes: [unknown, unknown, unknown, unknown] };
    words.set(key, slot);
    const element = elementCode(layer.index, channel, wide);
    if (wide) slot.bytes.fill(element);
    else slot.bytes[target % 4] = element;
  }
  return [...words.values()];
}

/**
 * Without convolution the i-th processor of a quadrant writes lane i mod 4 of the i/4-th instance, counted from the
 * first output instance of the same quadrant.
 */
function keptPlaces(place: LayerPlacement, device: DeviceSpec): number[] {
  const places: number[] = [];
  for (let quadrant = 0; quadrant < device.quadrants; quadrant++) {
    const inputs = bitsOf(BigInt(quadrantBits(place.processors, quadrant)));
    const first = Math.max(firstBit(BigInt(quadrantBits(place.outputProcessors, quadrant))), 0);
    const base = quadrant * device.processorsPerQuadrant + first - (first % 4);
    places.push(...inputs.map((_, index) => base + index));
  }
  return places;
}

/** Words from one output pixel to the next. */
export const writeStep = (layer: Layer, place: LayerPlacement, device: DeviceSpec): number =>
  passesOf(layer.output.channels, device) * (layer.outputBits / 8) * (place.writeGap + 1);
