import type { ModelNode, Pair, Pins, PoolNode, Shape, WeightedNode } from "../../dsl/model.ts";
import type { Activation } from "../../dsl/model.ts";
import type { ChannelRange, LayerEltwise, LayerPool } from "../../runtime/reference/layer.ts";

/**
 * A hardware layer while operators are being collected for it. Its stages run in the order of the fields:
 * element-wise and pooling (in either order), flatten, convolution, activation.
 */
export interface LayerDraft {
  /** Operators collected so far; the last one is the result. */
  readonly nodes: ModelNode[];
  /** Ids of the nodes whose results are read. */
  readonly sources: readonly number[];
  /** Channels read of each; absent: all. */
  readonly slices?: readonly ChannelRange[];
  readonly crop: Pair;
  /** Shape of one operand as read. */
  readonly input: Shape;
  eltwise: LayerEltwise | null;
  pool: LayerPool | null;
  pooled: Shape;
  flatten: boolean;
  convolution: WeightedNode | null;
  activation: Activation | null;
  /** Takes no more operators. */
  closed: boolean;
  /** Present on the copy that moves a rolling buffer: the id of its rows, which are only a part of the node's result. */
  readonly keeps?: number;
}

export const resultOf = (draft: LayerDraft): ModelNode => draft.nodes[draft.nodes.length - 1] as ModelNode;

/** Id by which readers know what the layer writes. */
export const writtenBy = (draft: LayerDraft): number => draft.keeps ?? resultOf(draft).id;

export const poolOf = (node: PoolNode): LayerPool => ({
  kind: node.kind.startsWith("max") ? "max" : "average",
  size: node.kernel,
  stride: node.stride,
  dilation: node.dilation,
});

export const samePool = (a: LayerPool, b: LayerPool): boolean =>
  a.kind === b.kind && samePair(a.size, b.size) && samePair(a.stride, b.stride) && samePair(a.dilation, b.dilation);

export const samePair = (a: Pair, b: Pair): boolean => a[0] === b[0] && a[1] === b[1];

/** Hardware layer the user gave this draft, if any. */
export const pinnedLayer = (draft: LayerDraft): number | undefined =>
  draft.nodes.map((node) => node.pins?.layer).find((layer) => layer !== undefined);

/** Choices of all operators of a layer; those of later operators win. */
export const mergePins = (nodes: readonly ModelNode[]): Pins =>
  Object.assign({}, ...nodes.map((node) => node.pins ?? {}));
