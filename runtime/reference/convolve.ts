import { invariant } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import { BIAS_SCALE } from "../../targets/accelerator/fixed-point.ts";
import type { LayerConvolution } from "./layer.ts";
import { largestMagnitude, Products } from "./products.ts";
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
  const weights = layer.weights?.data ?? new Int8Array(shape.channels * taps).fill(1);
  const sums = biases(layer.bias, shape);
  const largestValue = largestMagnitude(input.data);
  const patches = new Patches(input, layer, shape.width, taps);
  for (let group = 0; group < layer.groups; group++) {
    const first = group * outputsPerGroup;
    const own = weights.subarray(first * taps, (first + outputsPerGroup) * taps);
    const products = new Products(own, taps, largestValue);
    for (let y = 0; y < shape.height; y++) {
      patches.layOut(group * inputsPerGroup, y);
      products.addTo(sums, (first * shape.height + y) * shape.width, shape, patches);
    }
  }
  return sums;
}

function biases(bias: Int8Array | null, shape: Shape): Float64Array {
  const sums = new Float64Array(sizeOf(shape));
  const pixels = shape.height * shape.width;
  bias?.forEach((value, output) => sums.fill(value * BIAS_SCALE, output * pixels, (output + 1) * pixels));
  return sums;
}

/** What the pixels of an output row see: `values[x * taps + tap]`, taps in the order of the weights. */
class Patches {
  readonly values: Float64Array;
  readonly #input: IntegerTensor;
  readonly #layer: LayerConvolution;
  readonly #pixels: number;
  readonly #taps: number;

  constructor(input: IntegerTensor, layer: LayerConvolution, pixels: number, taps: number) {
    this.#input = input;
    this.#layer = layer;
    this.#pixels = pixels;
    this.#taps = taps;
    // Pixels are taken in pairs; what the last one sees stays zero where it does not exist.
    this.values = new Float64Array(2 * Math.ceil(pixels / 2) * taps);
  }

  layOut(firstInput: number, y: number): void {
    const { kernel, dilation, padding } = this.#layer;
    const { data, shape } = this.#input;
    const [rows, columns] = kernel;
    const taps = this.#taps;
    for (let tap = 0; tap < taps; tap++) {
      const v = tap % columns;
      const u = ((tap - v) / columns) % rows;
      const channel = firstInput + Math.floor(tap / (rows * columns));
      const row = y + u * dilation - padding[0];
      const shift = v * dilation - padding[1];
      const start = (channel * shape.height + row) * shape.width + shift;
      const isInside = row >= 0 && row < shape.height;
      for (let x = 0; x < this.#pixels; x++) {
        const column = x + shift;
        const sees = isInside && column >= 0 && column < shape.width;
        this.values[x * taps + tap] = sees ? (data[start + x] as number) : 0;
      }
    }
  }
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
