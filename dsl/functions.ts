import type { EltwiseKind } from "./model.ts";
import { createConcat, createConcatRows, createEltwise } from "./operators/combine.ts";
import type { Call } from "./options.ts";
import { captureSource } from "./source-location.ts";
import { TensorHandle } from "./tensor-handle.ts";

type AnyFunction = (...args: never[]) => unknown;

/** The run-time side of `add`, `sub`, `bitwiseXor`, `bitwiseOr`: tensors in, tensor out. */
export function eltwise(kind: EltwiseKind, caller: AnyFunction, operands: readonly unknown[]): TensorHandle {
  return combine(kind, caller, operands, (call, ids) => createEltwise(call, kind, ids));
}

export function concatenation(caller: AnyFunction, parts: readonly unknown[]): TensorHandle {
  return combine("concat", caller, parts, createConcat);
}

export function rowConcatenation(caller: AnyFunction, parts: readonly unknown[]): TensorHandle {
  return combine("concatRows", caller, parts, createConcatRows);
}

/** Operands that are no tensors of this model are reported and left out. */
function combine(
  operator: string,
  caller: AnyFunction,
  operands: readonly unknown[],
  create: (call: Call, ids: readonly number[]) => number,
): TensorHandle {
  const first = operands.find((operand) => operand instanceof TensorHandle);
  if (first === undefined) throw new TypeError(`${operator} needs tensors of a model that is being defined`);
  const call: Call = { builder: first.builder, operator, captured: captureSource(caller) };
  const ids = operands.flatMap((operand, index) => {
    if (operand instanceof TensorHandle && operand.builder === first.builder) return [operand.id];
    const what = operand instanceof TensorHandle ? "a tensor of another model" : "no tensor";
    first.builder.report("AI1007", `operand ${index + 1} of ${operator} is ${what}`, call.captured);
    return [];
  });
  return new TensorHandle(first.builder, create(call, ids));
}
