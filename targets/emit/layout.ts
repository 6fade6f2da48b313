import { dataAddress } from "../accelerator/address.ts";
import type { DeviceSpec } from "../accelerator/device.ts";
import type { Program, ProgramOutput, TensorLocation } from "../accelerator/program.ts";

/**
 * Where every result is in data memory and where cnn_unload() delivers it.
 * The C printer and the TypeScript functions below walk the same segments.
 */

/** How the elements of an output are stored in out_buf. */
export type ElementBits = 8 | 16 | 32;

/** Results that one data memory instance holds in one turn (at most four channels), for all pixels. */
export interface UnloadSegment {
  /** Address of the first word. */
  readonly address: number;
  readonly processor: number;
  readonly firstChannel: number;
  /** Byte lanes (8-bit) or words behind `address` (32-bit) in channel order. */
  readonly lanes: readonly number[];
  /** Words from one pixel to the next. */
  readonly pixelStep: number;
  /** Element of the output that receives lane 0 of pixel 0. */
  readonly start: number;
  /** Elements from one lane to the next, and from one pixel to the next. */
  readonly laneStride: number;
  readonly pixelStride: number;
}

export interface OutputLayout {
  readonly output: ProgramOutput;
  readonly pixels: number;
  readonly elements: number;
  readonly elementBits: ElementBits;
  /** log2 of the factor applied to every element. */
  readonly scale: number;
  /** First word of the output in out_buf, and its length. */
  readonly wordOffset: number;
  readonly words: number;
  readonly segments: readonly UnloadSegment[];
}

/** Lays the outputs out one after the other, each starting on a word. */
export function outputLayouts(program: Program, device: DeviceSpec, scaleOutput: boolean): OutputLayout[] {
  const narrowBits = narrowElementBits(program, scaleOutput);
  let wordOffset = 0;
  return program.outputs.map((output) => {
    const { location } = output;
    const pixels = location.height * location.width;
    const elements = location.channels * pixels;
    const elementBits = location.bits === 32 ? 32 : narrowBits;
    const words = Math.ceil((elements * elementBits) / 32);
    const layout: OutputLayout = {
      output,
      pixels,
      elements,
      elementBits,
      scale: scaleOutput ? output.finalScale : 0,
      wordOffset,
      words,
      segments: segmentsOf(location, device),
    };
    wordOffset += words;
    return layout;
  });
}

/** Length of out_buf in words (`CNN_NUM_OUTPUTS`). */
export const outputWords = (layouts: readonly OutputLayout[]): number =>
  layouts.reduce((sum, layout) => sum + layout.words, 0);

/** All 8-bit outputs are delivered in one type: int16 as soon as one of them is scaled, else int8. */
const narrowElementBits = (program: Program, scaleOutput: boolean): 8 | 16 =>
  scaleOutput && program.outputs.some(({ finalScale, location }) => location.bits === 8 && finalScale !== 0) ? 16 : 8;

/** Channels per group of a 32-bit output in out_buf: those one data memory instance holds. */
const wideGroup = 4;

function segmentsOf(location: TensorLocation, device: DeviceSpec): UnloadSegment[] {
  const { channels, processors, bits } = location;
  const wordsPerPass = bits / 8;
  const passes = Math.ceil(channels / processors.length);
  const pixels = location.height * location.width;
  const gap = location.writeGap + 1;
  const segments: UnloadSegment[] = [];
  let channel = 0;
  while (channel < channels) {
    const count = segmentLength(location, device, channel);
    const pass = Math.floor(channel / processors.length);
    const served = Array.from({ length: count }, (_, i) => processors[(channel % processors.length) + i] as number);
    const processor = served[0] as number;
    segments.push({
      address: dataAddress(device, processor, location.offset + pass * wordsPerPass * gap * 4),
      processor,
      firstChannel: channel,
      lanes: served.map((one) => one % device.processorsPerDataInstance),
      pixelStep: passes * wordsPerPass * gap,
      ...(bits === 8 ? planar(channel, pixels) : grouped(channel, channels, pixels)),
    });
    channel += count;
  }
  return segments;
}

