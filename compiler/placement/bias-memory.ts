import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { firstBit, lastBit, passesOf, quadrantBits, roundUp } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import { registerOrder } from "../ir/network-sequence.ts";
import type { BiasMemory, BiasPlacement, LayerPlacement } from "../ir/placement.ts";
import { depthwiseBias, quadBias } from "./bias-quadrants.ts";
import { layerError } from "./weight-checks.ts";
import { outputSlots } from "./weight-layout.ts";

export interface BiasOptions {
  /** Store equal biases once. Default true. */
  readonly deduplicate?: boolean;
}

/**
 * Gives every layer's bias a place: depthwise layers first, in all their quadrants; then the longest first, each in
 * the quadrant that is emptiest. Codes: AI3211 (full), AI3212 (unsuitable quadrants).
 */
export function placeBias(
  network: Network,
  layers: readonly LayerPlacement[],
  device: DeviceSpec,
  options: BiasOptions = {},
): { readonly memory?: BiasMemory; readonly diagnostics: readonly Diagnostic[] } {
  const requests = biasRequests(network, layers, device);
  const diagnostics = requests.flatMap((request) => checkPins(request, layers, network, device));
  if (diagnostics.length > 0) return { diagnostics };
  const shared = options.deduplicate === false ? new Map<number, number>() : sharedRequests(requests);
  const own = requests.filter(({ layer }) => !shared.has(layer.index));
  const images = new BiasImages(device);
  const placements = new Map<number, BiasPlacement>();
  const allowed = usedQuadrants(network, layers, device);
  for (const request of own.filter(({ form }) => form !== "single")) {
    const placement = placeInAll(request, images, device);
    if ("code" in placement) return { diagnostics: [placement] };
    placements.set(request.layer.index, placement);
  }
  for (const request of ordered(
    own.filter(({ form }) => form === "single"),
    allowed,
    device,
  )) {
    const placement = placeInOne(request, request.layer.pins.biasQuadrants ?? allowed, images, device);
    if ("code" in placement) return { diagnostics: [placement] };
    placements.set(request.layer.index, placement);
  }
  return {
    memory: {
      layers: layers.map((_, index) => placements.get(shared.get(index) ?? index) ?? null),
      images: images.finish(),
    },
    diagnostics,
  };
}

export interface BiasRequest {
  readonly layer: Layer;
  readonly placement: LayerPlacement;
  /** One value per output. */
  readonly values: Int8Array;
  /** One quadrant adds the bias; or every quadrant its own part, of a depthwise layer or behind a quad FIFO. */
  readonly form: "single" | "depthwise" | "quad";
  /** What one quadrant keeps of a `single` bias. */
  readonly bytes: readonly number[];
}

function biasRequests(network: Network, layers: readonly LayerPlacement[], device: DeviceSpec): BiasRequest[] {
  return registerOrder(network).flatMap((index): BiasRequest[] => {
    const layer = network.layers[index] as Layer;
    const { convolution } = layer;
    const values = convolution?.bias ?? null;
    if (convolution === null || values === null || values.every((value) => value === 0)) return [];
    const placement = layers[index] as LayerPlacement;
    const quad = network.options.fifo === "fast-quad" && index === 0;
    const form = convolution.groups > 1 ? "depthwise" : quad ? "quad" : "single";
    return [{ layer, placement, values, form, bytes: singleBytes(layer, values, placement, device) }];
  });
}

/**
 * The bias address advances with every output the hardware counts, and it counts processors that the output leaves
 * out: those between the first and the last one, and those in front of the first in its group of four.
 */
function singleBytes(layer: Layer, values: Int8Array, placement: LayerPlacement, device: DeviceSpec): number[] {
  const map = placement.outputProcessors;
  const first = firstBit(map) - (firstBit(map) % device.processorsPerDataInstance);
  const slots = outputSlots(map, first, lastBit(map), passesOf(layer.output.channels, device));
  const end = slots.indexOf(values.length - 1) + 1;
  const dummy = layer.index === 0 && layer.streaming && device.capabilities.streamingBiasLeadingByte ? [0] : [];
  return [...dummy, ...slots.slice(0, end).map((slot) => (slot === null ? 0 : (values[slot] as number)))];
}

/** Equal biases that lie in memory the same way are stored once: later layer to earlier one. */
function sharedRequests(requests: readonly BiasRequest[]): Map<number, number> {
  const shared = new Map<number, number>();
  for (const [i, request] of requests.entries()) {
    const original = requests.slice(0, i).find((other) => !shared.has(other.layer.index) && sameBias(other, request));
    if (original) shared.set(request.layer.index, original.layer.index);
  }
  return shared;
}

function sameBias(a: BiasRequest, b: BiasRequest): boolean {
  if (a.form !== b.form || a.layer.calcx4 !== b.layer.calcx4) return false;
  if (a.form === "depthwise" && !samePlaces(a.placement, b.placement)) return false;
  if (!allows(b, a.layer.pins.biasQuadrants) || !allows(a, b.layer.pins.biasQuadrants)) return false;
  return a.bytes.length === b.bytes.length && a.bytes.every((value, i) => value === b.bytes[i]);
}

const samePlaces = (a: LayerPlacement, b: LayerPlacement): boolean =>
  a.processors === b.processors && a.outputProcessors === b.outputProcessors;

/** Two layers share a bias only when both were given the same choice of quadrants. */
const allows = (request: BiasRequest, quadrants: readonly number[] | undefined): boolean =>
  String(request.layer.pins.biasQuadrants) === String(quadrants);

