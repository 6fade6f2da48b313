/** Diagnostic codes of lowering. */
export const lowerCodes = {
  /** A layer the device cannot execute. */
  unsupportedLayer: "AI2601",
  /** +1/-1 and 0/-1 weights in one network. */
  mixedBinaryWeights: "AI2602",
  /** Quadrant 0 takes no part. */
  masterQuadrantUnused: "AI3301",
  /** More hardware layers than the device has, counting repetitions and inserted reset layers. */
  tooManyHardwareLayers: "AI3302",
  /** A value does not fit its register field. */
  fieldOverflow: "AI3303",
  /** Streaming layers without a FIFO. */
  streamingWithoutFifo: "AI3304",
  /** The sample does not have the shape of the input. */
  sampleShape: "AI3305",
  /** The input cannot be fed through the chosen FIFO. */
  fifoInput: "AI3306",
  /** Streaming or FIFO input with another order of execution. */
  streamingOrder: "AI3307",
  /** An option the device does not have. */
  optionUnavailable: "AI5301",
  /** An option outside its range. */
  optionRange: "AI5302",
  /** Options make the program run otherwise than the model says. */
  otherExecution: "AI5303",
} as const;

/** What the codes mean. */
export const lowerCodeTexts: Readonly<
  Record<(typeof lowerCodes)[keyof typeof lowerCodes], { title: string; explanation: string; example: string }>
> = {
  AI2601: {
    title: "The device cannot execute this layer",
    explanation: "A combination of operations inside one hardware layer that this chip does not have.",
    example: "element-wise addition of 192 channels and a convolution in one layer of a MAX78000",
  },
  AI2602: {
    title: "Binary and 1-bit weights in one network",
    explanation: "One switch for the whole chip decides whether a 1-bit weight means +1/-1 or 0/-1.",
    example: "one layer with binary weights, another with weightBits: 1",
  },
  AI3301: {
    title: "Quadrant 0 takes no part",
    explanation: "Quadrant 0 controls the others; some layer has to read from or write to its processors.",
    example: "every layer pinned to processors 16 to 63",
  },
  AI3302: {
    title: "Too many hardware layers",
    explanation: "Repetitions and hidden reset layers count too.",
    example: "a network of 120 layers with 10 average pools after sums on a MAX78002",
  },
  AI3303: {
    title: "A value does not fit its register field",
    explanation: "Sizes, offsets or counts of a layer exceed what the register can hold.",
    example: "a write gap of 16 words between pixels on a MAX78000",
  },
  AI3304: {
    title: "Streaming without a FIFO",
    explanation: "Streaming layers work while the input arrives, and it arrives through a FIFO.",
    example: "a streaming first layer without --fifo",
  },
  AI3305: {
    title: "The sample does not have the shape of the input",
    explanation: "Channels, rows and columns of the sample must be those of the network input.",
    example: "a sample of 3 x 32 x 32 for an input of 1 x 28 x 28",
  },
  AI3306: {
    title: "The input cannot be fed through this FIFO",
    explanation:
      "The four FIFOs take up to 16 channels (HWC) or 4 (CHW), the fast FIFO up to 4 (HWC) or 1 (CHW), into the first " +
      "processors of each quadrant. They deliver the input whole.",
    example: "20 input channels with --fifo",
  },
  AI3307: {
    title: "Streaming needs execution in order",
    explanation:
      "Streaming layers and layers fed by a FIFO run while the input arrives: from layer 0 on, each followed by the next one.",
    example: "--start-layer 1 with a streaming network",
  },
  AI5301: {
    title: "The device does not have this option",
    explanation: "Pipeline, PLL, one-shot runs and linked layers exist on MAX78002 only.",
    example: "--pipeline for a MAX78000",
  },
  AI5302: {
    title: "An option is out of range",
    explanation: "The message names the values allowed.",
    example: "a start layer behind the last layer",
  },
  AI5303: {
    title: "The program does not run the layers of the model once",
    explanation:
      "With --repeat-layers, all layers run several times over the same memory. The simulation shows that the results " +
      "are others than those of the model, which the known-answer test expects.",
    example: "--repeat-layers 2 for a network whose layers write over its input",
  },
};
