import type { Shape } from "../../dsl/model.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "../ir/network.ts";

/** How the reference generator fills in what a layer does not say about its input. */

/** A layer that names no sources reads the one in front of it, and all of that. */
export const readsOnlyPrevious = ({ index, sources, crop }: Layer): boolean =>
  sources.length === 1 && sources[0] === (index === 0 ? "input" : index - 1) && crop[0] + crop[1] === 0;

export const sourceShapes = (network: Network, { sources }: Pick<Layer, "sources">): Shape[] =>
  sources.map((source: TensorSource) =>
    source === "input" ? network.input : (network.layers[source] as Layer).output,
  );

/** Channels of one operand, where `in_channels` is not given; of a flattened layer all its inputs. */
export function inferredChannels(network: Network, layer: Layer): number {
  const { eltwise, convolution } = layer;
  const delivered = sourceShapes(network, layer).map(({ channels }) => channels);
  const first = delivered[0] as number;
  if (!readsOnlyPrevious(layer)) return eltwise ? first : delivered.reduce((sum, channels) => sum + channels, 0);
  if (convolution?.weights) return convolution.weights.inputs * convolution.groups;
  return layer.index === 0 ? first / (eltwise?.operands ?? 1) : first;
}

/** Rows and columns are those of the sources, unless `in_dim` gives them. */
export function needsSize(network: Network, layer: Layer): boolean {
  const { crop, input } = layer;
  if (crop[0] + crop[1] > 0) return true;
  return sourceShapes(network, layer).some(({ height, width }) => height !== input.height || width !== input.width);
}
