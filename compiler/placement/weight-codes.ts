/** What `ai8xc explain` tells about weight and bias memory. */
export const weightCodes = {
  AI3201: {
    title: "Weight memory is full",
    explanation:
      "Every processor has its own weight memory. A layer's kernels start at the same word in all of its processors, so a layer fits only where enough words are free in all of them at once.",
    example:
      "A 3x3 layer with 8-bit weights takes one word per output channel and input pass in each of its processors.",
  },
  AI3202: {
    title: "The output processors do not suit the layer",
    explanation:
      "Outputs are written four at a time. Skipping the first ones of a group works for ordinary layers only, not for flattened, depthwise or multi-pass ones. Depthwise outputs lie as their inputs do, from another processor on.",
    example: "output_processors: 0xff0   # instead of 0x1fe",
  },
  AI3203: {
    title: "A layer cannot compute four outputs at a time",
    explanation:
      "Four outputs at a time are read from the four parts of weight memory. That needs 3x3 kernels over all channels, outputs on adjacent processors, and a number of outputs whose quarters fill whole words.",
  },
  AI3204: {
    title: "The number of processors does not match the channels",
    explanation:
      "Each processor handles one channel per pass; above 64 channels several passes are made, and the number of processors per pass is a multiple of four.",
    example: "100 channels take 2 passes of 52 processors",
  },
  AI3205: {
    title: "A quad FIFO needs 3x3 kernels, and outputs in blocks",
    explanation:
      "Behind the quad FIFO each quadrant computes every fourth output from weight words of its own: a kernel must fill a word, and outputs that share a byte must belong to one quadrant.",
  },
  AI3211: {
    title: "Bias memory is full",
    explanation:
      "One quadrant keeps the whole bias of a layer, one byte per output channel. Depthwise layers keep a part in each of their quadrants.",
  },
  AI3212: {
    title: "A bias cannot be in the quadrants given for it",
    explanation:
      "Only quadrants the network uses have a bias memory that is powered. Depthwise layers use all of theirs.",
  },
} as const satisfies Record<
  string,
  { readonly title: string; readonly explanation: string; readonly example?: string }
>;
