import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import { bitsOf, passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { layerProblem } from "./codes.ts";
import { readSegments, readStep, writeSlots, writeStep } from "./verify-placement-access.ts";
import type { ReadSegment } from "./verify-placement-access.ts";
import { decodeElement, elementCode, nowhere, ofPreviousInference, SymbolicMemory } from "./verify-placement-memory.ts";
import { hasResetLayer, pixelsConsumed } from "./verify-placement-order.ts";

/**
 * Runs the network on memory that holds names instead of values: every byte a layer fetches must be exactly the
 * element it is meant to be, also where results are written over input that is still being read.
 */
export function verifyData(network: Network, layers: readonly LayerPlacement[], device: DeviceSpec): Diagnostic[] {
  const memory = new SymbolicMemory(device);
  const diagnostics: Diagnostic[] = [];
  const kept = new Set(network.layers.flatMap((layer) => (layer.recalls ? layer.sources : [])));
  for (const layer of network.layers) {
    if (kept.has(layer.index)) recallResult(layer, layers[layer.index] as LayerPlacement, memory, device);
  }
  const first = network.layers.findIndex((layer) => !layer.streaming);
  if (first === 0 && !loadInput(network, layers[0] as LayerPlacement, memory, device)) {
    diagnostics.push(
      layerProblem(
        "AI3022",
        network.layers[0] as Layer,
        "the network input does not fit where the first layer reads it",
      ),
    );
  }
  for (const layer of network.layers) {
    const place = layers[layer.index] as LayerPlacement;
    if (layer.streaming && network.layers[layer.index + 1]?.streaming) continue;
    diagnostics.push(...runLayer(network, layer, place, memory, device));
  }
  for (const layer of network.layers) {
    if ((!layer.isOutput && !kept.has(layer.index)) || (layer.streaming && network.layers[layer.index + 1]?.streaming))
      continue;
    diagnostics.push(...checkResult(network, layer, layers[layer.index] as LayerPlacement, memory, device));
  }
  return diagnostics;
}

function loadInput(network: Network, place: LayerPlacement, memory: SymbolicMemory, device: DeviceSpec): boolean {
  const { channels, height, width, format } = network.input;
  const layer = network.layers[0] as Layer;
  const operands = layer.eltwise?.operands ?? 1;
  const perOperand = channels / operands;
  const perPass = processorsPerPass(perOperand, device);
  const step = passesOf(perOperand, device) * operands;
  const planar = format === "CHW";
  const start = place.inputOffset / 4 - layer.crop[0] * width * (planar ? 1 / 4 : step);
  if (!Number.isInteger(start)) return false;
  const processors = bitsOf(place.processors);
  let fits = true;
  for (let channel = 0; channel < channels; channel++) {
    const inside = channel % perOperand;
    const processor = processors[inside % perPass] as number;
    const word = Math.floor(inside / perPass) * operands + Math.floor(channel / perOperand);
    const code = elementCode("input", channel);
    for (let pixel = 0; pixel < height * width; pixel++) {
      const at = planar ? Math.floor(pixel / 4) : pixel * step + word;
      const lane = planar ? pixel % 4 : processor % 4;
      fits = memory.writeByte(Math.floor(processor / 4), start + at, lane, code + pixel) && fits;
    }
  }
  return fits;
}

function runLayer(
  network: Network,
  layer: Layer,
  place: LayerPlacement,
  memory: SymbolicMemory,
  device: DeviceSpec,
): Diagnostic[] {
  const reader = new Reader(network, layer, place, memory, device);
  const written = memory.pixelBytes(
    writeSlots(layer, place, device).flatMap(({ instance, word, bytes }) =>
      bytes.map((element, lane) => ({ instance, word, lane, element })),
    ),
  );
  const step = writeStep(layer, place, device);
  const start = place.outputOffset / 4;
  const consumed = pixelsConsumed(network, layer);
  let fits = true;
  const write = (pixel: number, meaning: boolean): void => {
    fits = memory.writePixel(written, start + pixel * step, pixel, meaning) && fits;
  };
  if (hasResetLayer(network, layer, device)) write(0, false);
  const valid = layer.output.height * layer.output.width;
  const { from, to } = writtenRange(layer, valid);
  for (let pixel = from; pixel < to; pixel++) {
    if (!layer.streaming) reader.advance(consumed(pixel));
    write(pixel, pixel >= 0 && pixel < valid);
  }
  if (!layer.streaming) reader.advance(Number.POSITIVE_INFINITY);
  const problems = reader.problem ? [reader.problem] : [];
  if (!fits)
    problems.push(
      layerProblem("AI3022", layer, `the output of ${layer.name} reaches beyond the end of a data memory instance`),
    );
  return problems;
}

/** What a layer with rows of a rolling buffer wrote in the inference before, which nothing has touched since. */
function recallResult(layer: Layer, place: LayerPlacement, memory: SymbolicMemory, device: DeviceSpec): void {
  const step = writeStep(layer, place, device);
  for (const slot of writeSlots(layer, place, device)) {
    for (let pixel = 0; pixel < layer.output.height * layer.output.width; pixel++) {
      const word = place.outputOffset / 4 + pixel * step + slot.word;
      memory.write(slot.instance, word, slot.bytes.map(ofPreviousInference), pixel);
    }
  }
}

/** A long dilated Conv1d writes whole rows of `dilation` pixels; the first row of a three-tap kernel is garbage. */
function writtenRange(layer: Layer, valid: number): { from: number; to: number } {
  const { convolution } = layer;
  if (convolution?.kind !== "conv1d") return { from: 0, to: valid };
  const [length] = convolution.kernel;
  const { dilation } = convolution;
  if (dilation === 1 || (length - 1) * dilation < 9) return { from: 0, to: valid };
  const rows = Math.ceil(layer.input.height / dilation);
  const from = length === 3 ? -dilation : 0;
  return { from, to: from + rows * dilation };
}

/** Fetches the input of a layer pixel by pixel and remembers the first byte that was not what it should be. */
class Reader {
  problem: Diagnostic | null = null;
  readonly #network: Network;
  readonly #layer: Layer;
  readonly #memory: SymbolicMemory;
  readonly #segments: readonly (ReadSegment & { readonly bytes: ReturnType<SymbolicMemory["pixelBytes"]> })[];
  readonly #start: number;
  readonly #step: number;
  readonly #planar: boolean;
  readonly #pixels: number;
  #next = 0;

  constructor(network: Network, layer: Layer, place: LayerPlacement, memory: SymbolicMemory, device: DeviceSpec) {
    this.#network = network;
    this.#layer = layer;
    this.#memory = memory;
    this.#segments = readSegments(network, layer, place, device).map((segment) => ({
      ...segment,
      bytes: memory.pixelBytes(segment.slots.map((slot) => ({ ...slot, element: slot.expected }))),
    }));
    this.#start = place.inputOffset / 4;
    this.#step = readStep(layer, place, device);
    this.#planar = layer.index === 0 && network.input.format === "CHW";
    this.#pixels = layer.input.height * layer.input.width;
  }

  /** Fetches all pixels before `end` that were not fetched yet. */
  advance(end: number): void {
    for (; this.#next < Math.min(end, this.#pixels); this.#next++) {
      if (this.problem === null) this.#fetch(this.#next);
    }
  }

  #fetch(pixel: number): void {
    for (const segment of this.#segments) {
      if (pixel < segment.from || pixel >= segment.to) continue;
      const first = this.#start + pixel * this.#step;
      if (!this.#planar && this.#memory.firstMismatch(segment.bytes, first, pixel + segment.shift) < 0) continue;
      for (const slot of segment.slots) {
        const word = this.#start + (this.#planar ? Math.floor(pixel / 4) : pixel * this.#step + slot.word);
        const lane = this.#planar ? pixel % 4 : slot.lane;
        const found = this.#memory.read(slot.instance, word, lane);
        const expected = slot.expected + pixel + segment.shift;
        if (found !== expected) {
          this.problem = mismatch(this.#network, this.#layer, expected, found, slot.instance, word);
          return;
        }
      }
    }
  }
}

