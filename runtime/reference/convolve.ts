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

/** Output rows are summed one by one, tap after tap, so that the innermost loop runs along a row. */
function correlate(input: IntegerTensor, layer: LayerConvolution, shape: Shape): Float64Array {
  const isColumn = input.shape.width === 1 && layer.kernel[1] === 1 && layer.padding[1] === 0;
  if (isColumn && input.shape.height > 1) return correlateColumn(input, layer, shape);
  const { height, width } = input.shape;
  const [rows, columns] = layer.kernel;
  const inputsPerGroup = input.shape.channels / layer.groups;
  const outputsPerGroup = shape.channels / layer.groups;
  checkWeights(layer, shape.channels, inputsPerGroup);
  const weights = layer.weights?.data;
  const sums = new Float64Array(sizeOf(shape));
  for (let output = 0; output < shape.channels; output++) {
    const firstInput = Math.floor(output / outputsPerGroup) * inputsPerGroup;
    const bias = (layer.bias?.[output] ?? 0) * BIAS_SCALE;
    for (let y = 0; y < shape.height; y++) {
      const start = (output * shape.height + y) * shape.width;
      const sum = sums.subarray(start, start + shape.width).fill(bias);
      for (let i = 0; i < inputsPerGroup; i++) {
        for (let u = 0; u < rows; u++) {
          const row = y + u * layer.dilation - layer.padding[0];
          if (row < 0 || row >= height) continue;
          const inputStart = ((firstInput + i) * height + row) * width;
          const kernelStart = ((output * inputsPerGroup + i) * rows + u) * columns;
          for (let v = 0; v < columns; v++) {
            const weight = weights === undefined ? 1 : (weights[kernelStart + v] as number);
            addScaledRow(sum, input.data, inputStart, width, v * layer.dilation - layer.padding[1], weight);
          }
        }
      }
    }
  }
  return sums;
}

/** sum[x] += weight x data[start + x + offset] wherever x + offset is inside of the row. */
function addScaledRow(
  sum: Float64Array,
  data: Int32Array,
  start: number,
  width: number,
  offset: number,
  weight: number,
): void {
  const first = Math.max(0, -offset);
  const end = Math.min(sum.length, width - offset);
  for (let x = first; x < end; x++) sum[x] = (sum[x] as number) + weight * (data[start + offset + x] as number);
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
