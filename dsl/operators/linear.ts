import { type Call, OptionReader } from "../options.ts";
import { inputNode, readWeighted, type WeightedOptions, weightedParameters } from "./weighted.ts";

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
