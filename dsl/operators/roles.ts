import type { ModelNode, Shape } from "../model.ts";
import { weightBytes } from "../sizes.ts";
import type { Role } from "../types/call.ts";
import type { TensorFacts } from "./context.ts";

/** What a node's result is to the operators that read it. The method types in `tensor.ts` say the same. */
export function roleOf(node: ModelNode, inputs: readonly TensorFacts[]): Role {
  switch (node.kind) {
    case "input":
      return node.format;
    case "conv2d":
    case "conv1d":
    case "convTranspose2d":
    case "linear":
      return node.wide ? "wide" : node.activation === null ? "conv" : "activated";
    case "batchNorm":
      return inputs[0]?.role === "conv" ? "normalized" : "plain";
    case "relu":
    case "abs":
      return "activated";
    case "maxPool2d":
    case "avgPool2d":
    case "maxPool1d":
    case "avgPool1d":
      return "pooled";
    case "flatten":
      return "flat";
    case "split":
      return "part";
    case "dropout":
      return inputs[0]?.role ?? "plain";
    case "add":
    case "sub":
    case "xor":
    case "or":
    case "concat":
    case "concatRows":
    case "passthrough":
    case "reshape":
    case "crop":
    case "channels":
    case "rollingBuffer":
      return "plain";
  }
}

/** Weight bytes a node adds to the model; none when it shares those of another. */
export function ownWeightBytes(node: ModelNode, input: Shape): number {
  if (!("weightsOf" in node) || node.weightsOf !== null || node.bypass === true) return 0;
  const inputsPerKernel = node.groups === 1 ? input.channels : 1;
  const count = node.shape.channels * inputsPerKernel * node.kernel[0] * node.kernel[1];
  return weightBytes(count, node.weightBits);
}
