import type { Model, ModelNode, Shape } from "../../dsl/model.ts";
import type { PassContext, PassResult } from "./context.ts";
import { nodeAt, rewriteModel } from "./model-graph.ts";
import { sameShape } from "./shape.ts";

/**
 * Removes operators that change nothing at inference: dropout, flattening or reshaping to the shape that is there,
 * cropping nothing, pooling single values.
 */
export function dropNoOperations(_context: PassContext, model: Model): PassResult<Model> {
  const output = rewriteModel(model, (node, emit, nodes) => {
    const [input] = node.inputs;
    return input !== undefined && changesNothing(node, nodeAt({ nodes }, input).shape) ? input : emit(node);
  });
  return { output, diagnostics: [] };
}

function changesNothing(node: ModelNode, input: Shape): boolean {
  switch (node.kind) {
    case "dropout":
      return true;
    case "flatten":
    case "reshape":
      return sameShape(node.shape, input);
    case "crop":
      return node.rows[0] === 0 && node.rows[1] === 0;
    case "maxPool1d":
    case "avgPool1d":
      return node.kernel[0] === 1 && node.stride[0] === 1;
    case "maxPool2d":
    case "avgPool2d":
      return [...node.kernel, ...node.stride].every((size) => size === 1);
    default:
      return false;
  }
}
