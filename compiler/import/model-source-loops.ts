import type { SourceLayer } from "./model-source.ts";
import { continuesChain, numbersOf, structureOf } from "./model-source-repeats.ts";

/** Alike layers one behind the other, which differ in the number at the end of their names only. */
export interface RepeatedLayer {
  /** Position of the first layer. */
  readonly start: number;
  readonly count: number;
  /** Names are `prefix` and numbers from `first`. */
  readonly prefix: string;
  readonly first: number;
}

/** A loop has to stand for this many layers and calls. */
const fewestLayers = 4;
const fewestCalls = 8;

/** Runs of alike layers that a loop says shorter. */
export function findLoops(layers: readonly SourceLayer[]): RepeatedLayer[] {
  const found: RepeatedLayer[] = [];
  for (let start = 0; start < layers.length;) {
    const count = runFrom(layers, start);
    const name = numbered(layers[start] as SourceLayer);
    const calls = count * (layers[start]?.after.length ?? 0);
    if (name !== null && count >= fewestLayers && calls >= fewestCalls) found.push({ start, count, ...name });
    start += count;
  }
  return found;
}

/** Positions of the layers of all loops. */
export const loopedPositions = (loops: readonly RepeatedLayer[]): number[] =>
  loops.flatMap(({ start, count }) => Array.from({ length: count }, (_, k) => start + k));

function runFrom(layers: readonly SourceLayer[], start: number): number {
  let count = 1;
  while (start + count < layers.length && follows(layers, start + count)) count++;
  return count;
}

/** The layer does the same as the one in front of it, with its result, which nothing else reads. */
function follows(layers: readonly SourceLayer[], position: number): boolean {
  const [previous, layer] = [layers[position - 1] as SourceLayer, layers[position] as SourceLayer];
  const [before, after] = [numbered(previous), numbered(layer)];
  return (
    before !== null &&
    after !== null &&
    before.prefix === after.prefix &&
    before.first + 1 === after.first &&
    previous.join === null &&
    continuesChain(layers, position) &&
    structureOf(previous) === structureOf(layer) &&
    numbersOf(previous).join() === numbersOf(layer).join()
  );
}

function numbered({ name }: SourceLayer): { readonly prefix: string; readonly first: number } | null {
  const [, prefix = "", digits] = /^(.*?)(0|[1-9][0-9]*)$/.exec(name) ?? [];
  return digits === undefined ? null : { prefix, first: Number(digits) };
}
