import type { SimpleNode } from "../model.ts";
import { type Call, type CommonOptions, commonParameters, OptionReader } from "../options.ts";
import { inputNode } from "./weighted.ts";

export type SimpleOptions = CommonOptions;

type UnaryKind = Exclude<SimpleNode["kind"], "concat">;

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
