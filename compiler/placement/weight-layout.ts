import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { LayerWeights } from "../../runtime/reference/layer.ts";
import { bitsOf, ceilDiv, countBits, firstBit, lastBit, passesOf } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { hardwareKernel } from "../passes/rewrite-kernels.ts";

/** Bytes of a weight word. */
export const WORD_BYTES = 9;

/** All that decides how a layer's kernels lie in weight memory, except for where they start. */
export interface KernelLayout {
  readonly layer: Layer;
  readonly weights: LayerWeights;
  /** Rows x columns of a kernel, and their product. */
  readonly kernel: readonly [number, number];
  readonly taps: number;
  readonly bits: number;
  /** Weights in a byte. */
  readonly perByte: number;
  /** Processors that keep the kernels, ascending; the n-th keeps those of channels n, n + count, … */
  readonly processors: readonly number[];
  /** Input channels, before flattening. */
  readonly channels: number;
  readonly depthwise: boolean;
  /** Pixels of every channel that are inputs of their own; 1 unless flattened. */
  readonly pixels: number;
  /** Kernels of one output in one processor: one per input pass, for flattened layers also per pixel. */
  readonly passes: number;
  readonly outputs: number;
  readonly outputPasses: number;
  /** Outputs in the order the hardware counts them; null: a processor that is left out. Beyond `outputs`: unused. */
  readonly slots: readonly (number | null)[];
  /** Slots in front because the first output processor is not the first of its group of four. */
  readonly startSlots: number;
  /** Slots of one output pass without those in front. */
  readonly slotsPerPass: number;
  readonly outputProcessors: number;
  /** Words are dealt to the four quadrants in turn. */
  readonly quad: boolean;
  /** Four outputs are computed at once from the four parts of weight memory. */
  readonly fourWay: boolean;
  /** Output whose kernels stand at a position of `slots`. */
  readonly outputAt: (position: number) => number;
}

/** Layout of a layer's kernels; null when it stores none. `quad`: it is the first layer behind a quad FIFO. */
export function kernelLayout(
  network: Network,
  index: number,
  placement: LayerPlacement,
  device: DeviceSpec,
  quad: boolean,
): KernelLayout | null {
  const layer = network.layers[index] as Layer;
  const rewritten = hardwareKernel(network, index, device);
  if (rewritten === null || rewritten.weights === null) return null;
  const { weights, kernel } = rewritten;
  const { input, output, pooled, flatten } = layer;
  const perByte = 8 / weights.bits;
  const depthwise = (layer.convolution?.groups ?? 1) > 1;
  const map = placement.outputProcessors;
  const [lowest, highest] = [firstBit(map), lastBit(map)];
  const startSlots = lowest % device.processorsPerDataInstance;
  const outputPasses = passesOf(output.channels, device);
  const pixels = flatten ? pooled.height * pooled.width : 1;
  const fourWay = layer.calcx4;
  const inQuadrant = (1n << BigInt(device.processorsPerQuadrant)) - 1n;
  return {
    layer,
    weights,
    kernel,
    taps: kernel[0] * kernel[1],
    bits: weights.bits,
    perByte,
    processors: bitsOf(quad ? placement.processors & inQuadrant : placement.processors),
    channels: input.channels,
    depthwise,
    pixels,
    passes: passesOf(input.channels, device) * pixels,
    outputs: output.channels,
    outputPasses,
    slots: outputSlots(map, lowest - startSlots, highest, outputPasses),
    startSlots,
    slotsPerPass: 1 + highest - lowest + (outputPasses > 1 ? startSlots : 0),
    outputProcessors: countBits(map),
    quad,
    fourWay,
    outputAt: outputOrder(output.channels, {
      fourWay: fourWay && !flatten,
      quad: quad && !flatten && perByte > 1,
      perByte,
    }),
  };
}

/**
 * Outputs in the order the hardware counts them, pass by pass over a range of processors: null for those that `map`
 * leaves out.
 */
export function outputSlots(map: bigint, from: number, to: number, passes: number): (number | null)[] {
  const slots: (number | null)[] = [];
  let output = 0;
  for (let pass = 0; pass < passes; pass++) {
    for (let processor = from; processor <= to; processor++) {
      slots.push(((map >> BigInt(processor)) & 1n) === 1n ? output++ : null);
    }
  }
  return slots;
}

/** Which output the n-th place holds: outputs that are computed together must meet in one byte or one column. */
function outputOrder(
  outputs: number,
  { fourWay, quad, perByte }: { fourWay: boolean; quad: boolean; perByte: number },
): (position: number) => number {
  if (fourWay) {
    const quarter = outputs / 4;
    return (position) => 4 * (position % quarter) + Math.floor(position / quarter);
  }
  if (!quad) return (position) => position;
  const block = 4 * perByte;
  return (position) => {
    const [row, column] = [Math.floor((position % block) / perByte), position % perByte];
    return Math.floor(position / block) * block + 4 * column + row;
  };
}

/** Counts the mask registers need, and the words to reserve. */
export interface KernelCounts {
  /** Words of 72 bits. */
  readonly length: number;
  readonly count: number;
  readonly outputSlots: number;
}

export function kernelCounts(layout: KernelLayout): KernelCounts {
  const { bits, perByte, taps, quad } = layout;
  const counts = layout.depthwise ? depthwiseCounts(layout) : denseCounts(layout);
  const padding = (counts.kernels % perByte) * taps * (perByte - 1);
  const length = Math.floor((counts.kernels * taps * bits + padding + 8 * WORD_BYTES - 1) / (8 * WORD_BYTES));
  const perQuadrant = (value: number) => (quad ? ceilDiv(value, 4) : value);
  return {
    length: perQuadrant(length),
    count: perQuadrant(counts.count),
    outputSlots: perQuadrant(counts.outputSlots),
  };
}

interface Counts {
  /** Kernels in one processor. */
  readonly kernels: number;
  /** The same with slots in front. */
  readonly count: number;
  readonly outputSlots: number;
}

function denseCounts(layout: KernelLayout): Counts {
  const { slotsPerPass, outputPasses, passes, startSlots, outputs, outputProcessors } = layout;
  // A flattened layer does not store the outputs its last pass leaves out.
  const unused = layout.layer.flatten ? (outputPasses * outputProcessors - outputs) * passes : 0;
  const kernels = slotsPerPass * outputPasses * passes - unused;
  const count = kernels + startSlots * outputPasses * passes;
  return { kernels, count, outputSlots: count };
}

function depthwiseCounts({ slotsPerPass, passes }: KernelLayout): Counts {
  return { kernels: passes, count: passes, outputSlots: slotsPerPass * passes };
}
