import { invariant } from "../../dsl/diagnostic.ts";
import type { IntegerLayer } from "./layer.ts";
import { firstChannel, readShape } from "./layer.ts";
import type { IntegerTensor } from "./tensor.ts";
import { integerTensor, sameSize, sizeOf } from "./tensor.ts";

/**
 * What a layer reads, before anything is computed: the sources, or some channels of each, are concatenated, split into operands along the
 * channels, cropped, and each operand is read with the layer's input shape (row-major, so only the shape changes).
 */
export function gatherOperands(layer: IntegerLayer, tensors: readonly IntegerTensor[]): readonly IntegerTensor[] {
  const sources = tensors.map((tensor, position) => sliced(layer, position, tensor));
  const operands = layer.eltwise?.operands ?? 1;
  if (operands > 1 && sources.length === operands) {
    return sources.map((source) => integerTensor(layer.input, cropRows(source, layer.crop).data));
  }
  const all = concatenate(sources, layer.eltwise === null ? layer.input.channels : null);
  const { channels, height, width } = all.shape;
  invariant(channels % operands === 0, `${layer.name}: ${channels} channels do not make ${operands} operands`);
  const shape = { channels: channels / operands, height, width };
  const size = sizeOf(shape);
  return Array.from({ length: operands }, (_, i) => {
    const operand = { shape, data: all.data.subarray(i * size, (i + 1) * size) };
    return integerTensor(layer.input, cropRows(operand, layer.crop).data);
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/**
 * Along the channels; tensors of different size, or that each have the channels which are `wanted`, are joined pixel
 * by pixel within each channel instead.
 */
function concatenate(sources: readonly IntegerTensor[], wanted: number | null): IntegerTensor {
  const [first] = sources;
  invariant(first !== undefined, "a layer needs a source");
  if (sources.length === 1) return first;
  const data = new Int32Array(sum(sources.map((source) => source.data.length)));
  const { channels, height, width } = first.shape;
  if (channels !== wanted && sources.every((source) => sameSize(source.shape, first.shape))) {
    let position = 0;
    for (const source of sources) {
      data.set(source.data, position);
      position += source.data.length;
    }
    return { shape: { channels: sum(sources.map((source) => source.shape.channels)), height, width }, data };
  }
  invariant(
    sources.every((source) => source.shape.channels === channels),
    "tensors of different size need the same number of channels to be joined",
  );
  let position = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (const source of sources) {
      const pixels = source.shape.height * source.shape.width;
      data.set(source.data.subarray(channel * pixels, (channel + 1) * pixels), position);
      position += pixels;
    }
  }
  // Rows stay rows where all are equally long.
  const columns = sources.every((source) => source.shape.width === width) ? width : 1;
  return { shape: { channels, height: data.length / channels / columns, width: columns }, data };
}

/** The channels that the layer reads of one source. */
function sliced(layer: IntegerLayer, position: number, tensor: IntegerTensor): IntegerTensor {
  if (layer.slices === undefined) return tensor;
  const shape = readShape(layer, position, tensor.shape);
  const first = firstChannel(layer, position);
  invariant(first + shape.channels <= tensor.shape.channels, `${layer.name}: reads more channels than there are`);
  const pixels = shape.height * shape.width;
  return { shape, data: tensor.data.subarray(first * pixels, (first + shape.channels) * pixels) };
}

function cropRows(tensor: IntegerTensor, [start, end]: readonly [number, number]): IntegerTensor {
  if (start === 0 && end === 0) return tensor;
  const { channels, height, width } = tensor.shape;
  const rows = height - start - end;
  const data = new Int32Array(channels * rows * width);
  for (let channel = 0; channel < channels; channel++) {
    const from = (channel * height + start) * width;
    data.set(tensor.data.subarray(from, from + rows * width), channel * rows * width);
  }
  return { shape: { channels, height: rows, width }, data };
}
