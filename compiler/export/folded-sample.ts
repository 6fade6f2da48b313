import { invariant } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import { foldSample, type Sample } from "../passes/fold-input.ts";

/** The sample in the shape that the network takes: pixels of every block moved into channels where it is larger. */
export function foldedSample(sample: Sample, input: Shape): Sample {
  const factor = sample.shape.height / input.height;
  const fits =
    sample.shape.channels * factor * factor === input.channels && sample.shape.width / factor === input.width;
  invariant(fits, "a sample that was compiled with fits its network");
  return factor === 1 ? sample : foldSample(sample, factor);
}
