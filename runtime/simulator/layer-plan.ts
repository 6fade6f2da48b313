/** What one hardware layer does, as its registers say it. Words and pixels, no model. */
export interface LayerPlan {
  readonly layer: number;
  /** Quadrants that run, ascending. */
  readonly quadrants: readonly number[];
  readonly master: number;
  /** Enabled processors (0..63), ascending. */
  readonly processors: readonly number[];
  readonly input: InputPlan;
  readonly convolution: ConvolutionPlan | null;
  readonly output: OutputPlan;
}

export interface InputPlan {
  /** First word in each processor's data memory instance, by quadrant. */
  readonly readPointers: readonly number[];
  /** Four pixels of one channel per word instead of four channels of one pixel. */
  readonly isChw: boolean;
  readonly channelPasses: number;
  readonly operands: number;
  readonly eltwise: EltwisePlan | null;
  /** Words from one pass to the next, and from one pixel to the next. */
  readonly wordsPerPass: number;
  readonly wordsPerPixel: number;
  readonly columns: number;
  readonly window: WindowPlan;
  readonly pooledRows: number;
  readonly pooledColumns: number;
}

export interface EltwisePlan {
  readonly operation: "sub" | "add" | "or" | "xor";
  readonly poolFirst: boolean;
}

export interface WindowPlan {
  readonly kind: "max" | "average" | "subsample";
  readonly isRounding: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly rowDilation: number;
  readonly columnDilation: number;
  readonly stride: number;
}

export interface ConvolutionPlan {
  /** quad: every quadrant computes every fourth output from the same input. */
  readonly kind: "full" | "quad" | "depthwise-broadcast" | "depthwise-move";
  readonly isTransposed: boolean;
  readonly isBypass: boolean;
  readonly isCalcx4: boolean;
  readonly kernelRows: number;
  readonly kernelColumns: number;
  readonly rowPadding: number;
  readonly columnPadding: number;
  readonly weightBits: number;
  /** 1-bit weights are +1 and -1 instead of 0 and -1. */
  readonly isBinary: boolean;
  /** Weight range in eighths of a kernel, and the byte where the first word starts. */
  readonly firstMask: number;
  readonly lastMask: number;
  readonly startByte: number;
  /** Output channels, including those that only fill up a word. */
  readonly outputs: number;
  /** Quadrants whose sums and biases are added. */
  readonly sources: readonly number[];
  /** First bias entry by quadrant; null where none is added. */
  readonly bias: readonly (number | null)[];
}

export interface OutputPlan {
  readonly rows: number;
  readonly columns: number;
  readonly isWide: boolean;
  readonly shift: number;
  readonly activation: "relu" | "abs" | null;
  /** Flat word addresses by quadrant. */
  readonly writePointers: readonly number[];
  readonly timeSlotOffset: number;
  readonly maskOffset: number;
  readonly channelOffset: number;
  /** Words from one pixel (or pixel and pass) to the next, for 8-bit data. */
  readonly pixelStep: number;
  readonly channelsPerPass: number;
}

/** Output channels a layer writes, fillers of incomplete words included. */
export const outputCount = ({ convolution, input, processors }: LayerPlan): number =>
  convolution === null ? input.channelPasses * processors.length : convolution.outputs;
