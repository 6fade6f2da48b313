import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { EltwiseKind, Shape } from "../model.ts";
import type { Call } from "../options.ts";
import type { Facts } from "../rules/rule.ts";
import { channelPasses } from "../sizes.ts";
import type { AtMost, Product } from "../types/arithmetic.ts";
import type { ShapeTuple } from "../types/call.ts";
import type { AnyFacts } from "../types/evaluate.ts";
import type { ChannelPasses } from "../types/sizes.ts";
import type { FactContext } from "./context.ts";
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

/** Adds a concatenation of rows (samples of one-dimensional data) and returns its node id. */
export function createConcatRows(call: Call, parts: readonly number[]): number {
  const shapes = parts.map((part) => inputNode(call, part).shape);
  const first = shapes[0] as Shape;
  const height = shapes.reduce((sum, shape) => sum + shape.height, 0);
  return call.builder.add(
    { kind: "concatRows", name: undefined, inputs: parts, shape: { ...first, height } },
    call.captured,
  );
}

/** What users call the operators. */
export const combinedName = {
  add: "add",
  sub: "sub",
  xor: "bitwiseXor",
  or: "bitwiseOr",
  concat: "concat",
  concatRows: "concatRows",
} as const satisfies Record<CombiningKind, string>;

/** Kinds of nodes that read several tensors. */
export type CombiningKind = EltwiseKind | "concat" | "concatRows";

const shapeText = (shape: Shape): string => `${shape.channels}x${shape.height}x${shape.width}`;

/** Facts of the operand at `index`, for `operandRules`, `partRules` and `rowPartRules`. */
export function operandFacts(kind: CombiningKind, index: number, context: FactContext): Facts {
  const shapes = context.inputs.map((input) => input.shape);
  const shape = shapes[index] as Shape;
  const first = shapes[0] as Shape;
  const { device } = context;
  const along = kind === "concatRows" ? "height" : "channels";
  const before = shapes.slice(0, index).reduce((sum, part) => sum + part[along], 0);
  return {
    operator: combinedName[kind],
    channelsIn: shape.channels,
    data: shapeText(shape),
    size: `${shape.height}x${shape.width}`,
    firstChannels: first.channels,
    firstData: shapeText(first),
    firstSize: `${first.height}x${first.width}`,
    operands: shapes.length,
    last: index === shapes.length - 1,
    followed: index < shapes.length - 1,
    operandBytes: first.height * first.width * channelPasses(first.channels, device.processors) * 4 * shapes.length,
    processorsPerDataInstance: device.processorsPerDataInstance,
    columns: shape.width,
    firstColumns: first.width,
    reach: before + shape[along],
    fitsBefore: before <= device.limits[kind === "concatRows" ? "rowsOrColumns" : "channels"],
  };
}

/** Twin of `operandFacts`. `Before` and `Reach`: channels, or rows, without and with this part, for concatenations. */
export interface OperandFacts<
  Operator,
  S extends ShapeTuple,
  First extends ShapeTuple,
  Operands,
  Last,
  Before,
  Reach,
  Spec extends DeviceSpec,
> extends AnyFacts {
  readonly spec: Spec;
  readonly operator: Operator;
  readonly channelsIn: S[0];
  readonly data: `${S[0]}x${S[1]}x${S[2]}`;
  readonly size: `${S[1]}x${S[2]}`;
  readonly firstChannels: First[0];
  readonly firstData: `${First[0]}x${First[1]}x${First[2]}`;
  readonly firstSize: `${First[1]}x${First[2]}`;
  readonly operands: Operands;
  readonly last: Last;
  readonly followed: Last extends true ? false : true;
  readonly operandBytes: Product<
    Product<Product<First[1], First[2]>, ChannelPasses<First[0], Spec["processors"]>>,
    Product<Operands, 4>
  >;
  readonly processorsPerDataInstance: Spec["processorsPerDataInstance"];
  readonly columns: S[2];
  readonly firstColumns: First[2];
  readonly reach: Reach;
  readonly fitsBefore: AtMost<Before, Spec["limits"][Operator extends "concatRows" ? "rowsOrColumns" : "channels"]>;
}
