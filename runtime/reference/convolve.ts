import { invariant } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import { BIAS_SCALE } from "../../targets/accelerator/fixed-point.ts";
import type { LayerConvolution } from "./layer.ts";
import type { IntegerTensor } from "./tensor.ts";
import { sizeOf } from "./tensor.ts";

/**
 * Accumulators of a layer, exact: bias x 128 plus the sum of data x weight. `shape` is the output shape.
 * All kinds are one cross-correlation with zero padding; transposed convolutions first spread their input.
 */
export function convolve(input: IntegerTensor, layer: LayerConvolution, shape: Shape): Float64Array {
  if (layer.kind === "convTranspose2d") return correlate(spread(input, layer.stride), unstrided(layer), shape);
  invariant(layer.stride === 1, "only transposed convolutions have a stride");
  return correlate(input, layer, shape);
}

/** Puts `stride - 1` zeros between neighbors. */
function spread(input: IntegerTensor, stride: number): IntegerTensor {
  const { channels, height, width } = input.shape;
  const shape = { channels, height: (height - 1) * stride + 1, width: (width - 1) * stride + 1 };
  const data = new Int32Array(sizeOf(shape));
  let from = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      const row = (channel * shape.height + y * stride) * shape.width;
      for (let x = 0; x < width; x++) data[row + x * stride] = input.data[from++] as number;
    }
  }
  return { shape, data };
}

/** The correlation that does a transposed convolution on spread data: padding p of one is kernel - 1 - p of the other. */
function unstrided(layer: LayerConvolution): LayerConvolution {
  const [rows, columns] = layer.kernel;
  return { ...layer, stride: 1, padding: [rows - 1 - layer.padding[0], columns - 1 - layer.padding[1]] };
}

/** Row by row: what each output pixel of the row sees is laid out once, then multiplied with the weights of all outputs. */
function correlate(input: IntegerTensor, layer: LayerConvolution, shape: Shape): Float64Array {
  const isColumn = input.shape.width === 1 && layer.kernel[1] === 1 && layer.padding[1] === 0;
  if (isColumn && input.shape.height > 1) return correlateColumn(input, layer, shape);
  const inputsPerGroup = input.shape.channels / layer.groups;
  const outputsPerGroup = shape.channels / layer.groups;
  checkWeights(layer, shape.channels, inputsPerGroup);
  const taps = inputsPerGroup * layer.kernel[0] * layer.kernel[1];
  const weights = layer.weights === null ? ones(shape.channels * taps) : Float64Array.from(layer.weights.data);
  const sums = biases(layer.bias, shape);
  const patches = new Float64Array(shape.width * taps);
  for (let group = 0; group < layer.groups; group++) {
    const outputs = { first: group * outputsPerGroup, end: (group + 1) * outputsPerGroup };
    for (let y = 0; y < shape.height; y++) {
      layOutRow(patches, input, layer, group * inputsPerGroup, taps, y, shape.width);
      addProducts(sums, shape, y, outputs, weights, patches, taps);
    }
  }
  return sums;
}

const ones = (count: number): Float64Array => new Float64Array(count).fill(1);

function biases(bias: Int8Array | null, shape: Shape): Float64Array {
  const sums = new Float64Array(sizeOf(shape));
  const pixels = shape.height * shape.width;
  bias?.forEach((value, output) => sums.fill(value * BIAS_SCALE, output * pixels, (output + 1) * pixels));
  return sums;
}

/** `patches[x * taps + tap]`: the input that meets each weight of an output pixel, in the order of the weights. */
function layOutRow(
  patches: Float64Array,
  { data, shape: { height, width } }: IntegerTensor,
  { kernel: [rows, columns], dilation, padding }: LayerConvolution,
  firstInput: number,
  taps: number,
  y: number,
  outputs: number,
): void {
  for (let tap = 0; tap < taps; tap++) {
    const v = tap % columns;
    const u = ((tap - v) / columns) % rows;
    const channel = firstInput + Math.floor(tap / (rows * columns));
    const row = y + u * dilation - padding[0];
    const shift = v * dilation - padding[1];
    const start = (channel * height + row) * width + shift;
    const isInside = row >= 0 && row < height;
    for (let x = 0; x < outputs; x++) {
      const column = x + shift;
      patches[x * taps + tap] = isInside && column >= 0 && column < width ? (data[start + x] as number) : 0;
    }
  }
}

