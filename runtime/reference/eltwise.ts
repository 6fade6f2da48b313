import { invariant } from "../../dsl/diagnostic.ts";
import type { EltwiseKind } from "../../dsl/model.ts";
import { saturate8 } from "../../targets/accelerator/fixed-point.ts";
import type { IntegerTensor } from "./tensor.ts";

const operations: Readonly<Record<EltwiseKind, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  xor: (a, b) => a ^ b,
  or: (a, b) => a | b,
};

/** Combines the operands from left to right; only the final result is saturated. */
export function eltwise(kind: EltwiseKind, operands: readonly IntegerTensor[]): IntegerTensor {
  const [first, ...others] = operands;
  invariant(first !== undefined && others.length > 0, "an element-wise operation needs two operands");
  const combine = operations[kind];
  const data = first.data.map((value, i) => {
    const result = others.reduce((partial, operand) => combine(partial, operand.data[i] as number), value);
    return saturate8(result);
  });
  return { shape: first.shape, data };
}
