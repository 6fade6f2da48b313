import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import { ceilDiv, passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LiveTensor } from "../ir/schedule.ts";
import type { ProgramOptions } from "../options.ts";
import { layerProblem } from "./codes.ts";
import { canReadGaps, layerReads } from "./data-memory-reads.ts";
import type { LayerReads, SourceRead } from "./data-memory-reads.ts";
import { ringWords } from "./data-memory-rings.ts";
import { liveRanges, tensorIndex } from "./live-ranges.ts";
import { RelativeSets } from "./relative-sets.ts";

/** A tensor in the words of a message. */
export const sourceName = (network: Network, source: TensorSource): string =>
  source === "input" ? "the network input" : (network.layers[source] as Layer).name;

/** How every tensor is spread over words, and which tensors must keep their distance; no addresses yet. */
export interface DataLayout {
  readonly network: Network;
  /** Indexed as `tensorIndex`. */
  readonly tensors: readonly TensorForm[];
  readonly reads: readonly LayerReads[];
  readonly readGaps: readonly number[];
  /** Byte offsets relative to each other: tensors as `tensorIndex`, then the read offset of every layer. */
  readonly offsets: RelativeSets;
}

/** One tensor in the words of a data memory instance. */
export interface TensorForm {
  readonly live: LiveTensor;
  /** Processors that hold one pass. */
  readonly processors: number;
  readonly passes: number;
  /** Words of one pixel in an instance. */
  readonly wordsPerPixel: number;
  readonly pixels: number;
  /** One pixel of one channel per byte instead of four channels per word. */
  readonly planar: boolean;
  readonly writeGap: number;
  /** Bytes from the start of one word (or block of four, for 32-bit data) to the next, and bytes used of them. */
  readonly strideBytes: number;
  readonly blockBytes: number;
  readonly blocks: number;
  /** Bytes that are written below the first valid word. */
  readonly bytesBefore: number;
}

/** Bytes from the first to the last byte that is written. */
export const spanBytes = (form: TensorForm): number => (form.blocks - 1) * form.strideBytes + form.blockBytes;

/** A dilated Conv1d too long for nine taps is executed on the two-dimensional engine, one column per residue. */
export function runsAsTwoDimensional(layer: Layer): boolean {
  const { convolution } = layer;
  if (convolution?.kind !== "conv1d") return false;
  const [length] = convolution.kernel;
  return convolution.dilation > 1 && (length === 2 || length === 3) && (length - 1) * convolution.dilation >= 9;
}

/** Decides gaps and distances; diagnoses readers that want different layouts of the same tensor. */
export function layoutData(
  network: Network,
  device: DeviceSpec,
  options?: ProgramOptions,
): { layout: DataLayout; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const reads = network.layers.map((layer) => layerReads(network, layer, device));
  for (const [index, read] of reads.entries()) {
    const layer = network.layers[index] as Layer;
    if (read.problem)
      diagnostics.push(layerProblem("AI3001", layer, `${layer.name} cannot read its input: ${read.problem}`));
  }
  const strides = resolveStrides(network, reads, device);
  const readGaps = reads.map((read, index) => readGapOf(network.layers[index] as Layer, read, strides));
  diagnostics.push(...checkStrides(network, reads, strides, readGaps, device));
  const rings = ringWords(network, device, options);
  diagnostics.push(...checkRings(network, rings.length));
  const tensors = liveRanges(network).map((live, index) => {
    const tight = tensorForm(network, reads, live, strides[index] as number, device);
    const form = { ...tight, blocks: tight.blocks + tailPixels(network, live.source) * tight.wordsPerPixel };
    if (index < rings.length) return { ...form, blocks: (rings[index] as number) + 1 };
    return index === rings.length && index > 0 ? { ...form, blocks: form.blocks + 1 } : form;
  });
  const { offsets, conflicts } = linkOffsets(network, tensors, reads, readGaps);
  return { layout: { network, tensors, reads, readGaps, offsets }, diagnostics: [...diagnostics, ...conflicts] };
}

/** Pixels behind the last one that are fetched too: whole rows of a dilated Conv1d that is executed as an image. */
function tailPixels(network: Network, source: TensorSource): number {
  const tails = network.layers
    // Of a pile of tensors only the last one has a tail.
    .filter((layer) => layer.sources.at(-1) === source && runsAsTwoDimensional(layer))
    .map(({ input, convolution }) => {
      const columns = convolution?.dilation ?? 1;
      return ceilDiv(input.height, columns) * columns - input.height;
    });
  return Math.max(0, ...tails);
}

/** What streams through a circular buffer is gone when the next layer has read it. */
function checkRings(network: Network, streaming: number): Diagnostic[] {
  const late = network.layers.flatMap((layer) =>
    layer.sources
      .filter((source) => tensorIndex(source) < streaming && layer.index !== tensorIndex(source))
      .map((source) => ({ layer, name: sourceName(network, source) })),
  );
  return late.map(({ layer, name }) =>
    layerProblem(
      "AI3009",
      layer,
      `${layer.name} reads ${name}, but only the layer after it can: it streams and is never completely in memory`,
      "end streaming before the branch",
    ),
  );
}

/**
 * Words from one word of a tensor to the next, as its readers need it. A reader of several tensors multiplies what
 * it needs by the same factor for all of them (its read gap), so factors spread until nothing changes.
 */
