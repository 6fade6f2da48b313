import type { Planes } from "./gather.ts";
import type { Kernels } from "./kernels.ts";

/** Accumulators of a layer, `values[output * pixels + pixel]`. */
export interface Accumulators {
  readonly outputs: number;
  readonly pixels: number;
  readonly values: Int32Array;
}

export interface ConvolutionShape {
  readonly kernelRows: number;
  readonly kernelColumns: number;
  readonly rows: number;
  readonly columns: number;
}

type Convolve = (planes: Planes, kernels: Kernels, shape: ConvolutionShape) => Accumulators;

/** The same convolution on marks: 1 for every sum that an unknown pixel or weight contributes to, null for none. */
export function unknownSums(
  convolve: Convolve,
  planes: Planes,
  kernels: Kernels,
  shape: ConvolutionShape,
): Int8Array | null {
  if (planes.unknown === null && kernels.unknown.size === 0) return null;
  const marks = planes.unknown ?? new Int8Array(planes.data.length);
  const touched = { ...kernels, data: kernels.data.map((weight) => (weight === 0 ? 0 : 1)) };
  const unknown = Int8Array.from(convolve({ ...planes, data: marks }, touched, shape).values, (sum) =>
    sum > 0 ? 1 : 0,
  );
  const pixels = shape.rows * shape.columns;
  const kernelsPerOutput = kernels.data.length / kernels.taps / (unknown.length / pixels);
  for (const kernel of kernels.unknown) {
    const output = Math.floor(kernel / kernelsPerOutput);
    unknown.fill(1, output * pixels, (output + 1) * pixels);
  }
  return unknown;
}

/** Every output sums all planes. Planes are padded already. */
export function convolveFull(planes: Planes, kernels: Kernels, shape: ConvolutionShape): Accumulators {
  const pixels = shape.rows * shape.columns;
  const perOutput = planes.count * kernels.taps;
  const values = new Int32Array(kernels.outputs * pixels);
  if (planes.rows === shape.kernelRows && planes.columns === shape.kernelColumns) {
    for (let output = 0; output < kernels.outputs; output++) {
      values[output] = dotProduct(planes.data, kernels.data, output * perOutput, perOutput);
    }
    return { outputs: kernels.outputs, pixels, values };
  }
  const meets = firstPixels(planes, 0, planes.count, shape);
  const frames = new Frames(planes, shape, values);
  for (let output = 0; output < kernels.outputs; output += outputsAtOnce) {
    frames.sum(output, Math.min(outputsAtOnce, kernels.outputs - output), kernels.data, output * perOutput, meets);
  }
  return { outputs: kernels.outputs, pixels, values };
}

/** Every plane has its own kernel and is an output of its own. */
export function convolveDepthwise(planes: Planes, kernels: Kernels, shape: ConvolutionShape): Accumulators {
  const pixels = shape.rows * shape.columns;
  const values = new Int32Array(planes.count * pixels);
  const frames = new Frames(planes, shape, values);
  for (let plane = 0; plane < planes.count; plane++) {
    frames.sum(plane, 1, kernels.data, plane * kernels.taps, firstPixels(planes, plane, 1, shape));
  }
  return { outputs: planes.count, pixels, values };
}

/** The kernel covers the whole plane: one number per output. */
function dotProduct(data: Int8Array, weights: Int8Array, firstWeight: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum = (sum + Math.imul(weights[firstWeight + i] as number, data[i] as number)) | 0;
  }
  return sum;
}

/** The pixel that each weight meets for the first output pixel, plane after plane, taps in row-major order. */
function firstPixels(planes: Planes, firstPlane: number, count: number, shape: ConvolutionShape): Int32Array {
  const { kernelRows, kernelColumns } = shape;
  const pixels = new Int32Array(count * kernelRows * kernelColumns);
  let at = 0;
  for (let plane = firstPlane; plane < firstPlane + count; plane++) {
    for (let row = 0; row < kernelRows; row++) {
      for (let column = 0; column < kernelColumns; column++) {
        pixels[at++] = (plane * planes.rows + row) * planes.columns + column;
      }
    }
  }
  return pixels;
}

/** Two outputs in each of two frames. */
const outputsAtOnce = 4;

/** Weights are taken in groups of this many; what is missing in the last group is zero. */
const group = 4;

/**
 * A double holds the sums of two outputs, one `pairFactor` times the other, so that one multiplication serves both.
 * They can be told apart as long as each is less than half of the factor: after this many products of two bytes they
 * are.
 */
