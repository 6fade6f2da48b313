import type { FieldValues } from "../../targets/accelerator/register.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";

/** Rows, columns, pooling and stride: how a layer walks over its input. */

/** Rows and columns the counters cover, before padding. */
function programmedSize(hw: HardwareLayer): readonly [number, number] {
  const [rows, columns] = hw.size;
  if (hw.layer.flatten) return [hw.pool.size[0], hw.pool.size[1]];
  if (hw.operation === "convTranspose2d") return [hw.stride * rows, hw.stride * columns];
  if (hw.operation === "passthrough" && hw.passesAsRows) return [rows * hw.inputPasses, columns];
  return [rows, columns];
}

/** Start of the last pooling window along one axis. */
function lastWindow(hw: HardwareLayer, size: number, axis: 0 | 1): number {
  const stride = hw.pool.stride[axis];
  return Math.floor((size - hw.pool.size[axis] - hw.pool.dilation[axis] + 1) / stride) * stride;
}

const padFields = (padding: number): FieldValues => (padding > 0 ? { padEnable: true, pad: padding - 1 } : {});

export function rowCount(hw: HardwareLayer, { registers }: LoweringContext): FieldValues {
  const [rows, columns] = programmedSize(hw);
  if (registers.RCNT?.fields.advance === undefined) {
    return { count: rows - 1 + 2 * hw.padding[0], pad: hw.padding[0] };
  }
  const restOfRow = hw.operation === "conv1d" ? 1 : columns - lastWindow(hw, columns, 1);
  const words = (hw.placement.readGap + 1) * hw.operands * hw.inputPasses;
  return {
    last: lastWindow(hw, rows, 0),
    ...padFields(hw.padding[0]),
    advance: (restOfRow + (hw.pool.stride[0] - 1) * columns) * words,
  };
}

export function columnCount(hw: HardwareLayer, { registers }: LoweringContext): FieldValues {
  const [, columns] = programmedSize(hw);
  if (registers.CCNT?.fields.advance === undefined) {
    return { count: columns - 1 + 2 * hw.padding[1], pad: hw.padding[1] };
  }
  const last = lastWindow(hw, columns, 1);
  return { last, ...padFields(hw.padding[1]), advance: columns - last };
}

/** Pooling window along one axis. */
export function poolCount(hw: HardwareLayer, axis: 0 | 1, { registers }: LoweringContext): FieldValues {
  const dilation = hw.pool.dilation[axis];
  const count = (hw.pool.size[axis] - 1) * dilation;
  return registers.PRCNT?.fields.dilation === undefined ? { count } : { count, dilation: dilation - 1 };
}

export function strideFields(hw: HardwareLayer, { registers }: LoweringContext): FieldValues {
  const rows = hw.pool.stride[0];
  const low = hw.operation === "convTranspose2d" ? 0 : rows > 1 ? rows - 1 : hw.stride - 1;
  if (registers.STRIDE?.fields.step === undefined) return { stride: low };
  return { stride: low, step: rows * hw.operands * hw.inputPasses * (hw.placement.readGap + 1) };
}

/** Range of the line buffer, or pass count of a large flattened input. */
export function lineBuffer(hw: HardwareLayer, context: LoweringContext): FieldValues {
  const pointwise = (hw.operation === "conv2d" || hw.operation === "linear") && isPointwise(hw);
  if (hw.operation === "conv1d" || (pointwise && (hw.index === 0 || !hw.layer.streaming))) {
    const passes = hw.flattenPasses;
    return passes >= flattenModePasses ? { first: passes, last: 2 * passes + 1 } : {};
  }
  const last = hw.tramLength - 1;
  if (hw.index === 0 || !hw.layer.streaming) return { last };
  const before = context.layers.slice(0, hw.index);
  const first = before.reduce((sum, other) => sum + other.tramLength * other.inputPasses, 0);
  return { first, last: first + last };
}

/** Passes from which the hardware's flatten mode counts them. */
export const flattenModePasses = 16;

export const isPointwise = (hw: HardwareLayer): boolean => hw.kernel[0] === 1 && hw.kernel[1] === 1;
