import { invariant } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import { average8 } from "../../targets/accelerator/fixed-point.ts";
import type { LayerPool } from "./layer.ts";
import type { IntegerTensor } from "./tensor.ts";
import { sizeOf } from "./tensor.ts";

/**
 * Maximum or average of every window, without padding; windows that do not fit are dropped.
 * `rounding` applies to averages; `shape` is the pooled shape.
 */
export function pool(input: IntegerTensor, window: LayerPool, shape: Shape, rounding: boolean): IntegerTensor {
  const [rows, columns] = window.size;
  const { height, width } = input.shape;
  const reach = (outputs: number, axis: 0 | 1) =>
    (outputs - 1) * window.stride[axis] + (window.size[axis] - 1) * window.dilation[axis];
  invariant(
    reach(shape.height, 0) < height && reach(shape.width, 1) < width && shape.channels === input.shape.channels,
    "a pooling window lies outside of the data",
  );
  const data = new Int32Array(sizeOf(shape));
  let position = 0;
  for (let channel = 0; channel < shape.channels; channel++) {
    for (let y = 0; y < shape.height; y++) {
      for (let x = 0; x < shape.width; x++) {
        let max = -Infinity;
        let sum = 0;
        for (let u = 0; u < rows; u++) {
          const row = (channel * height + y * window.stride[0] + u * window.dilation[0]) * width;
          for (let v = 0; v < columns; v++) {
            const value = input.data[row + x * window.stride[1] + v * window.dilation[1]] as number;
            sum += value;
            if (value > max) max = value;
          }
        }
        data[position++] = window.kind === "max" ? max : average8(sum, rows * columns, rounding);
      }
    }
  }
  return { shape, data };
}
