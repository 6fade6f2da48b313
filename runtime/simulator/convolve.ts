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
  const frames = [newFrame(planes, shape), newFrame(planes, shape)] as const;
  for (let output = 0; output < kernels.outputs; output += 2) {
    const weights = [output, output + 1].map((one) =>
      paddedWeights(kernels.data.subarray(one * perOutput, (one + 1) * perOutput), meets.length),
    ) as [Int32Array, Int32Array];
    sumPair(frames, planes.data, meets, weights);
    keepPixels(values, output * pixels, frames[0], planes, shape);
    if (output + 1 < kernels.outputs) keepPixels(values, (output + 1) * pixels, frames[1], planes, shape);
  }
  return { outputs: kernels.outputs, pixels, values };
}

/** Every plane has its own kernel and is an output of its own. */
export function convolveDepthwise(planes: Planes, kernels: Kernels, shape: ConvolutionShape): Accumulators {
  const pixels = shape.rows * shape.columns;
  const values = new Int32Array(planes.count * pixels);
  const frames = [newFrame(planes, shape), newFrame(planes, shape)] as const;
  for (let plane = 0; plane < planes.count; plane++) {
    const meets = firstPixels(planes, plane, 1, shape);
    const kernel = kernels.data.subarray(plane * kernels.taps, (plane + 1) * kernels.taps);
    const weights = [paddedWeights(kernel, meets.length), new Int32Array(meets.length)] as const;
    sumPair(frames, planes.data, meets, weights);
    keepPixels(values, plane * pixels, frames[0], planes, shape);
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

/** Weights are taken in groups of this many; the last group is filled up with zeros. */
const group = 4;

/** The pixel that each weight meets for the first output pixel, plane after plane, taps in row-major order. */
function firstPixels(planes: Planes, firstPlane: number, count: number, shape: ConvolutionShape): Int32Array {
  const { kernelRows, kernelColumns } = shape;
  const weights = count * kernelRows * kernelColumns;
  const pixels = new Int32Array(Math.ceil(weights / group) * group);
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

/** Zero for weights that do not exist. */
function paddedWeights(weights: Int8Array, count: number): Int32Array {
  const padded = new Int32Array(count);
  padded.set(weights);
  return padded;
}

/**
 * Sums of one output, with the columns of the input: pixels behind the end of an output row hold sums nobody needs,
 * and all sums of an output are one run.
 */
const newFrame = (planes: Planes, shape: ConvolutionShape): Int32Array =>
  new Int32Array((shape.rows - 1) * planes.columns + shape.columns);

/** Sums of two outputs at once, four weights of each at a time: what is loaded once is used often. */
function sumPair(
  [a, b]: readonly [Int32Array, Int32Array],
  data: Int8Array,
  meets: Int32Array,
  [weightsA, weightsB]: readonly [Int32Array, Int32Array],
): void {
  a.fill(0);
  b.fill(0);
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
    if ((a0 | a1 | a2 | a3 | b0 | b1 | b2 | b3) === 0) continue;
    for (let i = 0; i < a.length; i++) {
      const d0 = data[p0 + i] as number;
      const d1 = data[p1 + i] as number;
      const d2 = data[p2 + i] as number;
      const d3 = data[p3 + i] as number;
      a[i] = ((a[i] as number) + Math.imul(a0, d0) + Math.imul(a1, d1) + Math.imul(a2, d2) + Math.imul(a3, d3)) | 0;
      b[i] = ((b[i] as number) + Math.imul(b0, d0) + Math.imul(b1, d1) + Math.imul(b2, d2) + Math.imul(b3, d3)) | 0;
    }
  }
}

function keepPixels(values: Int32Array, to: number, frame: Int32Array, planes: Planes, shape: ConvolutionShape): void {
  if (planes.columns === shape.columns) return values.set(frame, to);
  for (let row = 0; row < shape.rows; row++) {
    const from = row * planes.columns;
    values.set(frame.subarray(from, from + shape.columns), to + row * shape.columns);
  }
}
