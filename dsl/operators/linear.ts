import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { WeightedNode } from "../model.ts";
import { type Call, OptionReader } from "../options.ts";
import type { Facts, RuleTable } from "../rules/rule.ts";
import { outputChannels, outputMemory, weightedOptionRules, weightMemory } from "../rules/weighted.ts";
import { whole } from "../sizes.ts";
import type { Product, Whole } from "../types/arithmetic.ts";
import type { CallOf } from "../types/call.ts";
import type { FactContext } from "./context.ts";
import {
  inputNode,
  readWeighted,
  weightedFacts,
  type WeightedFacts,
  type WeightedOptions,
  weightedParameters,
} from "./weighted.ts";

/** Options of `linear`. */
export type LinearOptions = WeightedOptions;

export const linearParameters = weightedParameters;

/** Adds a fully connected operator to the graph and returns its node id. */
export function createLinear(call: Call, input: number, features: unknown, options: unknown): number {
  const reader = new OptionReader(call, linearParameters, options);
  const { shape } = inputNode(call, input);
  return call.builder.add(
    {
      kind: "linear",
      inputs: [input],
      kernel: [1, 1],
      padding: [0, 0],
      dilation: 1,
      groups: 1,
      ...readWeighted(reader),
      shape: { ...shape, channels: reader.argument("features", features, shape.channels) },
    },
    call.captured,
  );
}

export const linearRules = {
  features: [{ ...outputChannels, id: "CONV-50" }, weightMemory, outputMemory],
  ...weightedOptionRules,
} as const satisfies RuleTable;

/** Facts of a `linear` node, for `linearRules`. Without flatten before it, it works on every pixel alike. */
export function linearFacts(node: WeightedNode, context: FactContext): Facts {
  return weightedFacts(node, context, {
    weights: whole(node.shape.channels) * context.input.shape.channels,
    outputWords: node.shape.height * node.shape.width,
  });
}

/** Twin of `linearFacts`. */
export interface LinearFacts<C extends CallOf, Spec extends DeviceSpec> extends WeightedFacts<
  C,
  Spec,
  LinearWeights<C>,
  Product<C["shape"][1], C["shape"][2]>,
  C["shape"][1],
  C["shape"][2]
> {}

export type LinearWeights<C extends CallOf> = Product<Whole<C["argument"]>, C["shape"][0]>;
