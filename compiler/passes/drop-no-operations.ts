import type { Model, ModelNode, Shape } from "../../dsl/model.ts";
import type { PassContext, PassResult } from "./context.ts";
import { consumersOf, nodeAt, onlyConsumer, rewriteModel } from "./model-graph.ts";
import { sameShape } from "./shape.ts";

/**
 * Removes operators that change nothing at inference: dropout, flattening or reshaping to the shape that is there,
 * cropping nothing, pooling single values. Flattening of single pixels stays in front of a layer that is pinned: the
 * hardware counts its kernels differently, and who pins a layer wants that layer.
 */
export function dropNoOperations(_context: PassContext, model: Model): PassResult<Model> {
  const consumers = consumersOf(model);
  const isPinned = (id: number): boolean => {
    const reader = onlyConsumer(model, consumers, id);
    return reader?.kind === "linear" && reader.pins?.layer !== undefined;
  };
  const output = rewriteModel(model, (node, emit, nodes) => {
    const kept = node.kind === "flatten" && isPinned(node.id);
    const [input] = node.inputs;
    return input !== undefined && !kept && changesNothing(node, nodeAt({ nodes }, input).shape) ? input : emit(node);
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
