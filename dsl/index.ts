import { buildModel } from "./define-model.ts";
import { concatenation, eltwise } from "./functions.ts";
import type { DeviceName } from "../targets/accelerator/device.ts";
import type { Model } from "./model.ts";
import type { TensorHandle } from "./tensor-handle.ts";

export function defineModel(
  options: {
    name: string;
    device: DeviceName | readonly DeviceName[];
    input: { shape: readonly number[]; format: "CHW" | "HWC" };
  },
  build: (x: TensorHandle) => TensorHandle | readonly TensorHandle[],
): Model {
  return buildModel(options, build, defineModel);
}
export function add(...operands: readonly TensorHandle[]): TensorHandle {
  return eltwise("add", add, operands);
}
export function sub(...operands: readonly TensorHandle[]): TensorHandle {
  return eltwise("sub", sub, operands);
}
export function bitwiseXor(...operands: readonly TensorHandle[]): TensorHandle {
  return eltwise("xor", bitwiseXor, operands);
}
export function bitwiseOr(...operands: readonly TensorHandle[]): TensorHandle {
  return eltwise("or", bitwiseOr, operands);
}
export function concat(...parts: readonly TensorHandle[]): TensorHandle {
  return concatenation(concat, parts);
}
