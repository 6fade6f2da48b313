import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { bitsOf, countBits, firstBit, lastBit } from "../ir/geometry.ts";
import type { Layer } from "../ir/network.ts";
import type { Placement } from "../ir/placement.ts";
import { layerProblem } from "./codes.ts";

/** Every word of weight memory and every byte of bias memory has one owner, and exists. Equal kernels and biases may be shared. */
export function verifyWeights(placement: Placement, device: DeviceSpec): Diagnostic[] {
  return [...verifyColumns(placement), ...verifyChunks(placement, device), ...verifyBias(placement, device)];
}

const wordsOf = (processor: number, device: DeviceSpec): number =>
  processor % device.processorsPerQuadrant === 0
    ? device.weightMemory.wordsOfFirstProcessor
    : device.weightMemory.words;

/** Layers in x4 mode count columns differently, so each mode is compared with itself; chunks compare both. */
function verifyColumns(placement: Placement): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const end = Math.max(
    0,
    ...placement.weights.layers.map((kernels) => (kernels ? kernels.column + kernels.length : 0)),
  );
  /** Layer of every word, by mode and processor; -1: none. */
  const owners = new Map<string, Int32Array>();
  const ownersOf = (mode: string): Int32Array => {
    const known = owners.get(mode) ?? new Int32Array(end).fill(-1);
    owners.set(mode, known);
    return known;
  };
  for (const layer of placement.network.layers) {
    const kernels = placement.weights.layers[layer.index];
    if (!kernels || kernels.sharedWith !== null) continue;
    // A quad FIFO's first layer spreads its kernels over the quadrants; chunks show where they are.
    if (layer.index === 0 && placement.network.options.fifo === "fast-quad") continue;
    if (leavesWordsFree(placement.layers[layer.index]?.outputProcessors ?? 0n)) continue;
    const processors = bitsOf(placement.layers[layer.index]?.processors ?? 0n);
    const words = processors.map((processor) =>
      ownersOf(`${layer.calcx4}/${processor}`).subarray(kernels.column, kernels.column + kernels.length),
    );
    const owner = words.map((taken) => taken.find((index) => index >= 0)).find((index) => index !== undefined);
    for (const taken of words) taken.fill(layer.index);
    if (owner !== undefined) {
      const other = placement.network.layers[owner] as Layer;
      problems.push(
        layerProblem("AI3025", layer, `kernels of ${layer.name} and ${other.name} share a word of weight memory`),
      );
    }
  }
  return problems;
}

/** Kernels of outputs that do not exist, in front or in between, leave words to other layers. */
const leavesWordsFree = (outputs: bigint): boolean =>
  firstBit(outputs) % 4 !== 0 || lastBit(outputs) - firstBit(outputs) + 1 !== countBits(outputs);

function verifyChunks(placement: Placement, device: DeviceSpec): Diagnostic[] {
  const last = placement.network.layers.at(-1) as Layer;
  const owned = new Map<number, Uint8Array>();
  for (const { processor, column, bytes } of placement.weights.chunks) {
    const end = column + bytes.length / 9;
    if (bytes.length % 9 !== 0 || column < 0 || end > wordsOf(processor, device)) {
      return [
        layerProblem(
          "AI3025",
          last,
          `weights of processor ${processor} reach column ${end}; there are ${wordsOf(processor, device)}`,
        ),
      ];
    }
    const all = owned.get(processor) ?? new Uint8Array(wordsOf(processor, device));
    owned.set(processor, all);
    const words = all.subarray(column, end);
    const twice = words.indexOf(1);
    if (twice >= 0)
      return [layerProblem("AI3025", last, `column ${column + twice} of processor ${processor} is written twice`)];
    words.fill(1);
  }
  return [];
}

function verifyBias(placement: Placement, device: DeviceSpec): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const owned = new Map<string, Layer>();
  for (const layer of placement.network.layers) {
    const bias = placement.bias.layers[layer.index];
    if (!bias || bias.quadrant === "all") continue;
    const offset = bias.offsets[bias.quadrant] ?? 0;
    const size = placement.bias.images[bias.quadrant]?.length ?? 0;
    const end = offset + layer.output.channels;
    if (end > size || size > device.biasMemory.bytesPerQuadrant) {
      problems.push(
        layerProblem(
          "AI3026",
          layer,
          `bias of ${layer.name} ends at byte ${end} of ${size} in quadrant ${bias.quadrant}`,
        ),
      );
    }
    for (let byte = offset; byte < end; byte++) {
      const key = `${bias.quadrant}/${byte}`;
      const other = owned.get(key);
      owned.set(key, layer);
      if (other === undefined || sharesKernels(placement, layer, other)) continue;
      if (sameBias(placement, layer, other, device)) continue;
      problems.push(
        layerProblem("AI3026", layer, `bias of ${layer.name} and ${other.name} share bytes of bias memory`),
      );
      break;
    }
  }
  return problems;
}

/** A layer that reuses another one's kernels reuses its bias as well. */
function sharesKernels(placement: Placement, a: Layer, b: Layer): boolean {
  const root = (layer: Layer): number => placement.weights.layers[layer.index]?.sharedWith ?? layer.index;
  return root(a) === root(b);
}

/** Equal biases may be stored once: both layers begin at the same byte and expect the same bytes from there on. */
function sameBias(placement: Placement, a: Layer, b: Layer, device: DeviceSpec): boolean {
  const [first, second] = [a, b].map(({ index }) => placement.bias.layers[index]?.offsets.join());
  if (a.convolution?.bias == null || first !== second) return false;
  return storedBias(placement, a, device).join() === storedBias(placement, b, device).join();
}

/** Places count from the word of the first output processor on; those of processors between outputs hold 0. */
function storedBias({ layers }: Placement, { index, streaming, convolution }: Layer, device: DeviceSpec): number[] {
  const places = bitsOf(layers[index]?.outputProcessors ?? 0n);
  const first = places[0] ?? 0;
  const from = first - (first % device.processorsPerDataInstance);
  const perPass = (places.at(-1) ?? 0) - from + 1;
  const leading = index === 0 && streaming && device.capabilities.streamingBiasLeadingByte ? 1 : 0;
  const bytes: number[] = [];
  for (const [channel, value] of (convolution?.bias ?? []).entries()) {
    const pass = Math.floor(channel / places.length);
    bytes[leading + pass * perPass + (places[channel % places.length] as number) - from] = value;
  }
  return Array.from(bytes, (value) => value ?? 0);
}
