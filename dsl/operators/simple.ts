import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { SimpleNode } from "../model.ts";
import { type Call, type CommonOptions, commonParameters, OptionReader, type Parameters } from "../options.ts";
import type { Facts } from "../rules/rule.ts";
import { channelPasses } from "../sizes.ts";
import type { Product } from "../types/arithmetic.ts";
import type { ShapeTuple } from "../types/call.ts";
import type { AnyFacts } from "../types/evaluate.ts";
import type { ChannelPasses } from "../types/sizes.ts";
import type { FactContext } from "./context.ts";
import { inputNode } from "./weighted.ts";

export type SimpleOptions = CommonOptions;

/** Options of `batchNorm`. */
export interface BatchNormOptions extends CommonOptions {
  /** Added to the variance, as in training. Default: what the weights file says, else PyTorch's 1e-5. */
  readonly epsilon?: number;
}

export const batchNormParameters = {
  ...commonParameters,
  epsilon: { type: "number", doc: "Added to the variance; PyTorch's 1e-5 unless the weights file says otherwise." },
} as const satisfies Parameters;

type UnaryKind = Exclude<SimpleNode["kind"], "concat" | "concatRows" | "batchNorm">;

/** Adds an operator without parameters of its own and returns its node id. */
export function createSimple(call: Call, kind: UnaryKind, input: number, options: unknown): number {
  const reader = new OptionReader(call, commonParameters, options);
  const { shape } = inputNode(call, input);
  const flat = { channels: shape.channels * shape.height * shape.width, height: 1, width: 1 };
  return call.builder.add(
    { kind, name: reader.text("name"), inputs: [input], shape: kind === "flatten" ? flat : shape },
    call.captured,
  );
}

/** Adds a batch normalization and returns its node id. */
export function createBatchNorm(call: Call, input: number, options: unknown): number {
  const reader = new OptionReader(call, batchNormParameters, options);
  const given = reader.number("epsilon", null);
  const usable = given !== null && given >= 0;
  if (given !== null && !usable) {
    call.builder.report("AI1002", `epsilon of batchNorm must not be negative, got ${given}`, call.captured);
  }
  const { shape } = inputNode(call, input);
  const epsilon = usable ? { epsilon: given } : {};
  return call.builder.add(
    { kind: "batchNorm", name: reader.text("name"), inputs: [input], shape, ...epsilon },
    call.captured,
  );
}

/** Adds a dropout operator, which only training sees; `probability` is that of dropping a value. */
export function createDropout(call: Call, input: number, probability: unknown, options: unknown): number {
  const reader = new OptionReader(call, commonParameters, options);
  const given = probability === undefined ? 0.5 : reader.argument("probability", probability, 0.5);
  const { shape } = inputNode(call, input);
  return call.builder.add(
    { kind: "dropout", name: reader.text("name"), inputs: [input], shape, probability: given },
    call.captured,
  );
}

/** Facts of an operator without arguments, for `rules/unary.ts`. */
export function unaryFacts(operator: string, context: FactContext): Facts {
  const { shape, role } = context.input;
  const pixels = shape.height * shape.width;
  return {
    operator,
    height: shape.height,
    width: shape.width,
    data: `${shape.channels}x${shape.height}x${shape.width}`,
    wideTensor: role === "wide",
    activatedTensor: role === "activated",
    activatable: role === "conv" || role === "normalized",
    normalizable: role === "conv" || role === "wide",
    pixels,
    flattenedWords: pixels * channelPasses(shape.channels, context.device.processors),
  };
}

/** Twin of `unaryFacts`. */
export interface UnaryFacts<Operator, S extends ShapeTuple, R, Spec extends DeviceSpec> extends AnyFacts {
  readonly spec: Spec;
  readonly operator: Operator;
  readonly height: S[1];
  readonly width: S[2];
  readonly data: `${S[0]}x${S[1]}x${S[2]}`;
  readonly wideTensor: R extends "wide" ? true : false;
  readonly activatedTensor: R extends "activated" ? true : false;
  readonly activatable: R extends "conv" | "normalized" ? true : false;
  readonly normalizable: R extends "conv" | "wide" ? true : false;
  readonly pixels: Product<S[1], S[2]>;
  readonly flattenedWords: Product<Product<S[1], S[2]>, ChannelPasses<S[0], Spec["processors"]>>;
}