function checkResult(
  network: Network,
  layer: Layer,
  place: LayerPlacement,
  memory: SymbolicMemory,
  device: DeviceSpec,
): Diagnostic[] {
  const step = writeStep(layer, place, device);
  for (const slot of writeSlots(layer, place, device)) {
    for (let pixel = 0; pixel < layer.output.height * layer.output.width; pixel++) {
      const word = place.outputOffset / 4 + pixel * step + slot.word;
      for (let lane = 0; lane < slot.bytes.length; lane++) {
        const element = slot.bytes[lane] as number;
        if (element < 0) continue;
        const found = memory.read(slot.instance, word, lane);
        if (found === element + pixel) continue;
        const text = describe(network, found);
        return [
          layerProblem(
            "AI3024",
            layer,
            `the result of ${layer.name} is lost: at byte ${word * 4} of data memory instance ${slot.instance} there is ${text} in the end`,
            "Move one of the two to another output offset or other processors.",
          ),
        ];
      }
    }
  }
  return [];
}

function mismatch(
  network: Network,
  layer: Layer,
  expected: number,
  found: number,
  instance: number,
  word: number,
): Diagnostic {
  return layerProblem(
    "AI3023",
    layer,
    `${layer.name} expects ${describe(network, expected)} at byte ${word * 4} of data memory instance ${instance}, but finds ${describe(network, found)}`,
    "Make the offset, gaps and processors of the reading layer those of what it reads, and keep other outputs away from them.",
  );
}

function describe(network: Network, code: number): string {
  if (code === nowhere) return "no memory";
  const element = decodeElement(code);
  if (element === null) return "nothing that a layer wrote for use";
  const name = nameOf(network, element.source);
  return `channel ${element.channel}, pixel ${element.pixel} of ${name}${element.wide ? " (32 bits)" : ""}${element.previous ? " in the previous inference" : ""}`;
}

const nameOf = (network: Network, source: TensorSource): string =>
  source === "input" ? "the network input" : `the output of ${(network.layers[source] as Layer).name}`;
