import type { Model, Shape } from "../../dsl/model.ts";
import type { PassContext, PassResult } from "./context.ts";
import { Findings } from "./context.ts";
import { rewriteModel } from "./model-graph.ts";
import { sameShape, shapeText } from "./shape.ts";

/** An input of the network: 8-bit values [channel][row][column]. */
export interface Sample {
  readonly shape: Shape;
  readonly data: Int8Array;
}

interface FoldedInput {
  readonly model: Model;
  readonly sample: Sample | null;
}

/**
 * Turns rows and columns of the input into channels, as the input operator asks. The model's input already has the
 * folded shape; the sample is folded here, unless it was given in the folded shape (AI4510 for any other shape).
 */
export function foldInput(_context: PassContext, input: FoldedInput): PassResult<FoldedInput> {
  const findings = new Findings();
  let sample = input.sample;
  const model = rewriteModel(input.model, (node, emit) => {
    if (node.kind !== "input") return emit(node);
    if (sample !== null && !sameShape(sample.shape, node.shape)) {
      const unfolded = unfoldedShape(node.shape, node.fold);
      if (!sameShape(sample.shape, unfolded)) {
        const message = `the sample is ${shapeText(sample.shape)}; '${node.name}' takes ${shapeText(unfolded)}`;
        findings.error("AI4510", node, message, "Give a sample of the size the network was written for.");
      } else sample = foldSample(sample, node.fold);
    }
    return emit({ ...node, fold: 1 });
  });
  return findings.result({ model, sample });
}

/** Moves the `factor` x `factor` pixels of every block into channels; pixel row is the slowest, channel the fastest. */
export function foldSample({ shape, data }: Sample, factor: number): Sample {
  const { channels, height, width } = shape;
  const folded: Shape = { channels: channels * factor * factor, height: height / factor, width: width / factor };
  const result = new Int8Array(data.length);
  let position = 0;
  for (let row = 0; row < factor; row++) {
    for (let column = 0; column < factor; column++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let y = row; y < height; y += factor) {
          for (let x = column; x < width; x += factor) {
            result[position++] = data[(channel * height + y) * width + x] as number;
          }
        }
      }
    }
  }
  return { shape: folded, data: result };
}

const unfoldedShape = (shape: Shape, fold: number): Shape => ({
  channels: shape.channels / (fold * fold),
  height: shape.height * fold,
  width: shape.width * fold,
});
