/**
 * What a chip *is*: one complete record per device, numbers and capabilities only.
 * No code asks for a device by name; it asks for a property of this record.
 */

export type DeviceName = "MAX78000" | "MAX78002";

/** An inclusive range of integers. */
export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

/** Physical limits of the layers a device can run (spec: vendor user guide and generator limits). */
export interface LayerLimits {
  /** Largest number of hardware layers. */
  readonly layers: number;
  readonly streamingLayers: number;
  /** Highest layer at which execution may start (0: always at layer 0). */
  readonly startLayer: number;
  /** Largest number of rows or columns of any input or output. */
  readonly rowsOrColumns: number;
  /** Width in bits of the row/column counters, which count rows - 1 including padding. */
  readonly rowColumnBits: number;
  /** Largest number of input or output channels. */
  readonly channels: number;
  /** rows x columns x passes must stay below this. */
  readonly frameWords: number;
  /** Words of a FIFO input frame must stay below this. */
  readonly fifoFrameWords: number;
  readonly conv2dKernels: readonly number[];
  readonly conv1dKernel: IntegerRange;
  readonly padding: IntegerRange;
  readonly poolSize: IntegerRange;
  readonly poolStride: IntegerRange;
  readonly poolDilation: IntegerRange;
  /** Largest dilation of a Conv1d that is executed on the 2-D engine. */
  readonly conv1dDilation: number;
  readonly operands: IntegerRange;
  /** Operands of an element-wise operation that precedes pooling in the same layer. */
  readonly operandsBeforePool: number;
  /** Passes (of 64 channels) a pooling layer without convolution may have, unless it pools to 1x1. */
  readonly poolPasses: number;
  /** Pixels per channel x passes of a flattened input. */
  readonly flattenPixels: number;
  /** Total output shift, including the implicit 8 - weight bits. */
  readonly outputShift: IntegerRange;
  readonly weightBits: readonly number[];
}

export interface Capabilities {
  readonly depthwise: boolean;
  /** Weights of +1 and -1. */
  readonly binaryWeights: boolean;
  readonly bypass: boolean;
  readonly readAhead: boolean;
  readonly calcx4: boolean;
  readonly snoop: boolean;
  readonly oneShot: boolean;
  readonly linkLayer: boolean;
  readonly readGap: boolean;
  readonly fifoGo: boolean;
  readonly pipeline: boolean;
  readonly pll: boolean;
  readonly streamingPassthrough: boolean;
  /** The last streaming layer may do without padding. */
  readonly streamingWithoutPadding: boolean;
  /** Bias in streaming layers is reliable. */
  readonly streamingBias: boolean;
  readonly multiPassConv1dPadding: boolean;
  /** The row and column counters count padding too, so that padding uses up part of their range. */
  readonly paddingInRowCounter: boolean;
  /** An element-wise operation, a convolution and a bias may share one layer. */
  readonly eltwiseConvBias: boolean;
  /** In-flight element-wise operations with any number of passes may convolve or pool. */
  readonly multiPassEltwise: boolean;
  /** Average pooling directly after an element-wise layer needs a hidden reset layer. */
  readonly averagePoolReset: boolean;
  readonly flattenBiasFirst: boolean;
  /** A streaming first layer with bias needs one leading dummy byte in bias memory. */
  readonly streamingBiasLeadingByte: boolean;
  /** Depthwise kernels must stay inside one instance of weight memory. */
  readonly depthwiseSingleInstance: boolean;
  /** The latency of a network can be computed in cycles. */
  readonly latencyModel: boolean;
  /** `cnn_init` clears registers through the built-in self test. */
  readonly registerClear: boolean;
  readonly fifoCoupling: boolean;
  readonly verifiesRollover: boolean;
  /** Streaming register formulas: see `compiler/lower/streaming.ts`. */
  readonly streamingFormulas: "line" | "window";
}

/** Bus addresses of a device, in bytes. */
export interface MemoryMap {
  readonly apbBase: number;
  /** Offset of the registers of quadrant 0 from `apbBase`. */
  readonly quadrantRegisters: number;
  readonly quadrantStride: number;
  /** Offsets below are from the registers of the quadrant. */
  /** Layer and stream registers: base + index * perRegister + layer * perLayer. */
  readonly layerRegisters: RegisterBank;
  readonly streamRegisters: RegisterBank;
  readonly biasMemory: number;
  readonly tram: number;
  readonly tramProcessorStride: number;
  readonly weightMemory: number;
  readonly weightProcessorStride: number;
  readonly dataMemory: number;
  readonly dataInstanceStride: number;
  readonly fifo: { readonly control: number; readonly status: number; readonly data: number };
  readonly aonControl: number;
  /** Absolute. */
  readonly fastFifo: number;
  /** Absolute. */
  readonly gcfr: number;
}

export interface RegisterBank {
  readonly base: number;
  readonly perRegister: number;
  readonly perLayer: number;
}

export interface DeviceSpec {
  readonly name: DeviceName;
  /** The vendor's die name, used in SDK paths and accepted on the command line. */
  readonly aliases: readonly string[];
  readonly quadrants: number;
  readonly processors: number;
  readonly processorsPerQuadrant: number;
  readonly processorsPerDataInstance: number;
  readonly dataMemory: {
    /** Usable bytes per instance. */
    readonly instanceBytes: number;
    /** Physical RAM blocks per instance (read-ahead needs input and output in different ones). */
    readonly blocksPerInstance: number;
    /** Bits of the word part of a write pointer; the instance number stands above it. */
    readonly writePointerShift: number;
    /** Exclusive limit of an output offset in bytes (generator check only). */
    readonly offsetLimit: number;
  };
  readonly weightMemory: {
    /** 72-bit words of an ordinary processor. */
    readonly words: number;
    /** 72-bit words of the first processor of each quadrant. */
    readonly wordsOfFirstProcessor: number;
    /** Words per memory instance: ordinary, and those above `words`. */
    readonly instanceWords: number;
    readonly smallInstanceWords: number;
    readonly totalBytes: number;
    /** Layers that only use the first processor of quadrants are placed from the top. */
    readonly topDown: boolean;
  };
  readonly biasMemory: { readonly bytesPerQuadrant: number };
  readonly tram: { readonly words: number };
  readonly fields: {
    /** Field widths that differ between the devices, in bits. */
    readonly pointerBits: number;
    readonly tramPointerBits: number;
    readonly streamStartBits: number;
    readonly delta2Bits: number;
    readonly rolloverBits: number;
    readonly inputFrameBits: number;
    readonly writePointerIncrementBits: number;
    readonly maskBits: number;
  };
  readonly clock: {
    readonly ipoMHz: number;
    readonly apbMHz: number;
    readonly pllMHz: number | null;
    readonly maxWithoutPipelineMHz: number;
    readonly switchDelayMs: number;
  };
  readonly limits: LayerLimits;
  readonly capabilities: Capabilities;
  readonly memoryMap: MemoryMap;
  /** Documents the numbers come from. */
  readonly sources: readonly string[];
}
