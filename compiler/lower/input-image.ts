import { dataAddress, registerAddress } from "../../targets/accelerator/address.ts";
import type { InputArray, ProgramInput } from "../../targets/accelerator/program.ts";
import type { RegisterSpec } from "../../targets/accelerator/register.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import { bitsOf, ceilDiv, passesOf, processorsPerPass, roundUp } from "../ir/geometry.ts";
import { lowerCodes } from "./codes.ts";
import type { LoweringContext } from "./context.ts";

/** The input as words of data memory or of the FIFOs. */

/** Input values in the order channels, rows, columns; operands follow each other as channels. */
export interface Sample {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** The input's size, and its sample as the arrays `load_input()` copies or pushes. */
export function inputImage(sample: Sample | null, context: LoweringContext, diagnostics: Diagnostic[]): ProgramInput {
  const { channels, height, width, format } = context.network.input;
  const arrays = sample !== null && hasInputShape(sample, context, diagnostics) ? inputArrays(sample, context) : [];
  return { channels, height, width, format, arrays };
}

function hasInputShape({ shape, data }: Sample, { network }: LoweringContext, diagnostics: Diagnostic[]): boolean {
  const { channels, height, width } = network.input;
  const same = shape.channels === channels && shape.height === height && shape.width === width;
  if (same && data.length === channels * height * width) return true;
  diagnostics.push({
    code: lowerCodes.sampleShape,
    severity: "error",
    message: `the sample is ${shape.channels}x${shape.height}x${shape.width} with ${data.length} values; the input is ${channels}x${height}x${width}`,
    hint: "give a sample of the input's shape",
  });
  return false;
}

function inputArrays(sample: Sample, context: LoweringContext): InputArray[] {
  if (context.fastFifo) return [fastFifoArray(sample, context)];
  if (context.fifo) return fifoArrays(sample, context);
  return context.start.chw ? planeArrays(sample, context) : pixelArrays(sample, context);
}

/** Byte offset of the whole input; the first layer's own offset lies behind the rows that it leaves out. */
function inputOffset({ network, device, start }: LoweringContext): number {
  const { layer, placement, operands, chw } = start;
  const pixels = layer.crop[0] * network.input.width;
  const step = 4 * passesOf(layer.input.channels, device) * operands * (placement.readGap + 1);
  return placement.inputOffset - pixels * (chw ? 1 : step);
}

/** HWC: one word holds a pixel of the four channels of a data memory instance. */
function pixelArrays(sample: Sample, context: LoweringContext): InputArray[] {
  const { device, start } = context;
  const perInstance = device.processorsPerDataInstance;
  const processors = bitsOf(start.placement.processors);
  const instances = [...new Set(processors.map((processor) => processor - (processor % perInstance)))];
  return instances.map((first) => ({
    index: first,
    address: dataAddress(device, first, inputOffset(context)),
    words: pixelWords(sample, context, processors, first),
    comment: `${sample.shape.height}x${sample.shape.width} pixels, processors ${first} to ${first + perInstance - 1}`,
  }));
}

/** Words in the order pixel, pass, operand; a read gap leaves words free in between. */
function pixelWords(
  sample: Sample,
  { device, start }: LoweringContext,
  processors: readonly number[],
  first: number,
): Uint32Array {
  const { channels } = start.layer.input;
  const pixels = sample.shape.height * sample.shape.width;
  const passes = passesOf(channels, device);
  const perPass = processorsPerPass(channels, device);
  const { operands } = start;
  const spread = start.placement.readGap + 1;
  const step = passes * operands * spread;
  const words = new Uint32Array((pixels * passes - 1) * operands * spread + operands);
  for (const [rank, processor] of processors.entries()) {
    const lane = processor - first;
    if (lane < 0 || lane >= device.processorsPerDataInstance) continue;
    for (let pass = 0; pass < passes; pass++) {
      const channel = pass * perPass + rank;
      if (channel >= channels) continue;
      for (let operand = 0; operand < operands; operand++) {
        const plane = (channel + operand * channels) * pixels;
        const offset = pass * operands * spread + operand;
        for (let pixel = 0; pixel < pixels; pixel++) {
          const index = pixel * step + offset;
          words[index] = (words[index] as number) | laneByte(sample.data, plane + pixel, lane);
        }
      }
    }
  }
  return words;
}

const laneByte = (data: ArrayLike<number>, index: number, lane: number): number =>
  ((data[index] as number) & 0xff) << (8 * lane);

/** CHW: one word holds four pixels of the only channel of a data memory instance. */
function planeArrays(sample: Sample, context: LoweringContext): InputArray[] {
  const { device, start } = context;
  return bitsOf(start.placement.processors).map((processor, channel) => ({
    index: processor,
    address: dataAddress(device, processor, inputOffset(context)),
    words: planeWords(sample, channel),
    comment: `${sample.shape.height}x${sample.shape.width} pixels of channel ${channel}, processor ${processor}`,
  }));
}

function planeWords(sample: Sample, channel: number): Uint32Array {
  const pixels = sample.shape.height * sample.shape.width;
  const bytes = new Uint8Array(roundUp(pixels, 4));
  for (let pixel = 0; pixel < pixels; pixel++) bytes[pixel] = sample.data[channel * pixels + pixel] as number;
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: ceilDiv(pixels, 4) }, (_, index) => view.getUint32(index * 4, true));
}

/** One array per FIFO; a FIFO feeds the first data memory instance of its quadrant. */
function fifoArrays(sample: Sample, context: LoweringContext): InputArray[] {
  const { device, start, registers } = context;
  const processors = bitsOf(start.placement.processors);
  const arrays: InputArray[] = [];
  for (let fifo = 0; fifo < device.quadrants; fifo++) {
    const first = fifo * device.processorsPerQuadrant;
    const fed = processors.filter(
      (processor) => processor >= first && processor < first + device.processorsPerQuadrant,
    );
    if (fed.length === 0) continue;
    const lanes = fed.map((processor) => ({ lane: processor - first, channel: processors.indexOf(processor) }));
    arrays.push({
      index: fifo,
      address: registerAddress(device, registers[`FIFO_WR${fifo}`] as RegisterSpec, 0, 0),
      words: start.chw ? planeWords(sample, lanes[0]?.channel ?? 0) : laneWords(sample, lanes),
      comment: `FIFO ${fifo}, channel${lanes.length > 1 ? "s" : ""} ${lanes.map(({ channel }) => channel).join(", ")}`,
    });
  }
  return arrays;
}

/** The fast FIFO carries up to four channels, one per byte, whatever processors they reach. */
function fastFifoArray(sample: Sample, context: LoweringContext): InputArray {
  const lanes = Array.from({ length: sample.shape.channels }, (_, channel) => ({ lane: channel, channel }));
  return {
    index: 0,
    address: registerAddress(context.device, context.registers.FAST_FIFO_DR as RegisterSpec, 0, 0),
    words: context.start.chw ? planeWords(sample, 0) : laneWords(sample, lanes),
    comment: `fast FIFO, ${sample.shape.channels} channel${lanes.length > 1 ? "s" : ""}`,
  };
}

function laneWords(sample: Sample, lanes: readonly { lane: number; channel: number }[]): Uint32Array {
  const pixels = sample.shape.height * sample.shape.width;
  const words = new Uint32Array(pixels);
  for (const { lane, channel } of lanes) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      words[pixel] = (words[pixel] as number) | laneByte(sample.data, channel * pixels + pixel, lane);
    }
  }
  return words;
}