/** Channels from `first` on that share an instance, a pass and (32-bit) a group of the result. */
function segmentLength(location: TensorLocation, device: DeviceSpec, first: number): number {
  const { channels, processors, bits } = location;
  const place = (channel: number): string => {
    const pass = Math.floor(channel / processors.length);
    const processor = processors[channel % processors.length] as number;
    const instance = Math.floor(processor / device.processorsPerDataInstance);
    return `${pass} ${instance} ${bits === 32 ? Math.floor(channel / wideGroup) : 0}`;
  };
  let end = first + 1;
  while (end < channels && place(end) === place(first)) end++;
  return end - first;
}

/** 8-bit results: one plane of pixels per channel. */
const planar = (channel: number, pixels: number) => ({
  start: channel * pixels,
  laneStride: pixels,
  pixelStride: 1,
});

/** 32-bit results: groups of four channels; inside a group pixel by pixel. The last group may be smaller. */
function grouped(channel: number, channels: number, pixels: number) {
  const group = Math.floor(channel / wideGroup);
  const size = Math.min(wideGroup, channels - group * wideGroup);
  return {
    start: group * wideGroup * pixels + (channel - group * wideGroup),
    laneStride: 1,
    pixelStride: size,
  };
}

/** One element of out_buf and the place in data memory it comes from. */
export interface UnloadElement {
  readonly output: number;
  readonly channel: number;
  readonly pixel: number;
  /** Word address; 32-bit results have lane 0. */
  readonly address: number;
  /** Byte of the word, 0 = least significant. */
  readonly lane: number;
  /** Bits read at `address`, and bits written. */
  readonly bits: 8 | 32;
  readonly elementBits: ElementBits;
  /** log2 of the factor between the two. */
  readonly scale: number;
  /** Position in out_buf, in bits. */
  readonly target: number;
}

/** The elements of out_buf in the order of their positions. */
export function unloadOrder(program: Program, device: DeviceSpec, scaleOutput = true): UnloadElement[] {
  const elements = outputLayouts(program, device, scaleOutput).flatMap((layout, output) =>
    layout.segments.flatMap((segment) => segmentElements(layout, segment, output)),
  );
  return elements.toSorted((a, b) => a.target - b.target);
}

function segmentElements(layout: OutputLayout, segment: UnloadSegment, output: number): UnloadElement[] {
  const { bits } = layout.output.location;
  const elements: UnloadElement[] = [];
  for (let pixel = 0; pixel < layout.pixels; pixel++) {
    const word = segment.address + pixel * segment.pixelStep * 4;
    for (const [i, lane] of segment.lanes.entries()) {
      const element = segment.start + i * segment.laneStride + pixel * segment.pixelStride;
      elements.push({
        output,
        channel: segment.firstChannel + i,
        pixel,
        address: bits === 32 ? word + lane * 4 : word,
        lane: bits === 32 ? 0 : lane,
        bits,
        elementBits: layout.elementBits,
        scale: layout.scale,
        target: layout.wordOffset * 32 + element * layout.elementBits,
      });
    }
  }
  return elements;
}

/** What cnn_unload() delivers, given data memory. Bytes that pad an output to a word are zero. */
export function unloadResult(
  program: Program,
  device: DeviceSpec,
  readWord: (address: number) => number,
  scaleOutput = true,
): Uint32Array {
  const result = new DataView(new ArrayBuffer(4 * outputWords(outputLayouts(program, device, scaleOutput))));
  for (const element of unloadOrder(program, device, scaleOutput)) {
    const word = readWord(element.address);
    const value = element.bits === 32 ? word | 0 : (word << (24 - 8 * element.lane)) >> 24;
    const scaled = scaleValue(value, element.scale);
    if (element.elementBits === 32) result.setInt32(element.target / 8, scaled, true);
    else if (element.elementBits === 16) result.setInt16(element.target / 8, scaled, true);
    else result.setInt8(element.target / 8, scaled);
  }
  return Uint32Array.from({ length: result.byteLength / 4 }, (_, i) => result.getUint32(4 * i, true));
}

/** value * 2^scale in 32 bits: left shifts drop high bits, right shifts round toward minus infinity. */
const scaleValue = (value: number, scale: number): number =>
  scale >= 0 ? value << scale : value >> Math.min(31, -scale);
