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
  const values = new Int32Array(kernels.outputs * pixels);
  const accumulate = chooseLoop(planes, shape);
  for (let output = 0; output < kernels.outputs; output++) {
    const sums = values.subarray(output * pixels, (output + 1) * pixels);
    accumulate(sums, planes, 0, planes.count, kernels.data, output * planes.count * kernels.taps, shape);
  }
  return { outputs: kernels.outputs, pixels, values };
}

/** Every plane has its own kernel and is an output of its own. */
export function convolveDepthwise(planes: Planes, kernels: Kernels, shape: ConvolutionShape): Accumulators {
  const pixels = shape.rows * shape.columns;
  const values = new Int32Array(planes.count * pixels);
  const accumulate = chooseLoop(planes, shape);
  for (let plane = 0; plane < planes.count; plane++) {
    const sums = values.subarray(plane * pixels, (plane + 1) * pixels);
    accumulate(sums, planes, plane, 1, kernels.data, plane * kernels.taps, shape);
  }
  return { outputs: planes.count, pixels, values };
}

/** Adds `count` planes from `firstPlane` on, each correlated with its taps, to the sums of one output. */
type Loop = (
  sums: Int32Array,
  planes: Planes,
  firstPlane: number,
  count: number,
  weights: Int8Array,
  firstWeight: number,
  shape: ConvolutionShape,
) => void;

function chooseLoop(planes: Planes, shape: ConvolutionShape): Loop {
  if (planes.rows === shape.kernelRows && planes.columns === shape.kernelColumns) return dotProduct;
  if (shape.kernelColumns === 1) return byTapInOneRun;
  return shape.kernelRows === 3 && shape.kernelColumns === 3 ? threeByThree : byTap;
}

/** The kernel covers the whole plane: one number per output. */
const dotProduct: Loop = (sums, planes, firstPlane, count, weights, firstWeight) => {
  const size = planes.rows * planes.columns;
  const { data } = planes;
  const start = firstPlane * size;
  let sum = 0;
  for (let i = 0; i < count * size; i++) {
    sum += Math.imul(weights[firstWeight + i] as number, data[start + i] as number);
  }
  sums[0] = sum;
};

/** One column of taps: the pixels a tap meets are consecutive. */
const byTapInOneRun: Loop = (sums, planes, firstPlane, count, weights, firstWeight, shape) => {
  const { data, columns } = planes;
  const size = planes.rows * columns;
  const taps = shape.kernelRows;
  for (let plane = 0; plane < count; plane++) {
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[firstWeight + plane * taps + tap] as number;
      if (weight === 0) continue;
      const from = (firstPlane + plane) * size + tap * columns;
      for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + Math.imul(weight, data[from + i] as number);
    }
  }
};

const byTap: Loop = (sums, planes, firstPlane, count, weights, firstWeight, shape) => {
  const { data, columns } = planes;
  const size = planes.rows * columns;
  const taps = shape.kernelRows * shape.kernelColumns;
  for (let plane = 0; plane < count; plane++) {
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[firstWeight + plane * taps + tap] as number;
      if (weight === 0) continue;
      const tapRow = Math.floor(tap / shape.kernelColumns);
      const corner = (firstPlane + plane) * size + tapRow * columns + (tap % shape.kernelColumns);
      for (let row = 0; row < shape.rows; row++) {
        const from = corner + row * columns;
        const to = row * shape.columns;
        for (let column = 0; column < shape.columns; column++) {
          sums[to + column] = (sums[to + column] as number) + Math.imul(weight, data[from + column] as number);
        }
      }
    }
  }
};

/** Nine taps at once with a sliding window, so that each pixel is loaded three times instead of nine. */
const threeByThree: Loop = (sums, planes, firstPlane, count, weights, firstWeight, shape) => {
  const { data, columns } = planes;
  const size = planes.rows * columns;
  for (let plane = 0; plane < count; plane++) {
    const w = firstWeight + plane * 9;
    const w0 = weights[w] as number;
    const w1 = weights[w + 1] as number;
    const w2 = weights[w + 2] as number;
    const w3 = weights[w + 3] as number;
    const w4 = weights[w + 4] as number;
    const w5 = weights[w + 5] as number;
    const w6 = weights[w + 6] as number;
    const w7 = weights[w + 7] as number;
    const w8 = weights[w + 8] as number;
    if ((w0 | w1 | w2 | w3 | w4 | w5 | w6 | w7 | w8) === 0) continue;
    let to = 0;
    for (let row = 0; row < shape.rows; row++) {
      let top = (firstPlane + plane) * size + row * columns;
      let middle = top + columns;
      let bottom = middle + columns;
      let a0 = data[top++] as number;
      let a1 = data[top++] as number;
      let b0 = data[middle++] as number;
      let b1 = data[middle++] as number;
      let c0 = data[bottom++] as number;
      let c1 = data[bottom++] as number;
      for (let column = 0; column < shape.columns; column++) {
        const a2 = data[top++] as number;
        const b2 = data[middle++] as number;
        const c2 = data[bottom++] as number;
        sums[to] =
          ((sums[to] as number) +
            Math.imul(w0, a0) +
            Math.imul(w1, a1) +
            Math.imul(w2, a2) +
            Math.imul(w3, b0) +
            Math.imul(w4, b1) +
            Math.imul(w5, b2) +
            Math.imul(w6, c0) +
            Math.imul(w7, c1) +
            Math.imul(w8, c2)) |
          0;
        to++;
        a0 = a1;
        a1 = a2;
        b0 = b1;
        b1 = b2;
        c0 = c1;
        c1 = c2;
      }
    }
  }
};
