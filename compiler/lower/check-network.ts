import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { bitsOf, ceilDiv } from "../ir/geometry.ts";
import { lowerCodes } from "./codes.ts";
import type { LoweringContext } from "./context.ts";

/** Limits of the whole program that no single register shows. */
export function checkNetwork(context: LoweringContext): Diagnostic[] {
  return [
    ...checkBinaryWeights(context),
    ...checkQuadrants(context),
    ...checkLayerCount(context),
    ...checkStreaming(context),
    ...checkStreamingOrder(context),
    ...checkFifo(context),
  ];
}

/** One switch decides for the whole network what a 1-bit weight means. */
function checkBinaryWeights({ network }: LoweringContext): Diagnostic[] {
  const oneBit = network.layers.flatMap(({ name, convolution }) =>
    convolution?.weights?.bits === 1 ? [{ name, binary: convolution.weights.binary }] : [],
  );
  const odd = oneBit.find(({ binary }) => binary !== oneBit[0]?.binary);
  if (odd === undefined) return [];
  return [
    {
      code: lowerCodes.mixedBinaryWeights,
      severity: "error",
      message: `${oneBit[0]?.name} and ${odd.name} have different kinds of 1-bit weights, +1/-1 and 0/-1; a network has one kind`,
      hint: "use one kind, or more bits",
    },
  ];
}

function checkQuadrants({ quadrants }: LoweringContext): Diagnostic[] {
  if (quadrants[0] === 0) return [];
  return [
    {
      code: lowerCodes.masterQuadrantUnused,
      severity: "error",
      message: `processors 0 to 15 are not used by any layer; quadrants in use are ${quadrants.join(", ")}, and quadrant 0 must be one of them`,
      hint: "place at least one layer's input, or the last output, on processors 0 to 15",
    },
  ];
}

function checkLayerCount({ device, hardwareLayerCount, options }: LoweringContext): Diagnostic[] {
  const count = options.repeatLayers * hardwareLayerCount;
  if (count <= device.limits.layers) return [];
  return [
    {
      code: lowerCodes.tooManyHardwareLayers,
      severity: "error",
      message: `the network needs ${count} hardware layers; ${device.name} has ${device.limits.layers}`,
      hint: "repeat less often, or fuse layers",
    },
  ];
}

function checkStreaming(context: LoweringContext): Diagnostic[] {
  const { anyStreaming, device, fifo, layers, options } = context;
  const diagnostics: Diagnostic[] = [];
  if (anyStreaming && !fifo && !options.allowStreaming) {
    diagnostics.push({
      code: lowerCodes.streamingWithoutFifo,
      severity: "error",
      message: "streaming layers need an input FIFO; this program has none",
      hint: "choose a FIFO, or do not stream",
    });
  }
  let words = 0;
  for (const { layer, tramLength, inputPasses } of layers) {
    if (!layer.streaming) break;
    words += tramLength * inputPasses;
    if (words <= device.tram.words) continue;
    diagnostics.push({
      code: lowerCodes.fieldOverflow,
      severity: "error",
      message: `the line buffers of the streaming layers up to ${layer.name} take ${words} words; a processor has ${device.tram.words}`,
      hint: "stream fewer layers or shorter rows",
    });
    break;
  }
  return diagnostics;
}

/** What arrives while layers run goes through them from the first on. */
function checkStreamingOrder({ anyStreaming, fifo, layers, start }: LoweringContext): Diagnostic[] {
  const problem = (message: string): Diagnostic => ({
    code: lowerCodes.streamingOrder,
    severity: "error",
    message,
    hint: "do not stream, or execute the layers in order",
  });
  const reason = fifo ? "a FIFO" : "streaming";
  const first = `execution starts at layer ${start.hardwareIndex}; with ${reason} it starts at 0`;
  const late = layers.flatMap((hw, index) => {
    const next = layers[index + 1];
    if (!hw.layer.streaming || next?.layer.streaming !== true || next.hardwareIndex === hw.hardwareIndex + 1) return [];
    const follows = `streams into ${next.layer.name}, which is layer ${next.hardwareIndex}`;
    return [problem(`${hw.layer.name}, which is layer ${hw.hardwareIndex}, ${follows}; streaming layers are in order`)];
  });
  return [...(start.hardwareIndex > 0 && (anyStreaming || fifo) ? [problem(first)] : []), ...late];
}

/** A FIFO feeds the first data memory instance of its quadrant, and FIFOs are used from the first on. */
function checkFifo(context: LoweringContext): Diagnostic[] {
  const { device, fastFifo, fifo, start } = context;
  if (!fifo) return [];
  const { channels } = start.layer.input;
  const perFifo = start.chw ? 1 : device.processorsPerDataInstance;
  const limit = fastFifo ? perFifo : perFifo * device.quadrants;
  const diagnostics: Diagnostic[] = [];
  if (channels > limit) {
    const what = `${fastFifo ? "the fast FIFO" : "the FIFOs"} and ${start.chw ? "CHW" : "HWC"} data`;
    diagnostics.push(fifoInput(`${start.layer.name} has ${channels} input channels; ${what} allow at most ${limit}`));
  }
  const [before, after] = start.layer.crop;
  if (before + after > 0) {
    diagnostics.push(fifoInput(`${start.layer.name} leaves out ${before} + ${after} rows; from a FIFO it takes all`));
  }
  const processors = bitsOf(start.placement.processors);
  const outside = processors.filter((processor) => processor % device.processorsPerQuadrant >= perFifo);
  if (!fastFifo && outside.length > 0) {
    diagnostics.push(
      fifoInput(
        `${start.layer.name} reads its input with processors ${processors.join(", ")}; FIFOs feed the first ${perFifo} of each quadrant only`,
      ),
    );
  }
  const used = new Set(processors.map((processor) => Math.floor(processor / device.processorsPerQuadrant)));
  if (!fastFifo && Math.max(...used) >= Math.max(used.size, ceilDiv(channels, perFifo))) {
    diagnostics.push(
      fifoInput(`${start.layer.name} reads from quadrants ${[...used].join(", ")}; use them from 0 on without gaps`),
    );
  }
  return diagnostics;
}

const fifoInput = (message: string): Diagnostic => ({
  code: lowerCodes.fifoInput,
  severity: "error",
  message,
  hint: "put the input on the processors the FIFOs feed, or load it into data memory",
});
