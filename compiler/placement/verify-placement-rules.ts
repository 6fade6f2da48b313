import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { bitsOf, countBits, firstBit, lastBit, passesOf, processorsPerPass, quadrantBits } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { layerProblem } from "./codes.ts";
import { readStep, writeStep } from "./verify-placement-access.ts";

/** A broken rule: its code, what is wrong, and what would work. */
interface Finding {
  readonly code: string;
  readonly sentence: string;
  readonly hint: string;
}

const finding = (code: string, sentence: string, hint: string): Finding => ({ code, sentence, hint });

/**
 * What holds for processors and pointers of any placement, whatever the data: number of processors (AI3020), values
 * that stay in their quadrant (AI3040), pointers and gaps (AI3041, AI3042), depthwise layers (AI3043), read-ahead
 * (AI3044), planar input (AI3045), results (AI3046), room below far dilated ones (AI3047), and quadrant 0 (AI3021).
 */
export function verifyRules(network: Network, layers: readonly LayerPlacement[], device: DeviceSpec): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const layer of network.layers) {
    const place = layers[layer.index] as LayerPlacement;
    const found = [
      ...counts(layer, place, device),
      ...pointers(layer, place, device),
      ...staying(layer, place, device),
      ...depthwise(layer, place, device),
      ...results(layer, place, device),
      ...farDilation(layer, place, device),
      ...readAhead(layer, place, device),
      ...streamedReadAhead(layer, layers, device),
      ...(layer.index === 0 && network.input.format === "CHW" ? planarInput(place, device) : []),
    ];
    problems.push(
      ...found.map(({ code, sentence, hint }) => layerProblem(code, layer, `'${layer.name}': ${sentence}`, hint)),
    );
  }
  const used = layers.reduce((mask, place) => mask | place.processors, layers.at(-1)?.outputProcessors ?? 0n);
  if (layers.length > 0 && quadrantBits(used, 0) === 0) {
    problems.push(
      layerProblem(
        "AI3021",
        network.layers[0] as Layer,
        `no layer uses a processor of quadrant 0, which controls the others; in use are ${hexadecimal(used)}`,
        `Put the input of a layer, or the last output, on some of processors 0 to ${device.processorsPerQuadrant - 1}.`,
      ),
    );
  }
  return problems;
}

const hexadecimal = (mask: bigint): string => `0x${mask.toString(16)}`;

/** One processor per channel and pass, on either side. */
function counts(layer: Layer, place: LayerPlacement, device: DeviceSpec): Finding[] {
  const problems: Finding[] = [];
  const check = (mask: bigint, channels: number, side: "input" | "output"): void => {
    const needed = processorsPerPass(channels, device);
    const passes = passesOf(channels, device);
    const map = `the ${side} map ${hexadecimal(mask)}`;
    const hint = `Give ${needed} processors.`;
    if (mask < 0n || mask >> BigInt(device.processors) !== 0n)
      problems.push(finding("AI3020", `${map} names processors that do not exist`, hint));
    if (countBits(mask) !== needed) {
      const wanted = `${channels} ${side} channels in ${passes} ${passes === 1 ? "pass" : "passes"} need ${needed}`;
      problems.push(finding("AI3020", `${map} has ${countBits(mask)} processors; ${wanted}`, hint));
    }
  };
  check(place.processors, layer.input.channels, "input");
  check(place.outputProcessors, layer.output.channels, "output");
  return problems;
}

