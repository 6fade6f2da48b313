import type { Layer, Network } from "../ir/network.ts";
import { freshName } from "../passes/model-graph.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import type { DescriptionEntry } from "./description-layer.ts";

/** A rolling buffer in the words of a description: named by itself, moved by one layer and filled by another. */
export interface DescribedBuffer {
  readonly name: string;
  /** Name of the layer that moves it. A layer of the buffer's name would be taken for the buffer. */
  readonly moverName: string;
  readonly mover: Layer;
  readonly newest: Layer;
  readonly rows: number;
}

/** The first rolling buffer of a network; descriptions have one. */
export function describedBuffer(network: Network, names: readonly string[]): DescribedBuffer | null {
  const mover = network.layers.find((layer) => layer.recalls);
  const newest = mover && network.layers[mover.sources[1] as number];
  if (mover === undefined || newest === undefined) return null;
  const name = (names[mover.index] as string).toLowerCase();
  const taken = names.map((other) => other.toLowerCase());
  const moverName = freshName(`${name}_shift`, (wanted) => taken.includes(wanted));
  return { name, moverName, mover, newest, rows: mover.output.height + newest.output.height };
}

/** The layer reads the whole buffer: rows that stay, then the newest ones. */
export const readsBuffer = ({ sources, recalls, eltwise }: Layer, { mover, newest }: DescribedBuffer): boolean =>
  !recalls && eltwise === null && sources.length === 2 && sources[0] === mover.index && sources[1] === newest.index;

/** What a layer says about the buffer instead of naming its sources; null: nothing. */
export function bufferInputKeys(layer: Layer, buffer: DescribedBuffer): DescriptionEntry[] | null {
  if (layer !== buffer.mover && !readsBuffer(layer, buffer)) return null;
  const { channels, height, width } = layer.input;
  return [
    ["in_sequences", [buffer.name]],
    ["in_channels", channels],
    ["in_dim", [height, width]],
    ...(layer === buffer.mover ? ([["buffer_shift", layer.crop[0]]] as const) : []),
  ];
}

/** The item under `data_buffer`. */
export function bufferEntries({ name, mover, rows }: DescribedBuffer, places: readonly LayerPlacement[]) {
  const { outputProcessors, outputOffset } = places[mover.index] as LayerPlacement;
  const { channels, width } = mover.output;
  const entries: DescriptionEntry[] = [
    ["name", name],
    ["processors", outputProcessors],
    ["channels", channels],
    ["dim", [rows, width]],
    ["offset", BigInt(outputOffset)],
  ];
  return entries;
}
