import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { RollingBufferNode } from "../model.ts";
import { type Call, commonParameters, OptionReader } from "../options.ts";
import type { Facts } from "../rules/rule.ts";
import type { Product, Whole } from "../types/arithmetic.ts";
import type { CallOf } from "../types/call.ts";
import type { AnyFacts } from "../types/evaluate.ts";
import type { FactContext } from "./context.ts";
import { inputNode, usableSize } from "./weighted.ts";

/**
 * The last rows of a tensor, over inferences. A tensor of channels x n x columns gives channels x length x columns:
 * every inference drops the oldest n rows and adds the tensor's rows behind the newest. The first inference finds
 * zeros. Data memory keeps the rows in between.
 */
export function createRollingBuffer(call: Call, input: number, length: unknown, options: unknown): number {
  const reader = new OptionReader(call, commonParameters, options);
  const { shape } = inputNode(call, input);
  const rows = reader.argument("length", length, shape.height + 1);
  return call.builder.add(
    {
      kind: "rollingBuffer",
      name: reader.text("name"),
      inputs: [input],
      length: rows,
      shape: { ...shape, height: usableSize(rows) },
    },
    call.captured,
  );
}

/** Facts for `rollingBufferRules`. */
export function rollingBufferFacts({ length }: RollingBufferNode, { input, device }: FactContext): Facts {
  const { channels, height, width } = input.shape;
  return {
    length,
    height,
    width,
    channelsIn: channels,
    wide: input.role === "wide",
    processors: device.processors,
    bufferBytes: length * width * 4,
  };
}

/** Twin of `rollingBufferFacts`. */
export interface RollingBufferFacts<C extends CallOf, Spec extends DeviceSpec> extends AnyFacts {
  readonly spec: Spec;
  readonly length: C["argument"];
  readonly height: C["shape"][1];
  readonly width: C["shape"][2];
  readonly channelsIn: C["shape"][0];
  readonly wide: C["role"] extends "wide" ? true : false;
  readonly processors: Spec["processors"];
  readonly bufferBytes: Product<Product<Whole<C["argument"]>, C["shape"][2]>, 4>;
}