interface Outputs {
  readonly first: number;
  readonly end: number;
}

/**
 * sum of output o at pixel x += weights of o times patch of x. Four outputs at two pixels are summed at a time: what
 * is loaded for one is used for the others, which is several times as fast. Doubles hold these sums exactly.
 */
function addProducts(
  sums: Float64Array,
  { height, width }: Shape,
  y: number,
  { first, end }: Outputs,
  weights: Float64Array,
  patches: Float64Array,
  taps: number,
): void {
  const pixels = height * width;
  const blocks = first + 4 * Math.floor((end - first) / 4);
  const pairs = 2 * Math.floor(width / 2);
  for (let output = first; output < blocks; output += 4) {
    const at = output * pixels + y * width;
    for (let x = 0; x < pairs; x += 2) addBlock(sums, at + x, pixels, weights, output * taps, patches, x * taps, taps);
  }
  for (let output = first; output < end; output++) {
    for (let x = output < blocks ? pairs : 0; x < width; x++) {
      const at = output * pixels + y * width + x;
      sums[at] = (sums[at] as number) + product(weights, output * taps, patches, x * taps, taps);
    }
  }
}

function product(a: Float64Array, firstA: number, b: Float64Array, firstB: number, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (a[firstA + i] as number) * (b[firstB + i] as number);
  return sum;
}

/** Products for four outputs (`pixels` sums apart) at two neighboring pixels. */
function addBlock(
  sums: Float64Array,
  at: number,
  pixels: number,
  weights: Float64Array,
  firstWeight: number,
  patches: Float64Array,
  firstPatch: number,
  taps: number,
): void {
  const [at1, at2, at3] = [at + pixels, at + 2 * pixels, at + 3 * pixels];
  let a0 = sums[at] as number;
  let a1 = sums[at1] as number;
  let a2 = sums[at2] as number;
  let a3 = sums[at3] as number;
  let b0 = sums[at + 1] as number;
  let b1 = sums[at1 + 1] as number;
  let b2 = sums[at2 + 1] as number;
  let b3 = sums[at3 + 1] as number;
  for (let tap = 0; tap < taps; tap++) {
    const a = patches[firstPatch + tap] as number;
    const b = patches[firstPatch + taps + tap] as number;
    const w0 = weights[firstWeight + tap] as number;
    const w1 = weights[firstWeight + taps + tap] as number;
    const w2 = weights[firstWeight + 2 * taps + tap] as number;
    const w3 = weights[firstWeight + 3 * taps + tap] as number;
    a0 += w0 * a;
    a1 += w1 * a;
    a2 += w2 * a;
    a3 += w3 * a;
    b0 += w0 * b;
    b1 += w1 * b;
    b2 += w2 * b;
    b3 += w3 * b;
  }
  sums[at] = a0;
  sums[at1] = a1;
  sums[at2] = a2;
  sums[at3] = a3;
  sums[at + 1] = b0;
  sums[at1 + 1] = b1;
  sums[at2 + 1] = b2;
  sums[at3 + 1] = b3;
}

/** One-dimensional data is a column; turned into a row, the innermost loop runs along it. */
function correlateColumn(input: IntegerTensor, layer: LayerConvolution, shape: Shape): Float64Array {
  const turned = { ...layer, kernel: [1, layer.kernel[0]], padding: [0, layer.padding[0]] } as const;
  const row = { channels: input.shape.channels, height: 1, width: input.shape.height };
  return correlate({ shape: row, data: input.data }, turned, { ...shape, height: 1, width: shape.height });
}

function checkWeights(layer: LayerConvolution, outputs: number, inputsPerGroup: number): void {
  const { weights, bypass, kernel, bias } = layer;
  invariant((weights === null) === bypass, "a convolution has either weights or kernel bypass");
  const expected = outputs * inputsPerGroup * kernel[0] * kernel[1];
  invariant(
    weights === null || weights.data.length === expected,
    `${weights?.data.length} weights instead of ${expected}`,
  );
  invariant(bias === null || bias.length === outputs, `${bias?.length} bias values for ${outputs} outputs`);
}
