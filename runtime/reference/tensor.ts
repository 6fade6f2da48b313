import type { Shape } from "../../dsl/model.ts";
import { invariant } from "../../dsl/diagnostic.ts";

/** Integers [channels][rows][columns], the last index fastest. */
export interface IntegerTensor {
  readonly shape: Shape;
  readonly data: Int32Array;
}

export const sizeOf = ({ channels, height, width }: Shape): number => channels * height * width;

export function integerTensor(shape: Shape, data: ArrayLike<number>): IntegerTensor {
  invariant(data.length === sizeOf(shape), `${data.length} values for a tensor of ${sizeOf(shape)}`);
  return { shape, data: data instanceof Int32Array ? data : Int32Array.from(data) };
}

export const sameSize = (a: Shape, b: Shape): boolean => a.height === b.height && a.width === b.width;