function resolveStrides(network: Network, reads: readonly LayerReads[], device: DeviceSpec): number[] {
  const largest = 2 ** device.fields.writePointerIncrementBits;
  const strides = Array.from({ length: network.layers.length + 1 }, () => 1);
  for (const layer of network.layers) {
    if (layer.pins.writeGap !== undefined) strides[layer.index + 1] = layer.pins.writeGap + 1;
  }
  for (let changed = true; changed;) {
    changed = false;
    for (const read of reads) {
      const factor = Math.max(
        ...read.sources.map((part) => ceilDiv(strides[tensorIndex(part.source)] as number, part.interleave)),
        1,
      );
      for (const part of read.sources) {
        const index = tensorIndex(part.source);
        const stride = part.interleave * factor;
        if (
          stride > (strides[index] as number) &&
          stride <= largest &&
          network.layers[index - 1]?.pins.writeGap === undefined
        ) {
          strides[index] = stride;
          changed = true;
        }
      }
    }
  }
  return strides;
}

const factorOf = (part: SourceRead, strides: readonly number[]): number =>
  (strides[tensorIndex(part.source)] as number) / part.interleave;

function readGapOf(layer: Layer, read: LayerReads, strides: readonly number[]): number {
  if (layer.pins.readGap !== undefined) return layer.pins.readGap;
  const [first] = read.sources;
  return first ? Math.max(Math.ceil(factorOf(first, strides)), 1) - 1 : 0;
}

function checkStrides(
  network: Network,
  reads: readonly LayerReads[],
  strides: readonly number[],
  readGaps: readonly number[],
  device: DeviceSpec,
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const [index, read] of reads.entries()) {
    const layer = network.layers[index] as Layer;
    const gap = readGaps[index] as number;
    const mayGap = canReadGaps(layer, device);
    for (const part of read.sources) {
      const stride = strides[tensorIndex(part.source)] as number;
      const reachable = part.interleave * (gap + 1) === stride && (gap === 0 || mayGap);
      if (reachable && (part.source !== "input" || stride === 1)) continue;
      const name = sourceName(network, part.source);
      const written =
        part.source === "input"
          ? "it is loaded without gaps"
          : `it is written every ${stride} words for its other readers`;
      diagnostics.push(
        layerProblem(
          "AI3002",
          layer,
          `${layer.name} reads ${name} every ${part.interleave} words, but ${written}`,
          "copy the tensor with a passthrough layer for one of its readers",
        ),
      );
    }
  }
  return diagnostics;
}

function tensorForm(
  network: Network,
  reads: readonly LayerReads[],
  live: LiveTensor,
  stride: number,
  device: DeviceSpec,
): TensorForm {
  if (live.source === "input") return inputForm(network, reads, live, device);
  const layer = network.layers[live.source] as Layer;
  const { channels, height, width } = layer.output;
  const passes = passesOf(channels, device);
  const words = layer.outputBits / 8;
  const written = writtenPixels(layer);
  return {
    live,
    processors: processorsPerPass(channels, device),
    passes,
    wordsPerPixel: passes * words,
    pixels: height * width,
    planar: false,
    writeGap: stride - 1,
    strideBytes: 4 * words * stride,
    blockBytes: 4 * words,
    blocks: written.pixels * passes,
    bytesBefore: written.before * passes * 4 * words,
  };
}

/** The input lies as its first reader wants it: a tensor of operands x channels has the operands side by side. */
function inputForm(network: Network, reads: readonly LayerReads[], live: LiveTensor, device: DeviceSpec): TensorForm {
  const { channels, height, width, format } = network.input;
  const reader = reads.find((read) => read.sources.length === 1 && read.sources[0]?.source === "input");
  const operands = reader?.operands ?? 1;
  const passes = passesOf(channels / operands, device);
  const planar = format === "CHW";
  const pixels = height * width;
  const words = planar ? ceilDiv(pixels, 4) : pixels * passes * operands;
  return {
    live,
    processors: processorsPerPass(channels / operands, device),
    passes,
    wordsPerPixel: passes * operands,
    pixels,
    planar,
    writeGap: 0,
    strideBytes: 4,
    blockBytes: 4,
    blocks: words,
    bytesBefore: 0,
  };
}

/** Pixels the hardware writes, and how many of them come before the first valid one. */
function writtenPixels(layer: Layer): { pixels: number; before: number } {
  const valid = layer.output.height * layer.output.width;
  const { convolution } = layer;
  if (convolution === null || !runsAsTwoDimensional(layer)) return { pixels: valid, before: 0 };
  const { dilation } = convolution;
  const pixels = ceilDiv(layer.pooled.height, dilation) * dilation;
  return { pixels, before: convolution.kernel[0] === 3 ? dilation : 0 };
}

function linkOffsets(
  network: Network,
  tensors: readonly TensorForm[],
  reads: readonly LayerReads[],
  readGaps: readonly number[],
): { offsets: RelativeSets; conflicts: Diagnostic[] } {
  const offsets = new RelativeSets(tensors.length + network.layers.length);
  const conflicts: Diagnostic[] = [];
  for (const [index, read] of reads.entries()) {
    const layer = network.layers[index] as Layer;
    for (const part of read.sources) {
      const planar = part.source === "input" && network.input.format === "CHW";
      const perPixel = planar ? 1 : 4 * read.passes * read.operands * ((readGaps[index] as number) + 1);
      const stride = part.interleave * ((readGaps[index] as number) + 1);
      const distance = 4 * part.wordShift - 4 * part.skipped * stride + part.pixelShift * perPixel;
      if (offsets.link(tensors.length + index, tensorIndex(part.source), distance)) continue;
      const name = sourceName(network, part.source);
      conflicts.push(
        layerProblem(
          "AI3003",
          layer,
          `${layer.name} needs ${name} at a place in memory where another of its readers cannot find it`,
          `copy ${name} with a passthrough layer for one of its readers`,
        ),
      );
    }
  }
  return { offsets, conflicts };
}

/** Index of the read offset of a layer in `DataLayout.offsets`. */
export const readNode = (layout: DataLayout, layer: number): number => layout.tensors.length + layer;
