import type { DeviceSpec } from "../targets/accelerator/device.ts";

/**
 * Choices that change the program, beyond what the network and its placement say. Options that only change the
 * generated text (boards, timers, messages) belong to emission; FIFO kind and average-pool rounding decide how the
 * network computes and stand in `NetworkOptions`.
 */
export interface ProgramOptions {
  /** Load weights as a packed byte stream; otherwise word by word, four writes per weight word. Default true. */
  readonly mexpress: boolean;
  /** Test and clear all memories in `cnn_init()`; weight words that are zero are not loaded. Default false. */
  readonly zeroSram: boolean;
  /** Clear the line buffers in `cnn_init()`. Default false. */
  readonly initTram: boolean;
  /** Power down the weight memory of unused quadrants when starting. Default false. */
  readonly powerdown: boolean;
  /** Write registers whose value is zero, too. Default false: the accelerator is reset before configuration. */
  readonly writeZeroRegisters: boolean;
  /** Write zero to all registers of hardware layers the network does not use. Default false. */
  readonly zeroUnused: boolean;
  /** Simple logic for 1-bit weights. Default false. */
  readonly simple1b: boolean;
  /** Stop after every layer until continued. Default false. */
  readonly oneShot: boolean;
  /** Wait for an external ready signal. Default false. */
  readonly externalReady: boolean;
  /** Run with the pipeline. Default: where the device has one. */
  readonly pipeline: boolean;
  /** Clock the accelerator from the PLL. Default: where the device has one. */
  readonly pll: boolean;
  /** APB wait states: control registers, input FIFOs, always-on domain. 0 to 3, default 0. */
  readonly readySelect: number;
  readonly readySelectFifo: number;
  readonly readySelectAon: number;
  /** Start streaming before the first word is pushed into the FIFO. Default false. */
  readonly fifoGo: boolean;
  /** Link every layer to its successor explicitly. Default false: hardware layers follow each other. */
  readonly linkLayer: boolean;
  /** Configure the layers this many times in a row. Default 1. */
  readonly repeatLayers: number;
  /** Accept streaming layers without a FIFO. Default false. */
  readonly allowStreaming: boolean;
  /** Values for the first streaming layer instead of the computed ones; null: computed. */
  readonly overrideStart: number | null;
  readonly overrideDelta1: number | null;
  readonly overrideDelta2: number | null;
  readonly overrideRollover: number | null;
  /** Added to the computed values of later streaming layers. Defaults 2, 0, 0; the first has no effect on devices
   * whose streaming counts windows. */
  readonly increaseStart: number;
  readonly increaseDelta1: number;
  readonly increaseDelta2: number;
}

export const defaultProgramOptions = (device: DeviceSpec): ProgramOptions => ({
  mexpress: true,
  zeroSram: false,
  initTram: false,
  powerdown: false,
  writeZeroRegisters: false,
  zeroUnused: false,
  simple1b: false,
  oneShot: false,
  externalReady: false,
  pipeline: device.capabilities.pipeline,
  pll: device.capabilities.pll,
  readySelect: 0,
  readySelectFifo: 0,
  readySelectAon: 0,
  fifoGo: false,
  linkLayer: false,
  repeatLayers: 1,
  allowStreaming: false,
  overrideStart: null,
  overrideDelta1: null,
  overrideDelta2: null,
  overrideRollover: null,
  increaseStart: 2,
  increaseDelta1: 0,
  increaseDelta2: 0,
});

/** Choices about memory, beyond the pins of the network. */
export interface PlacementOptions {
  /** Store equal weights and equal biases once. Default true. */
  readonly deduplicate: boolean;
  /** First word of weight memory that may be used, so that another network can keep its weights in front. Default 0. */
  readonly weightStart: number;
  /**
   * Data that is overwritten while it is needed: an error; allowed where streaming layers share memory, else a
   * warning; or always a warning. Default "error".
   */
  readonly overlaps: "error" | "allow" | "warn";
}

export const defaultPlacementOptions: PlacementOptions = { deduplicate: true, weightStart: 0, overlaps: "error" };

/** Changes of a network that somebody asks for without changing its source. Layers are hardware layers. */
export interface NetworkEdits {
  /** The last layer; the ones behind it are left out. */
  readonly stopAfter: number | null;
  /** Layers whose bias is dropped. */
  readonly noBias: "all" | readonly number[];
  /** No layer streams. */
  readonly ignoreStreaming: boolean;
  /** Layers that stream although the network does not say so. */
  readonly streamingLayers: readonly number[];
  /** Byte offset of the network's input in data memory; null: as placed. */
  readonly inputOffset: number | null;
  /** Set for all layers that convolve. */
  readonly readAhead: boolean;
  readonly calcx4: boolean;
  readonly ignoreActivation: boolean;
  /** Bits of the last layer's results; null: as the network says. */
  readonly outputWidth: 8 | 32 | null;
  /** Number of the layer that must run first; null: whichever does. */
  readonly startLayer: number | null;
}

export const noNetworkEdits: NetworkEdits = {
  stopAfter: null,
  noBias: [],
  ignoreStreaming: false,
  streamingLayers: [],
  inputOffset: null,
  readAhead: false,
  calcx4: false,
  ignoreActivation: false,
  outputWidth: null,
  startLayer: null,
};