const pairFactor = 2 ** 27;
const weightsPerSum = 2 ** 12 - group;

/**
 * Sums of four outputs with the columns of the input: pixels behind the end of an output row hold sums nobody needs,
 * and all sums of an output are one run.
 */
class Frames {
  readonly #planes: Planes;
  readonly #shape: ConvolutionShape;
  readonly #values: Int32Array;
  readonly #frames: readonly [Float64Array, Float64Array];

  /** `values` receives the sums: output after output. */
  constructor(planes: Planes, shape: ConvolutionShape, values: Int32Array) {
    const length = (shape.rows - 1) * planes.columns + shape.columns;
    this.#planes = planes;
    this.#shape = shape;
    this.#values = values;
    this.#frames = [new Float64Array(length), new Float64Array(length)];
  }

  /** Adds up outputs whose weights follow each other from `firstWeight` on; weight i meets pixel `meets[i]` first. */
  sum(output: number, count: number, weights: Int8Array, firstWeight: number, meets: Int32Array): void {
    const [a, b] = this.#frames;
    for (let from = 0; from < meets.length; from += weightsPerSum) {
      const part = meets.subarray(from, from + weightsPerSum);
      const pair = (index: number) =>
        pairedWeights(weights, firstWeight + from, meets.length, part.length, count, index);
      addProducts(a, b, this.#planes.data, padded(part), pair(0), pair(2));
      this.#take(a, output, count);
      this.#take(b, output + 2, count - 2);
    }
  }

  /** Adds a frame's sums to those of its outputs, and clears it. */
  #take(frame: Float64Array, output: number, count: number): void {
    const { rows, columns } = this.#shape;
    const pixels = rows * columns;
    for (let row = 0; row < (count > 0 ? rows : 0); row++) {
      const from = row * this.#planes.columns;
      const to = output * pixels + row * columns;
      for (let i = 0; i < columns; i++) {
        const both = frame[from + i] as number;
        const first = Math.round(both / pairFactor);
        this.#values[to + i] = (this.#values[to + i] as number) + first;
        if (count === 1) continue;
        this.#values[to + pixels + i] = (this.#values[to + pixels + i] as number) + (both - first * pairFactor);
      }
    }
    frame.fill(0);
  }
}

const padded = (meets: Int32Array): Int32Array => {
  const all = new Int32Array(Math.ceil(meets.length / group) * group);
  all.set(meets);
  return all;
};

/** Weights of outputs `index` and `index + 1` of `outputs` in one number each; zero for what does not exist. */
function pairedWeights(
  weights: Int8Array,
  firstWeight: number,
  perOutput: number,
  count: number,
  outputs: number,
  index: number,
): Float64Array {
  const pairs = new Float64Array(Math.ceil(count / group) * group);
  const first = firstWeight + index * perOutput;
  for (let i = 0; i < count; i++) {
    const a = index < outputs ? (weights[first + i] as number) : 0;
    const b = index + 1 < outputs ? (weights[first + perOutput + i] as number) : 0;
    pairs[i] = a * pairFactor + b;
  }
  return pairs;
}

/** Four weights of each frame at a time: what is loaded once is used often. */
function addProducts(
  a: Float64Array,
  b: Float64Array,
  data: Int8Array,
  meets: Int32Array,
  weightsA: Float64Array,
  weightsB: Float64Array,
): void {
  for (let at = 0; at < meets.length; at += group) {
    const p0 = meets[at] as number;
    const p1 = meets[at + 1] as number;
    const p2 = meets[at + 2] as number;
    const p3 = meets[at + 3] as number;
    const a0 = weightsA[at] as number;
    const a1 = weightsA[at + 1] as number;
    const a2 = weightsA[at + 2] as number;
    const a3 = weightsA[at + 3] as number;
    const b0 = weightsB[at] as number;
    const b1 = weightsB[at + 1] as number;
    const b2 = weightsB[at + 2] as number;
    const b3 = weightsB[at + 3] as number;
    for (let i = 0; i < a.length; i++) {
      const d0 = data[p0 + i] as number;
      const d1 = data[p1 + i] as number;
      const d2 = data[p2 + i] as number;
      const d3 = data[p3 + i] as number;
      a[i] = (a[i] as number) + a0 * d0 + a1 * d1 + a2 * d2 + a3 * d3;
      b[i] = (b[i] as number) + b0 * d0 + b1 * d1 + b2 * d2 + b3 * d3;
    }
  }
}