function pointers(layer: Layer, place: LayerPlacement, device: DeviceSpec): Finding[] {
  const problems: Finding[] = [];
  const passes = passesOf(layer.output.channels, device);
  const skip = 2 ** device.fields.writePointerIncrementBits;
  const perGap = layer.convolution === null ? 1 : passes;
  const step = perGap * (place.writeGap + 1);
  if (step > skip) {
    const sentence = `a write gap of ${place.writeGap} makes steps of ${step} words between pixels; at most ${skip} are possible`;
    problems.push(finding("AI3041", sentence, `Use a gap of at most ${Math.floor(skip / perGap) - 1}.`));
  }
  for (const [name, offset] of [
    ["input", place.inputOffset],
    ["output", place.outputOffset],
  ] as const) {
    const sentence = `the ${name} offset ${offset} is not a multiple of 4 from 0 on`;
    if (offset % 4 !== 0 || offset < 0) {
      problems.push(finding("AI3041", sentence, `Use ${Math.max(0, offset - (offset % 4))}.`));
    }
  }
  const fetches =
    passesOf(layer.input.channels, device) * (layer.flatten ? layer.pooled.height * layer.pooled.width : 1);
  if (place.readGap > 0 && !device.capabilities.readGap) {
    const sentence = `a read gap of ${place.readGap}; ${device.name} has no read gaps`;
    problems.push(finding("AI3042", sentence, "Use no gap, and write the input without one."));
  } else if (place.readGap > 0 && fetches > 1) {
    const sentence = `a read gap of ${place.readGap} with ${fetches} words per pixel; gaps are possible between single words only`;
    const hint = `Use no gap, or at most ${device.processors} channels that are not flattened.`;
    problems.push(finding("AI3042", sentence, hint));
  }
  if (place.readGap > 0 && layer.convolution?.kind === "convTranspose2d") {
    const sentence = `a read gap of ${place.readGap} in front of a transposed convolution, which would take it for a pooling stride`;
    problems.push(finding("AI3042", sentence, "Use no gap, and write the input without one."));
  }
  return problems;
}

/** Without convolution every quadrant keeps its values and packs them from a whole instance on. */
function staying(layer: Layer, place: LayerPlacement, device: DeviceSpec): Finding[] {
  if (layer.convolution !== null) return [];
  const maps = `input ${hexadecimal(place.processors)}, output ${hexadecimal(place.outputProcessors)}`;
  const hint = "Give every quadrant as many adjacent output processors as it has input processors.";
  for (let quadrant = 0; quadrant < device.quadrants; quadrant++) {
    const input = BigInt(quadrantBits(place.processors, quadrant));
    const output = BigInt(quadrantBits(place.outputProcessors, quadrant));
    const run = lastBit(output) - firstBit(output) + 1;
    if (countBits(input) !== countBits(output)) {
      return [finding("AI3040", `values cannot leave quadrant ${quadrant} without a convolution: ${maps}`, hint)];
    }
    if (output !== 0n && run !== countBits(output)) {
      return [
        finding("AI3040", `without a convolution outputs lie side by side in quadrant ${quadrant}: ${maps}`, hint),
      ];
    }
  }
  return [];
}

function depthwise(layer: Layer, place: LayerPlacement, device: DeviceSpec): Finding[] {
  if ((layer.convolution?.groups ?? 1) === 1) return [];
  const problems: Finding[] = [];
  const lanes = device.processorsPerDataInstance;
  const start = (side: string, first: number) => `the first ${side} processor of a depthwise layer is ${first}`;
  const firstOutput = firstBit(place.outputProcessors);
  const hint = `Start at a multiple of ${lanes}.`;
  if (firstOutput % lanes !== 0) {
    problems.push(finding("AI3043", `${start("output", firstOutput)}, not a multiple of ${lanes}`, hint));
  }
  const firstInput = firstBit(place.processors);
  const span = lastBit(place.processors) - firstInput + 1;
  if (firstInput % lanes !== 0 && span > device.processorsPerQuadrant) {
    const sentence = `${start("input", firstInput)}; where inputs span ${span} processors, more than a quadrant, it must be a multiple of ${lanes}`;
    problems.push(finding("AI3043", sentence, hint));
  }
  return problems;
}

/**
 * Reading ahead and writing at the same time need different blocks of a data memory instance, at both ends; those of
 * streaming layers as if their buffers held everything.
 */
