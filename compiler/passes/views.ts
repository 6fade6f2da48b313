import type { ChannelsNode, ModelNode, Pair, Shape } from "../../dsl/model.ts";
import type { ChannelRange } from "../../runtime/reference/layer.ts";
import { sameShape } from "./shape.ts";

/**
 * How a layer reads data that other layers left in memory: some channels of some tensors side by side, rows cut off,
 * pixels counted anew, then flattened. Always in this order; what does not fit the order must be copied first.
 */
export interface View {
  /** Node ids of tensors; several are a concatenation of channels. */
  readonly parts: readonly number[];
  /** Channels of every part; absent: all of them. */
  readonly slices?: readonly ChannelRange[];
  readonly crop: Pair;
  /** After concatenation, crop and reshape, before flattening. */
  readonly shape: Shape;
  readonly reshaped: boolean;
  readonly flatten: boolean;
  /** Present where the parts lie behind one another instead of side by side: rows, not channels, are put together. */
  readonly stacked?: true;
  /** Operators this view consists of. */
  readonly via: readonly ModelNode[];
}

export const plainView = (id: number, shape: Shape): View => ({
  parts: [id],
  crop: [0, 0],
  shape,
  reshaped: false,
  flatten: false,
  via: [],
});

export const isPlain = (view: View): boolean =>
  view.parts.length === 1 && isWhole(view) && !view.flatten && view.slices === undefined;

const isWhole = (view: View): boolean =>
  view.crop[0] === 0 && view.crop[1] === 0 && !view.reshaped && view.stacked !== true;

/** One tensor, whole or with rows cut off or pixels counted anew. */
export const isOneTensor = (view: View): boolean => view.parts.length === 1 && !view.flatten && view.stacked !== true;

/** The same rows are cut off, and pixels are counted alike. */
export const sameCut = (a: View, b: View): boolean =>
  a.crop[0] === b.crop[0] && a.crop[1] === b.crop[1] && sameShape(a.shape, b.shape);

/** The view of a crop, reshape or flatten operator; null when its input must be copied first. */
export function viewThrough(node: ModelNode, input: View): View | null {
  if (input.flatten) return null;
  const via = [...input.via, node];
  switch (node.kind) {
    case "flatten":
      return { ...input, flatten: true, via };
    case "reshape":
      return { ...input, shape: node.shape, reshaped: true, via };
    case "crop": {
      if (input.reshaped) return null;
      const crop: Pair = [input.crop[0] + node.rows[0], input.crop[1] + node.rows[1]];
      return { ...input, crop, shape: node.shape, via };
    }
    case "channels":
      return slicedView(node, input, via);
    default:
      return null;
  }
}

/** Channels are cut off before rows are: the order of the two does not matter. Several parts are copied first. */
function slicedView(node: ChannelsNode, input: View, via: readonly ModelNode[]): View | null {
  const { channels } = node.shape;
  const shape = { ...input.shape, channels };
  if (channels === input.shape.channels) return { ...input, via };
  if (input.parts.length > 1 && input.stacked !== true) return null;
  const slices = input.parts.map((_, i) => ({ first: (input.slices?.[i]?.first ?? 0) + node.first, channels }));
  return { ...input, slices, shape, via };
}

/** What is read of every part of several views. `channels` are those of the parts themselves. */
export function joinedSlices(
  views: readonly Pick<View, "parts" | "slices">[],
  channels: (part: number) => number,
): { readonly slices?: readonly ChannelRange[] } {
  if (views.every(({ slices }) => slices === undefined)) return {};
  const slices = views.flatMap((view) =>
    view.parts.map((part, i) => view.slices?.[i] ?? { first: 0, channels: channels(part) }),
  );
  return { slices };
}

/** The view of a concatenation. `copy[i]` says that input i must be copied first; then its view counts as plain. */
export function viewOfConcat(
  node: ModelNode,
  inputs: readonly View[],
  channelsOf: (part: number) => number,
): { readonly view: View | null; readonly copy: readonly boolean[] } {
  const via = [...new Set([...inputs.flatMap((input) => input.via), node])];
  const slices = joinedSlices(inputs, channelsOf);
  if (inputs.every((input) => input.flatten && isWhole(input) && samePixels(input.shape, inputs[0]?.shape))) {
    // Flattening orders by channel first, so that flattened parts behind one another are the flattened concatenation.
    const channels = inputs.reduce((sum, input) => sum + input.shape.channels, 0);
    const shape: Shape = { ...node.shape, ...inputs[0]?.shape, channels };
    const parts = inputs.flatMap((input) => input.parts);
    return { view: { parts, ...slices, crop: [0, 0], shape, reshaped: false, flatten: true, via }, copy: [] };
  }
  const copy = inputs.map((input) => !isWhole(input) || input.flatten);
  if (copy.includes(true)) return { view: null, copy };
  const parts = inputs.flatMap((input) => input.parts);
  const shape = node.shape;
  return { view: { parts, ...slices, crop: [0, 0], shape, reshaped: false, flatten: false, via }, copy };
}

/**
 * The view of a concatenation of rows. `copy[i]` says that input i must be copied first: it is more than one whole
 * tensor, or is no tensor in memory of its own.
 */
export function viewOfRows(
  node: ModelNode,
  inputs: readonly View[],
  channelsOf: (part: number) => number,
): { readonly view: View | null; readonly copy: readonly boolean[] } {
  const copy = inputs.map(({ parts, crop, flatten }) => parts.length > 1 || crop[0] + crop[1] > 0 || flatten);
  if (copy.includes(true)) return { view: null, copy };
  const via = [...new Set([...inputs.flatMap((input) => input.via), node])];
  const slices = joinedSlices(inputs, channelsOf);
  const parts = inputs.flatMap((input) => input.parts);
  // Rows of parts whose pixels are counted anew are not those that a crop would drop.
  const reshaped = inputs.some((input) => input.reshaped);
  const view = { parts, ...slices, crop: [0, 0], shape: node.shape, reshaped, flatten: false, via } as const;
  return { view: parts.length > 1 ? { ...view, stacked: true } : view, copy };
}

const samePixels = (a: Shape, b: Shape | undefined): boolean =>
  b !== undefined && sameShape(a, { ...b, channels: a.channels });
