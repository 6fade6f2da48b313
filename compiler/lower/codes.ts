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
  /** An option the device does not have. */
  optionUnavailable: "AI5301",
  /** An option outside its range. */
  optionRange: "AI5302",
} as const;