function readAhead(layer: Layer, place: LayerPlacement, device: DeviceSpec): Finding[] {
  if (!layer.readAhead || !device.capabilities.readAhead) return [];
  const block = device.dataMemory.instanceBytes / device.dataMemory.blocksPerInstance;
  const input = layer.input.height * layer.input.width * readStep(layer, place, device);
  const output = layer.output.height * layer.output.width * writeStep(layer, place, device);
  const blocks = (offset: number, words: number): readonly [number, number] => [
    Math.floor(offset / block),
    Math.floor((offset + 4 * words - 1) / block),
  ];
  const read = blocks(place.inputOffset, input);
  const written = blocks(place.outputOffset, output);
  if (read[0] !== written[0] && read[1] !== written[1]) return [];
  const sentence = `read-ahead needs input and output in different blocks of ${block} bytes; it reads blocks ${read.join(" to ")} and writes ${written.join(" to ")}`;
  return [finding("AI3044", sentence, "Move the output by whole blocks, or do not read ahead.")];
}

/** Streaming buffers of layers that read ahead start in blocks that no buffer before them starts in. */
function streamedReadAhead(layer: Layer, layers: readonly LayerPlacement[], device: DeviceSpec): Finding[] {
  if (!layer.streaming || !layer.readAhead || !device.capabilities.readAhead) return [];
  const block = device.dataMemory.instanceBytes / device.dataMemory.blocksPerInstance;
  const own = Math.floor((layers[layer.index] as LayerPlacement).inputOffset / block);
  // Streaming layers come first, so all layers in front stream, too.
  const other = layers.slice(0, layer.index).findIndex(({ inputOffset }) => Math.floor(inputOffset / block) === own);
  if (other < 0) return [];
  const sentence = `it streams and reads ahead from block ${own} of ${block} bytes, where the buffer of layer ${other} starts, too`;
  return [finding("AI3044", sentence, "Move its input by whole blocks, or do not read ahead.")];
}

/** A far dilated Conv1d of three taps writes a row of garbage below its output. */
function farDilation({ convolution, output, outputBits }: Layer, place: LayerPlacement, device: DeviceSpec): Finding[] {
  if (convolution?.kind !== "conv1d" || convolution.dilation === 1) return [];
  const { dilation, kernel } = convolution;
  const [length] = kernel;
  const below = (outputBits / 2) * dilation * passesOf(output.channels, device);
  const far = length === 3 && (length - 1) * dilation >= device.limits.conv1dKernel.max;
  if (!far || place.outputOffset >= below) return [];
  const sentence = `dilation ${dilation} writes ${below} bytes below its output at offset ${place.outputOffset}`;
  return [finding("AI3047", sentence, `Use an output offset of at least ${below}.`)];
}

/**
 * Channels of 32 bits take adjacent processors of an instance, from its first one on: where words of others would lie
 * is not known. 8-bit results are read out wherever they are.
 */
function results(layer: Layer, place: LayerPlacement, device: DeviceSpec): Finding[] {
  if (!layer.isOutput || layer.outputBits === 8) return [];
  const mask = place.outputProcessors;
  const lanes = device.processorsPerDataInstance;
  const processors = bitsOf(mask);
  const [first = 0] = processors;
  const lane = first % lanes;
  const gap = processors.some((processor, i) => {
    const next = processors[i + 1];
    return next !== undefined && next > processor + 1 && Math.floor(next / lanes) === Math.floor(processor / lanes);
  });
  const map = `the map of a 32-bit result, ${hexadecimal(mask)},`;
  const hint = `Give ${processors.length} adjacent processors, the first of them ${first - lane}.`;
  return [
    ...(gap ? [finding("AI3046", `${map} has holes inside a data memory instance`, hint)] : []),
    ...(lane > 0
      ? [finding("AI3046", `${map} starts at processor ${first}, not at a multiple of ${lanes}`, hint)]
      : []),
  ];
}

function planarInput(place: LayerPlacement, device: DeviceSpec): Finding[] {
  const lanes = device.processorsPerDataInstance;
  const instances = bitsOf(place.processors).map((processor) => Math.floor(processor / lanes));
  if (new Set(instances).size === instances.length) return [];
  const sentence = `two channels of CHW input share a data memory instance: processors ${hexadecimal(place.processors)}`;
  return [finding("AI3045", sentence, `Use one processor of every ${lanes}, or HWC format.`)];
}
