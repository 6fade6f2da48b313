import type { Shape } from "../../dsl/model.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { SourceCall } from "./model-source.ts";

/** Rolling buffers: the layer that moves one stands for the buffer, and those that read its two parts read that. */

/** The layer that moves the rolling buffer which another layer reads; null: it reads none. */
export function bufferRead(network: Network, { sources, recalls, eltwise }: Layer): Layer | null {
  const [kept, newest] = sources;
  if (recalls || eltwise !== null || sources.length !== 2 || typeof kept !== "number") return null;
  const mover = network.layers[kept];
  return mover?.recalls && mover.sources[1] === newest ? mover : null;
}

/** All rows of the buffer that a layer moves: those that stay, and as many as it drops. */
export const bufferShape = ({ output, crop }: Layer): Shape => ({ ...output, height: output.height + crop[0] });

/** What the operator of a layer reads: the newest rows where it is a rolling buffer, the buffer where it reads one. */
export function operatorSources(network: Network, layer: Layer): readonly TensorSource[] {
  if (layer.recalls) return layer.sources.slice(1);
  const mover = bufferRead(network, layer);
  return mover === null ? layer.sources : [mover.index];
}

/** Layers in an order in which operators can be written: rolling buffers behind their newest rows. */
export const writingOrder = ({ layers }: Network): readonly Layer[] =>
  layers.toSorted((a, b) => writingPlace(a) - writingPlace(b));

const writingPlace = ({ index, recalls, sources }: Layer): number =>
  recalls && typeof sources[1] === "number" ? sources[1] + 1 / 2 : index;

export const bufferCall = (mover: Layer, name: string): SourceCall => ({
  method: "rollingBuffer",
  argument: `${bufferShape(mover).height}`,
  options: { name: JSON.stringify(name) },
});
