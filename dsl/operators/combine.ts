import type { EltwiseKind, Shape } from "../model.ts";
import type { Call } from "../options.ts";
import { inputNode } from "./weighted.ts";

/** Adds an element-wise operator over two or more tensors of one shape and returns its node id. */
export function createEltwise(call: Call, kind: EltwiseKind, operands: readonly number[]): number {
  const { shape } = inputNode(call, operands[0] as number);
  return call.builder.add({ kind, name: undefined, inputs: operands, shape }, call.captured);
}

/** Adds a concatenation of channels and returns its node id. */
export function createConcat(call: Call, parts: readonly number[]): number {
  const shapes = parts.map((part) => inputNode(call, part).shape);
  const first = shapes[0] as Shape;
  const channels = shapes.reduce((sum, shape) => sum + shape.channels, 0);
  return call.builder.add(
    { kind: "concat", name: undefined, inputs: parts, shape: { ...first, channels } },
    call.captured,
  );
}
