import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Layer } from "../ir/network.ts";

/** What a diagnostic code means, for `ai8xc explain`. */
export interface CodeDescription {
  readonly title: string;
  readonly explanation: string;
  readonly example: string;
}

export const placementCodes: Readonly<Record<string, CodeDescription>> = {
  AI3001: {
    title: "A layer reads data in an order memory does not have",
    explanation:
      "Data memory holds four channels per word and, above 64 channels, several words per pixel. Parts of a concatenation must start at multiples of 4 channels and, above 64 channels in total, each part must lie inside one pass. Operands of an element-wise layer need one tensor each.",
    example: "concat(a, b) where a has 30 channels: give a 28 or 32 channels, or put it last.",
  },
  AI3002: {
    title: "Two readers want different gaps in one tensor",
    explanation:
      "Operands of an element-wise layer are interleaved word by word; other readers expect dense words. A tensor has one layout.",
    example: "x is used by add(x, y) and by a convolution: the compiler copies x once with a passthrough layer.",
  },
  AI3003: {
    title: "Two readers want one tensor at different places",
    explanation: "The position of an operand or of a part of a concatenation is fixed relative to the other parts.",
    example: "add(x, x) or concat(a, b) together with concat(b, a): copy one of the tensors.",
  },
  AI3004: {
    title: "Tensors that must lie at fixed distances overlap while both are needed",
    explanation:
      "A tensor that takes part in two element-wise or concatenation layers forces its partners to the same place; that works only when they are not needed at the same time.",
    example: "add(x, y) and add(x, z) with y and z both computed first: copy x, or compute z after the first add.",
  },
  AI3005: {
    title: "Data memory is full",
    explanation:
      "Every tensor takes pixels x passes words in each data memory instance (32 KiB or 80 KiB) that its processors share, and stays there until its last reader has finished.",
    example: "64 x 100 x 100 needs 40,000 bytes per instance, more than a MAX78000 has; pool before that layer.",
  },
  AI3006: {
    title: "Processors cannot be assigned",
    explanation:
      "All readers of a tensor use the processors it was written for; parts of a concatenation use neighbouring processors; layers without convolution cannot move data to another quadrant.",
    example: "A tensor read at two different places of two concatenations: copy it.",
  },
  AI3007: {
    title: "A pinned placement contradicts what the layer needs",
    explanation: "Pins are honored exactly; the rest of the placement could not be made to agree with them.",
    example: "processors with 3 bits for a layer that reads 4 channels.",
  },
  AI3008: {
    title: "Planar (CHW) input cannot be placed",
    explanation:
      "Planar input needs one data memory instance per channel, so at most 16 channels, and only the first layer can read it.",
    example: "Use HWC format for a network whose input is read by a later layer too.",
  },
  AI3009: {
    title: "A streaming tensor has a reader that comes too late",
    explanation:
      "Streaming layers pass rows through small circular buffers. Only the next layer sees them; a branch needs the whole tensor in memory.",
    example: "A residual connection around the second of three streaming layers.",
  },
  AI3020: {
    title: "A processor map has the wrong number of processors",
    explanation:
      "Every processor handles one channel per pass, so that the number of processors follows from the channels; above 64 channels it is rounded up to a multiple of 4 per pass.",
    example: "processors: 0x7 for a layer with 4 input channels.",
  },
  AI3021: {
    title: "Quadrant 0 is not used",
    explanation: "Quadrant 0 controls the other quadrants, so some layer must use one of processors 0 to 15.",
    example: "A pinned network that uses processors 16 to 31 only.",
  },
  AI3022: {
    title: "Data reaches beyond a data memory instance",
    explanation:
      "Offset plus size, gaps included, must stay inside one instance; the next instance belongs to other channels.",
    example: "outputOffset 0x7e00 with a write gap of 7 and 21 pixels ends at 0x80a0 of 0x8000.",
  },
  AI3023: {
    title: "A layer would read something else than its input",
    explanation:
      "Following every write and read of the network, a byte that the layer fetches is not the element it should be: it was overwritten, lies elsewhere, or belongs to another channel.",
    example: "A pinned outputOffset that overwrites a tensor which a later addition still needs.",
  },
  AI3024: {
    title: "A result is overwritten before the network ends",
    explanation: "All results must be in data memory when the network has finished.",
    example: "Two pinned output layers with the same outputOffset on the same processors.",
  },
  AI3025: {
    title: "Layers share weight memory",
    explanation: "Each word of weight memory belongs to one layer, unless layers share their kernels.",
    example: "A weight placement that puts two layers at column 0 of the same processor.",
  },
  AI3026: {
    title: "Layers share bias memory",
    explanation: "Each byte of bias memory belongs to one layer, unless layers share their kernels.",
    example: "A bias placement with the same offset for two layers in one quadrant.",
  },
  AI3027: {
    title: "Streaming buffers overlap",
    explanation:
      "All streaming layers run at the same time: their circular buffers and the result of the last one need places of their own.",
    example: "Two pinned streaming layers with the same inputOffset on neighbouring processors.",
  },
  AI3040: {
    title: "Values would move without a convolution",
    explanation:
      "Layers that copy, pool or combine keep values in their quadrant and write them side by side: per quadrant there are as many outputs as inputs, on adjacent processors.",
    example: "a passthrough layer with processors: 0xf and output_processors: 0xf0000",
  },
  AI3041: {
    title: "A pointer or its step is impossible",
    explanation:
      "Offsets are multiples of 4 bytes. The step from one pixel to the next, gap and passes included, has a field of limited width.",
    example: "write_gap: 16 on MAX78000",
  },
  AI3042: {
    title: "A read gap is not available",
    explanation: "Some devices skip words between the pixels they read, where a pixel is a single word.",
    example: "read_gap: 1 on MAX78000, or with 128 channels",
  },
  AI3043: {
    title: "A depthwise layer starts at the wrong processor",
    explanation:
      "Outputs of a depthwise layer start at a multiple of 4 processors, and so do inputs that span more than a quadrant.",
    example: "output_processors: 0x6 for two depthwise channels",
  },
  AI3044: {
    title: "Read-ahead reads and writes the same block of memory",
    explanation:
      "A layer that reads ahead accesses input and output at the same time. Both ends of them must lie in different physical blocks of a data memory instance.",
    example: "readahead: true with in_offset 0 and out_offset 0x2000",
  },
  AI3045: {
    title: "CHW channels share a data memory instance",
    explanation: "Planar input has four pixels per word, so each channel needs a data memory instance of its own.",
    example: "data_format: CHW with processors: 0x7; 0x111 works",
  },
  AI3046: {
    title: "The processors of a 32-bit result are not those that were ever tried",
    explanation:
      "Channels of 32 bits take a word each, in the order of their processors. Inside a data memory instance these are adjacent and begin with its first one; where the hardware puts the words of others is not known.",
    example: "output_processors: 0x5 or 0x6 with output_width: 32; 0x3 works",
  },
  AI3047: {
    title: "There is no room below an output",
    explanation:
      "A 1-D convolution that is dilated so far that it spans more than 9 samples runs on the 2-D engine, which with 3 taps writes a row without meaning below its output.",
    example: "a Conv1d with dilation 5 and out_offset 0; 0x14 works",
  },
  AI3048: {
    title: "Accepted overlaps change the result",
    explanation:
      "With --overlap-data, data may share memory. The simulation of the program shows that some of it is overwritten before it was read, so that the results are not those of the model.",
    example: "Two streaming layers whose buffers overlap, built with --overlap-data.",
  },
  AI3050: {
    title: "After a jump, a layer would read something else",
    explanation:
      "A snoop unit can leave layers out. The layer where execution goes on then reads what the layer before the jump has written, so both results must have the same place.",
    example: 'onSnoop: { conv1: "conv4" } where conv1 and conv3 have different output offsets',
  },
};

/** A diagnostic about one layer, at the place of the user operator it came from. */
export function layerProblem(code: string, layer: Layer, message: string, hint?: string): Diagnostic {
  const source = layer.origins.findLast((origin) => origin.source)?.source;
  return {
    code,
    severity: "error",
    message,
    ...(source ? { location: source } : {}),
    ...(hint === undefined ? {} : { hint }),
  };
}
