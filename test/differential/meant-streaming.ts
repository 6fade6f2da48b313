import type { LayerFacts, NetworkFacts } from "./layer-facts.ts";
import type { LayerRegisters } from "./meant-layers.ts";

/** Streaming registers of a layer; which formulas hold depends on what the device counts. */
export function meantStreaming(l: LayerFacts, network: NetworkFacts): LayerRegisters {
  const isFirst = l.index === 0;
  const { increaseStart, increaseDelta1, increaseDelta2 } = network.options;
  const more = { start: increaseStart, delta1: increaseDelta1, delta2: increaseDelta2 };
  const byLines = network.device.capabilities.streamingFormulas === "line";
  const counts = byLines ? linesOf(l, network, more) : windowsOf(l, network, more);
  const hasBuffer = network.fifo && l.layer.streaming;
  const earlier = network.layers.slice(0, l.index);
  const volume = earlier.reduce((sum, k) => sum + (k.tcalc ? 4 * Math.ceil(k.inputPasses / 4) : k.inputPasses), 0);
  return {
    STREAM1: { start: counts.start, fifoGo: isFirst && network.options.fifoGo ? 1 : 0 },
    STREAM2: {
      inputVolume: l.layer.streaming && !isFirst ? volume : 0,
      delta1: counts.delta1,
      delta2: counts.delta2,
    },
    FMAX: { words: hasBuffer ? counts.rollover : 0 },
  };
}

interface Counts {
  readonly start: number;
  readonly delta1: number;
  readonly delta2: number;
  readonly rollover: number;
}
type Increases = Omit<Counts, "rollover">;

const none: Counts = { start: 0, delta1: 0, delta2: 0, rollover: 0 };
const upTo = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Words of an input frame: pixels, or four of them in CHW. */
export const frameWords = (l: LayerFacts): number => Math.ceil((l.rows * l.columns) / (l.chw ? 4 : 1));

function linesOf(l: LayerFacts, network: NetworkFacts, more: Increases): Counts {
  const [ph, pw] = l.pool;
  const [sh, sw] = l.poolStride;
  const previous = network.layers[l.index - 1];
  let counts: Increases;
  if (previous === undefined) {
    if (!network.fifo) return none;
    if (!l.layer.streaming) return { ...none, start: frameWords(l) * ph };
    const start = ((ph - 1) * l.columns + pw) * ph;
    counts = { start, delta1: (sw - 1) * l.operands, delta2: (ph - 1) * l.columns * l.operands };
  } else {
    if (!l.layer.streaming) return none;
    const line = previous.pooledColumns + 2 * previous.padding[1];
    const rowsAhead = previous.kernel[0] - 1 + ph - 1;
    const start = line * rowsAhead + previous.kernel[1] - 1 + pw + more.start;
    counts = { start, delta1: sw * l.operands + more.delta1, delta2: (sh - 1) * line + pw * l.operands + more.delta2 };
  }
  const usual = l.chw ? 12 : counts.start + (ph - 1) * l.columns + Math.max(l.layer.convolution?.stride ?? 1, sh, pw);
  // Our deviation: never less than what a window, and the pixels in front of it, take.
  const window = (ph - 1) * l.columns + pw;
  const held = l.chw ? Math.ceil((window + 3) / 4) : (window + (previous ? more.start : 0)) * l.inputPasses;
  return { ...counts, rollover: upTo(Math.max(usual, held), l.inputPasses) };
}

function windowsOf(l: LayerFacts, network: NetworkFacts, more: Increases): Counts {
  const [ph, pw] = l.pool;
  const [sh, sw] = l.poolStride;
  const [dh, dw] = l.poolDilation;
  const p = l.padding[1];
  const width = l.columns;
  const [rowStep, columnStep] = [Math.max(ph * dh, sh), Math.max(pw * dw, sw)];
  const fourth = (value: number): number => (l.chw ? Math.ceil(value / 4) : value);
  const ahead = l.layer.readAhead ? sw : 0;
  const body = (rowStep * (width + 2 * p) + p + 2 * columnStep) * l.operands + ahead;
  const eachPixel = sh === 1 && ph === 1;
  if (l.index === 0) {
    if (!network.fifo) return none;
    if (!l.layer.streaming) return { ...none, start: fourth(l.rows * width) };
    const whole = eachPixel ? columnStep : body;
    const delta1 = fourth(sw * l.operands - (eachPixel ? 1 : 0));
    let windows = Math.floor(width / sw);
    if (windows * sw + pw - 1 > width) windows--;
    const skipped = Math.max(0, width - windows * sw);
    const across = fourth(sh === 1 ? delta1 + skipped : (sh - 1) * width + skipped + pw - 1);
    const delta2 = across > 0 && network.options.pipeline ? across + 1 : across;
    const buffer = whole + columnStep + (sw - 1) * (width + 2 * p);
    return { start: fourth(whole), delta1, delta2, rollover: l.chw ? buffer * sw * 4 : buffer };
  }
  if (!l.layer.streaming) return none;
  let windows = Math.floor(width / columnStep);
  if (windows * sw + pw > width) windows--;
  const left = columnStep === 1 ? 0 : width - windows * columnStep;
  const isLast = network.layers[l.index + 1]?.layer.streaming !== true;
  const start = (p || sh) * (width + 2 * p) + body + (isLast ? left * sw : 0);
  const delta1 = sw * l.operands + more.delta1;
  const delta2 = (sh === 1 ? delta1 + left : (sh - 1) * width + left) + more.delta2;
  const perPass = rowStep * width + p + columnStep;
  return { start, delta1, delta2, rollover: upTo(start + (l.inputPasses - 1) * perPass + columnStep, l.inputPasses) };
}