function usedQuadrants(network: Network, layers: readonly LayerPlacement[], device: DeviceSpec): number[] {
  let mask = layers.at(-1)?.outputProcessors ?? 0n;
  for (const { processors } of layers) mask |= processors;
  const all = network.options.fifo === "fast-quad";
  return Array.from({ length: device.quadrants }, (_, quadrant) => quadrant).filter(
    (quadrant) => all || quadrantBits(mask, quadrant) !== 0,
  );
}

function checkPins(
  { layer, form }: BiasRequest,
  layers: readonly LayerPlacement[],
  network: Network,
  device: DeviceSpec,
): Diagnostic[] {
  const pinned = layer.pins.biasQuadrants;
  if (pinned === undefined) return [];
  const used = usedQuadrants(network, layers, device);
  const unused = pinned.filter((quadrant) => !used.includes(quadrant));
  const message =
    form !== "single"
      ? "adds its bias in every quadrant, but is given quadrants for it"
      : unused.length > 0
        ? `has its bias in quadrant ${unused.join(", ")}, which the network does not use; it uses ${used.join(", ")}`
        : null;
  return message === null ? [] : [layerError(layer, "AI3212", message, "Leave the choice of quadrants out.")];
}

/** Flattened layers first where the hardware wants it, then those without choice, then the longest; else in order. */
function ordered(requests: readonly BiasRequest[], used: readonly number[], device: DeviceSpec): BiasRequest[] {
  const key = (request: BiasRequest): number => {
    if (request.layer.flatten && device.capabilities.flattenBiasFirst) return -1;
    const allowed = request.layer.pins.biasQuadrants ?? used;
    return allowed.length === 1 ? 0 : device.biasMemory.bytesPerQuadrant - request.bytes.length;
  };
  return requests.toSorted((a, b) => key(a) - key(b));
}

/** Four outputs at a time take four bias bytes at a time. */
const FOUR_WAY_ALIGNMENT = 4;

function placeInOne(
  request: BiasRequest,
  allowed: readonly number[],
  images: BiasImages,
  device: DeviceSpec,
): BiasPlacement | Diagnostic {
  const start = (quadrant: number) =>
    request.layer.calcx4 ? roundUp(images.used(quadrant), FOUR_WAY_ALIGNMENT) : images.used(quadrant);
  const quadrant = allowed.reduce((best, other) => (start(other) < start(best) ? other : best));
  const offset = start(quadrant);
  const { length } = request.bytes;
  const { bytesPerQuadrant } = device.biasMemory;
  if (offset + length > bytesPerQuadrant)
    return biasDoesNotFit(request.layer, length, bytesPerQuadrant - offset, device);
  images.write(quadrant, offset, request.bytes);
  return { quadrant, offsets: Array.from({ length: device.quadrants }, () => offset) };
}

function placeInAll(request: BiasRequest, images: BiasImages, device: DeviceSpec): BiasPlacement | Diagnostic {
  const { layer, placement, form } = request;
  const broadcast = form === "depthwise" && placement.processors === placement.outputProcessors;
  const offsets = Array.from({ length: device.quadrants }, (_, quadrant) => {
    if (form === "depthwise" && quadrantBits(placement.processors, quadrant) === 0) return null;
    if (broadcast) images.align(quadrant, FOUR_WAY_ALIGNMENT);
    return images.used(quadrant);
  });
  const parts = form === "quad" ? quadBias(request, device) : depthwiseBias(request, device);
  const { bytesPerQuadrant } = device.biasMemory;
  for (const [quadrant, bytes] of parts.entries()) {
    const offset = images.used(quadrant);
    if (offset + bytes.length > bytesPerQuadrant) {
      return biasDoesNotFit(layer, bytes.length, bytesPerQuadrant - offset, device);
    }
    images.write(quadrant, offset, bytes);
  }
  return { quadrant: "all", offsets };
}

function biasDoesNotFit(layer: Layer, needed: number, free: number, device: DeviceSpec): Diagnostic {
  const { bytesPerQuadrant } = device.biasMemory;
  const message = `needs ${needed} bytes of bias memory in one quadrant; ${Math.max(0, free)} of ${bytesPerQuadrant} are free`;
  return layerError(layer, "AI3211", message, "Remove the bias of layers with many outputs.");
}

/** Bias memory while it is filled. */
class BiasImages {
  private readonly images: { readonly bytes: Uint8Array; used: number }[];

  constructor(device: DeviceSpec) {
    const { bytesPerQuadrant } = device.biasMemory;
    this.images = Array.from({ length: device.quadrants }, () => ({
      bytes: new Uint8Array(bytesPerQuadrant),
      used: 0,
    }));
  }

  /** Bytes used so far; the next bias starts behind them. */
  used(quadrant: number): number {
    return this.image(quadrant).used;
  }

  align(quadrant: number, multiple: number): void {
    const image = this.image(quadrant);
    image.used = Math.min(roundUp(image.used, multiple), image.bytes.length);
  }

  /** Writes and counts everything up to the last byte as used. */
  write(quadrant: number, offset: number, values: ArrayLike<number>): void {
    const image = this.image(quadrant);
    image.bytes.set(values, offset);
    image.used = offset + values.length;
  }

  finish(): Uint8Array[] {
    return this.images.map(({ bytes, used }) => bytes.slice(0, used));
  }

  private image(quadrant: number): { readonly bytes: Uint8Array; used: number } {
    const image = this.images[quadrant];
    if (image === undefined) throw new RangeError(`there is no quadrant ${quadrant}`);
    return image;
  }
}
