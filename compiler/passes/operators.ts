import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Activation, EltwiseNode, ModelNode, Pair, PoolNode, SimpleNode, WeightedNode } from "../../dsl/model.ts";

export const isWeighted = (node: ModelNode): node is WeightedNode =>
  node.kind === "conv2d" || node.kind === "conv1d" || node.kind === "convTranspose2d" || node.kind === "linear";

/** Operators with weights from a file: all but bypasses. */
export const readsWeights = (node: ModelNode): node is WeightedNode => isWeighted(node) && node.bypass !== true;

export const isPool = (node: ModelNode): node is PoolNode =>
  node.kind === "maxPool2d" || node.kind === "avgPool2d" || node.kind === "maxPool1d" || node.kind === "avgPool1d";

export const isEltwise = (node: ModelNode): node is EltwiseNode =>
  node.kind === "add" || node.kind === "sub" || node.kind === "xor" || node.kind === "or";

/** An activation function as an operator of its own. */
export const isActivation = (node: ModelNode): node is SimpleNode & { readonly kind: Activation } =>
  node.kind === "relu" || node.kind === "abs";

/** Operators that only say how existing data is read. */
export const isView = (node: ModelNode): boolean =>
  ["flatten", "reshape", "crop", "channels", "concat", "concatRows"].includes(node.kind);

/** A 1-D convolution whose taps are too far apart for the 1-D engine and that runs as a 2-D one. */
export const isWideDilation = (
  { kind, kernel, dilation }: { readonly kind: string; readonly kernel: Pair; readonly dilation: number },
  device: DeviceSpec,
): boolean => kind === "conv1d" && dilation > 1 && (kernel[0] - 1) * dilation + 1 > device.limits.conv1dKernel.max;
