import { ceilDiv, roundUp } from "../ir/geometry.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";
import { lineStreaming } from "./streaming-lines.ts";
import { windowStreaming } from "./streaming-windows.ts";

/** When a layer may start before its predecessor is done. */
export interface StreamingValues {
  /** Bytes in the previous line buffer before the layer starts. */
  readonly start: number;
  /** Further bytes between steps inside a row, and across a row end. */
  readonly delta1: number;
  readonly delta2: number;
  /** Length of the circular input buffer, in words. */
  readonly rollover: number;
}

/** Values a user gave instead of the computed ones; they apply to the first layer only. */
export interface StreamingOverrides {
  readonly start: number | null;
  readonly delta1: number | null;
  readonly delta2: number | null;
}

/** Values of a layer; zero where neither streaming nor a FIFO is involved. */
export function streamingValues(hw: HardwareLayer, context: LoweringContext): StreamingValues {
  const { options } = context;
  const formulas = context.device.capabilities.streamingFormulas === "line" ? lineStreaming : windowStreaming;
  if (hw.index !== context.start.index) return formulas(hw, context, { start: null, delta1: null, delta2: null });
  const values = formulas(hw, context, {
    start: options.overrideStart,
    delta1: options.overrideDelta1,
    delta2: options.overrideDelta2,
  });
  return options.overrideRollover === null ? values : { ...values, rollover: options.overrideRollover };
}

/** Passes of the streaming layers before this one, which select its input volume. */
export function inputVolume(hw: HardwareLayer, context: LoweringContext): number {
  if (hw.index <= context.start.index || !hw.layer.streaming) return 0;
  return context.layers
    .slice(0, hw.index)
    .reduce((sum, other) => sum + (other.tcalc ? roundUp(other.inputPasses, 4) : other.inputPasses), 0);
}

/** Words the input FIFOs deliver. */
export function inputFrameWords(hw: HardwareLayer): number {
  const pixels = hw.size[0] * hw.size[1];
  return hw.chw ? ceilDiv(pixels, 4) : pixels;
}
