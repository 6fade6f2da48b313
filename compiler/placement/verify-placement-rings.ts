import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { bitsOf } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import type { ProgramOptions } from "../options.ts";
import { layerProblem } from "./codes.ts";
import { ringWords } from "./data-memory-rings.ts";
import { writeStep } from "./verify-placement-access.ts";

interface Range {
  readonly name: string;
  readonly layer: Layer;
  readonly instances: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
}

/** Streaming layers run together: their buffers and the result of the last one must not touch, and must fit. */
export function verifyRings(
  network: Network,
  layers: readonly LayerPlacement[],
  device: DeviceSpec,
  options?: ProgramOptions,
): Diagnostic[] {
  const rings = ringWords(network, device, options);
  if (rings.length === 0) return [];
  const problems = handovers(network, layers, rings.length);
  const ranges = rings.map((words, index) => buffer(network, layers, words, index, device));
  ranges.push(lastResult(network, layers, rings.length - 1, device));
  for (const [index, range] of ranges.entries()) {
    if (range.to > device.dataMemory.instanceBytes) {
      const text = `${range.name} ends at byte ${range.to} of a data memory instance, which has ${device.dataMemory.instanceBytes}`;
      problems.push(layerProblem("AI3022", range.layer, text, "Use a lower offset, or shorter rows."));
    }
    for (const other of ranges.slice(index + 1)) {
      const shared = [...range.instances].some((instance) => other.instances.has(instance));
      if (!shared || range.to <= other.from || other.to <= range.from) continue;
      const [first, second] = [range, other].map(({ name, from, to }) => `${name} (bytes ${from} to ${to - 1})`);
      const text = `${first} and ${second} overlap in data memory`;
      problems.push(layerProblem("AI3027", other.layer, text, "Move one of them to other bytes or other processors."));
    }
  }
  return problems;
}

/** Each streaming layer reads where and with what processors its predecessor writes. */
function handovers(network: Network, layers: readonly LayerPlacement[], streaming: number): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (let index = 1; index < streaming; index++) {
    const writer = layers[index - 1] as LayerPlacement;
    const reader = layers[index] as LayerPlacement;
    if (writer.outputOffset === reader.inputOffset && writer.outputProcessors === reader.processors) continue;
    const layer = network.layers[index] as Layer;
    problems.push(
      layerProblem(
        "AI3027",
        layer,
        `${layer.name} does not read the buffer that the layer before it writes`,
        `Read at offset ${writer.outputOffset}.`,
      ),
    );
  }
  return problems;
}

function buffer(
  network: Network,
  layers: readonly LayerPlacement[],
  words: number,
  index: number,
  device: DeviceSpec,
): Range {
  const layer = network.layers[index] as Layer;
  const place = layers[index] as LayerPlacement;
  const name = `the stream buffer of ${layer.name}`;
  const own = instanceSet(place.processors, device);
  const everywhere = index === 0 && network.options.fifo === "fast-quad";
  const instances = everywhere ? inAllQuadrants(own, device) : own;
  return { name, layer, instances, from: place.inputOffset, to: place.inputOffset + 4 * words };
}

/** A quad FIFO delivers the same words to all quadrants. */
function inAllQuadrants(instances: ReadonlySet<number>, device: DeviceSpec): Set<number> {
  const perQuadrant = device.processorsPerQuadrant / device.processorsPerDataInstance;
  const shifts = Array.from({ length: device.quadrants }, (_, quadrant) => quadrant * perQuadrant);
  return new Set(shifts.flatMap((shift) => Array.from(instances, (instance) => instance + shift)));
}

function lastResult(network: Network, layers: readonly LayerPlacement[], index: number, device: DeviceSpec): Range {
  const layer = network.layers[index] as Layer;
  const place = layers[index] as LayerPlacement;
  const bytes = 4 * writeStep(layer, place, device) * layer.output.height * layer.output.width;
  return {
    name: `the output of ${layer.name}`,
    layer,
    instances: instanceSet(place.outputProcessors, device),
    from: place.outputOffset,
    to: place.outputOffset + bytes,
  };
}

const instanceSet = (mask: bigint, device: DeviceSpec): Set<number> =>
  new Set(bitsOf(mask).map((processor) => Math.floor(processor / device.processorsPerDataInstance)));
