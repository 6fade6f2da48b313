import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { bitsOf, countBits, firstBit, lastBit, passesOf, processorsPerPass, quadrantBits } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { layerProblem } from "./codes.ts";
import { readStep, writeStep } from "./verify-placement-access.ts";

/** What holds for processors and pointers of any placement, whatever the data. */
export function verifyRules(network: Network, layers: readonly LayerPlacement[], device: DeviceSpec): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const layer of network.layers) {
    const place = layers[layer.index] as LayerPlacement;
    const sentences = [
      ...counts(layer, place, device),
      ...pointers(layer, place, device),
      ...staying(layer, place, device),
      ...depthwise(layer, place, device),
      ...results(layer, place),
      ...readAhead(layer, place, device),
      ...(layer.index === 0 && network.input.format === "CHW" ? planarInput(place, device) : []),
    ];
    problems.push(...sentences.map((sentence) => layerProblem("AI3020", layer, `${layer.name}: ${sentence}`)));
  }
  const used = layers.reduce((mask, place) => mask | place.processors, layers.at(-1)?.outputProcessors ?? 0n);
  if (layers.length > 0 && quadrantBits(used, 0) === 0) {
    problems.push(
      layerProblem(
        "AI3021",
        network.layers[0] as Layer,
        "no layer uses a processor of quadrant 0, which controls the others",
      ),
    );
  }
  return problems;
}

function counts(layer: Layer, place: LayerPlacement, device: DeviceSpec): string[] {
  const problems: string[] = [];
  const check = (mask: bigint, channels: number, what: string): void => {
    const needed = processorsPerPass(channels, device);
    if (mask < 0n || mask >> BigInt(device.processors) !== 0n)
      problems.push(`${what} names processors that do not exist`);
    if (countBits(mask) !== needed)
      problems.push(`${what} has ${countBits(mask)} processors; ${channels} channels need ${needed}`);
  };
  check(place.processors, layer.input.channels, "the input map");
  check(place.outputProcessors, layer.output.channels, "the output map");
  return problems;
}

function pointers(layer: Layer, place: LayerPlacement, device: DeviceSpec): string[] {
  const problems: string[] = [];
  const passes = passesOf(layer.output.channels, device);
  const skip = 2 ** device.fields.writePointerIncrementBits;
  const step = layer.convolution === null ? place.writeGap + 1 : passes * (place.writeGap + 1);
  if (step > skip) problems.push(`steps of ${step} words between pixels; at most ${skip} are possible`);
  if (place.inputOffset % 4 !== 0 || place.outputOffset % 4 !== 0) problems.push("offsets are not multiples of 4");
  if (place.inputOffset < 0 || place.outputOffset < 0) problems.push("offsets are negative");
  const fetches =
    passesOf(layer.input.channels, device) * (layer.flatten ? layer.pooled.height * layer.pooled.width : 1);
  if (place.readGap > 0 && (!device.capabilities.readGap || fetches > 1)) {
    problems.push(`a read gap of ${place.readGap} is not possible here`);
  }
  return problems;
}

/** Without convolution every quadrant keeps its values and packs them from a whole instance on. */
function staying(layer: Layer, place: LayerPlacement, device: DeviceSpec): string[] {
  if (layer.convolution !== null) return [];
  for (let quadrant = 0; quadrant < device.quadrants; quadrant++) {
    const input = BigInt(quadrantBits(place.processors, quadrant));
    const output = BigInt(quadrantBits(place.outputProcessors, quadrant));
    const run = lastBit(output) - firstBit(output) + 1;
    if (countBits(input) !== countBits(output))
      return [`values cannot leave quadrant ${quadrant} without a convolution`];
    if (output !== 0n && run !== countBits(output)) return [`the output map has holes in quadrant ${quadrant}`];
  }
  return [];
}

function depthwise(layer: Layer, place: LayerPlacement, device: DeviceSpec): string[] {
  if ((layer.convolution?.groups ?? 1) === 1) return [];
  const problems: string[] = [];
  const lanes = device.processorsPerDataInstance;
  if (!device.capabilities.depthwise) problems.push("depthwise layers are not available");
  if (firstBit(place.outputProcessors) % lanes !== 0)
    problems.push(`the first output processor is not a multiple of ${lanes}`);
  const span = lastBit(place.processors) - firstBit(place.processors) + 1;
  if (firstBit(place.processors) % lanes !== 0 && span > device.processorsPerQuadrant) {
    problems.push(`an input map that does not start at a multiple of ${lanes} spans more than a quadrant`);
  }
  return problems;
}

/** Reading ahead and writing at the same time need different blocks of a data memory instance, at both ends. */
function readAhead(layer: Layer, place: LayerPlacement, device: DeviceSpec): string[] {
  if (!layer.readAhead) return [];
  if (!device.capabilities.readAhead) return ["read-ahead is not available"];
  const block = device.dataMemory.instanceBytes / device.dataMemory.blocksPerInstance;
  const input = layer.input.height * layer.input.width * readStep(layer, place, device);
  const output = layer.output.height * layer.output.width * writeStep(layer, place, device);
  const blocks = (offset: number, words: number) =>
    [offset, offset + 4 * words - 1].map((byte) => Math.floor(byte / block));
  const [firstRead, lastRead] = blocks(place.inputOffset, input);
  const [firstWritten, lastWritten] = blocks(place.outputOffset, output);
  if (layer.streaming || (firstRead !== firstWritten && lastRead !== lastWritten)) return [];
  return ["read-ahead needs input and output in different blocks of data memory"];
}

/** Results are read out four channels per word. */
function results(layer: Layer, place: LayerPlacement): string[] {
  if (!layer.isOutput) return [];
  const run = lastBit(place.outputProcessors) - firstBit(place.outputProcessors) + 1;
  return run === countBits(place.outputProcessors) ? [] : ["the map of a result has holes"];
}

function planarInput(place: LayerPlacement, device: DeviceSpec): string[] {
  const instances = bitsOf(place.processors).map((processor) =>
    Math.floor(processor / device.processorsPerDataInstance),
  );
  return new Set(instances).size === instances.length
    ? []
    : ["two channels of planar input share a data memory instance"];
}
