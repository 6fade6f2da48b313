import type { NetworkSequence, UnloadItem } from "../ir/network-sequence.ts";

/**
 * A sequence after layers were inserted: `moved` holds the new index of every old layer, `count` is the new number of
 * layers. What is inserted uses the register set behind that of the layer it runs after, and runs whenever execution
 * passes from there to the next layer.
 */
export function movedSequence(sequence: NetworkSequence, moved: readonly number[], count: number): NetworkSequence {
  const { positions, simulated, onSnoop } = sequence;
  return {
    ...sequence,
    positions: positions && movedPositions(positions, moved, count),
    onSnoop: onSnoop.map(({ layer, next }) => ({ layer: moved[layer] as number, next: moved[next] as number })),
    simulated: simulated && movedPath(simulated, moved),
  };
}

export const movedUnload = (items: readonly UnloadItem[], moved: readonly number[]): UnloadItem[] =>
  items.map((item) => (item.kind === "memory" ? item : { ...item, layer: moved[item.layer] as number }));

function movedPositions(positions: readonly number[], moved: readonly number[], count: number): number[] {
  const keys: number[] = [];
  for (let index = 0; index < count; index++) {
    const old = moved.indexOf(index);
    const before = keys[index - 1] ?? (positions[0] ?? 0) - 1;
    keys.push(old < 0 ? before + 1 / (count + 1) : (positions[old] as number));
  }
  const order = keys.map((_, index) => index).toSorted((a, b) => (keys[a] as number) - (keys[b] as number));
  return keys.map((_, index) => order.indexOf(index));
}

function movedPath(path: readonly number[], moved: readonly number[]): number[] {
  return path.flatMap((layer, step) => {
    const here = moved[layer] as number;
    const before = path[step - 1];
    const follows = layer === (before ?? -1) + 1;
    const start = follows ? (before === undefined ? 0 : (moved[before] as number) + 1) : here;
    return Array.from({ length: here - start + 1 }, (_, i) => start + i);
  });
}

/** A sequence of the first `count` layers only: what leads behind them is left out. */
export function cutSequence(sequence: NetworkSequence, count: number): NetworkSequence {
  const { positions, onSnoop, simulated } = sequence;
  const kept = positions?.slice(0, count);
  const sorted = kept?.toSorted((a, b) => a - b);
  return {
    ...sequence,
    positions: kept === undefined || sorted === undefined ? null : kept.map((position) => sorted.indexOf(position)),
    onSnoop: onSnoop.filter(({ layer, next }) => layer < count && next < count),
    simulated: simulated && simulated.filter((layer) => layer < count),
  };
}

/** What can still be read out when only the first `count` layers run. */
export const cutUnload = (items: readonly UnloadItem[], count: number): UnloadItem[] =>
  items.filter((item) => item.kind === "memory" || item.layer < count);
