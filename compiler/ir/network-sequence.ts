import type { SourceLocation } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import type { Network } from "./network.ts";

/** What runs, and from which register sets, where that is not simply one layer after the other. */
export interface NetworkSequence {
  /** Register set of every layer, by index, hidden reset layers not counted; null: in execution order. */
  readonly positions: readonly number[] | null;
  /** Where execution goes on behind a layer when a snoop unit has seen what it waits for. */
  readonly onSnoop: readonly SnoopLink[];
  /** Values of the registers of both snoop units, in the order of the register table; null: they are off. */
  readonly snoop: readonly number[] | null;
  /** Layers that run with the sample, in order, where a snoop unit leaves some out; null: all. */
  readonly simulated: readonly number[] | null;
}

/** Layer indices. */
export interface SnoopLink {
  readonly layer: number;
  readonly next: number;
}

/** One item that `cnn_unload()` reads. */
export type UnloadItem = UnloadedTensor | UnloadedMemory;

/** The result of a layer, or a part of it; ranges hold the first one and the one behind the last. */
export interface UnloadedTensor {
  readonly kind: "tensor";
  readonly layer: number;
  readonly channels: readonly [number, number];
  readonly rows: readonly [number, number];
}

/** A piece of data memory, whatever lies there. */
export interface UnloadedMemory extends Shape {
  readonly kind: "memory";
  readonly name: string;
  readonly processors: bigint;
  /** Bytes inside each data memory instance. */
  readonly offset: number;
  readonly writeGap: number;
  readonly bits: 8 | 32;
  readonly source?: SourceLocation;
}

/** Register set of every layer, by index, hidden reset layers not counted. */
export const registerPositions = ({ sequence, layers }: Network): readonly number[] =>
  sequence?.positions ?? layers.map(({ index }) => index);

/** Layer indices in the order of their register sets: the order in which parameters are stored. */
export function registerOrder(network: Network): number[] {
  const positions = registerPositions(network);
  return network.layers.map(({ index }) => index).toSorted((a, b) => (positions[a] ?? a) - (positions[b] ?? b));
}

/** Layers that run with the sample, in order. */
export const simulatedLayers = ({ sequence, layers }: Network): readonly number[] =>
  sequence?.simulated ?? layers.map(({ index }) => index);
