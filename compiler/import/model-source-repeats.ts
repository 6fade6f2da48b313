import { invariant } from "../../dsl/diagnostic.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import { lineWidth, type SourceCall, type SourceLayer } from "./model-source.ts";
import { callText } from "./model-source-calls.ts";
import { factorNames } from "./model-source-name-patterns.ts";
import type { NamePattern } from "./model-source-name-patterns.ts";

/** Layers that are written once, as a function, and used several times: same operators, other names and channels. */
export interface RepeatedBlock {
  /** How many layers one use has. */
  readonly length: number;
  /** Positions of the first layer of every use. */
  readonly starts: readonly number[];
  /** Tensors a use reads from outside, in the order in which its layers read them. */
  readonly tensors: readonly (readonly TensorSource[])[];
  /** Numbers of channels that differ between uses, one list per use, except where they are those of the first tensor. */
  readonly numbers: readonly (readonly string[])[];
  readonly names: NamePattern;
}

/** Lines a function costs beyond its body, and the least it has to spare. */
const functionLines = 3;
const worthwhile = 4;
/** What a further name among the arguments costs: names that do not begin alike hint at another grouping. */
const nameCost = 2;
/** Columns in front of a call, with the keyword and marks of a statement. */
const indentation = 16;
const longestBlock = 24;
const mostArguments = 6;

/**
 * Blocks that make the text shorter, the most sparing first; their uses do not overlap. `free` tells layers that may
 * be called anything: their names do not count. `alreadyTaken` are positions of layers that are written otherwise.
 */
export function findRepeats(
  layers: readonly SourceLayer[],
  free: ReadonlySet<SourceLayer> = new Set(),
  alreadyTaken: Iterable<number> = [],
): RepeatedBlock[] {
  const found: RepeatedBlock[] = [];
  const taken = new Set(alreadyTaken);
  const graph = new Graph(layers, free);
  for (;;) {
    const best = bestBlock(graph, layers.length, taken);
    if (best === null) return found;
    found.push(best);
    for (const start of best.starts) for (let k = 0; k < best.length; k++) taken.add(start + k);
  }
}

function bestBlock(graph: Graph, count: number, taken: ReadonlySet<number>): RepeatedBlock | null {
  let best: RepeatedBlock | null = null;
  let spared = worthwhile - 1;
  for (let length = Math.min(longestBlock, Math.floor(count / 2)); length >= 2; length--) {
    for (const starts of graph.repeats(length, taken)) {
      const block = graph.block(length, starts);
      const gain = block === null ? 0 : graph.sparedLines(block);
      if (block === null || gain <= spared) continue;
      [best, spared] = [block, gain];
    }
  }
  return best;
}

/** What the search asks about the layers, by position. */
class Graph {
  readonly #layers: readonly SourceLayer[];
  readonly #positions: ReadonlyMap<TensorSource, number>;
  /** Last position that reads each layer. */
  readonly #lastReader: readonly number[];
  /** Equal for layers that differ in numbers, names and sources only. */
  readonly #structures: readonly number[];
  /** Lines each layer takes, behind other calls or alone. */
  readonly #lines: readonly { readonly chained: number; readonly alone: number }[];
  readonly #free: ReadonlySet<SourceLayer>;

  constructor(layers: readonly SourceLayer[], free: ReadonlySet<SourceLayer>) {
    this.#layers = layers;
    this.#free = free;
    this.#positions = new Map(layers.map(({ index }, position) => [index, position]));
    const last = layers.map(() => -1);
    for (const [position, { sources }] of layers.entries()) {
      for (const source of sources) {
        const read = this.#positions.get(source);
        if (read !== undefined) last[read] = position;
      }
    }
    this.#lastReader = last;
    const known = new Map<string, number>();
    this.#structures = layers.map((layer) => {
      const structure = structureOf(layer);
      if (!known.has(structure)) known.set(structure, known.size);
      return known.get(structure) as number;
    });
    this.#lines = layers.map((layer, position) => {
      const alone = linesOf(layer, false);
      return { alone, chained: continuesChain(layers, position) ? linesOf(layer, true) : alone };
    });
  }

  /** Lists of positions at which alike runs of `length` layers start, two or more that do not overlap. */
  repeats(length: number, taken: ReadonlySet<number>): number[][] {
    const byShape = new Map<string, number[]>();
    for (let start = 0; start + length <= this.#layers.length; start++) {
      if (taken.has(start) || !this.#closed(start, length)) continue;
      if (this.#range(start, length).some((position) => taken.has(position))) continue;
      const shape = this.#shapeOf(start, length);
      const starts = byShape.get(shape) ?? [];
      if (start >= (starts.at(-1) ?? -length) + length) starts.push(start);
      byShape.set(shape, starts);
    }
    return [...byShape.values()].filter((starts) => starts.length > 1);
  }

  /** null: the uses differ in more than can be given as a few arguments. */
  block(length: number, starts: readonly number[]): RepeatedBlock | null {
    const uses = starts.map((start) => this.#range(start, length).map((position) => this.#at(position)));
    const named = this.#range(0, length).filter((k) => !uses.every((use) => this.#free.has(use[k] as SourceLayer)));
    const names = factorNames(uses.map((use) => named.map((k) => (use[k] as SourceLayer).name)));
    const texts = uses.map((use) => use.flatMap(numbersOf));
    const tensors = starts.map((start) => this.#outside(start, length));
    const kept = tensors.map(([first]) => channelsOf(first, this.#layers)).join();
    const numbers = distinctColumns(texts, kept);
    const count = (tensors[0]?.length ?? 0) + (numbers[0]?.length ?? 0) + (names.arguments[0]?.length ?? 0);
    return count > mostArguments ? null : { length, starts, tensors, numbers, names };
  }

  sparedLines({ length, starts, names, numbers }: RepeatedBlock): number {
    const [first = 0] = starts;
    const lines = this.#lines
      .slice(first, first + length)
      .reduce((sum, { alone, chained }, k) => sum + (k === 0 ? alone : chained), 0);
    const uses = starts.length;
    const more = (given: readonly (readonly string[])[]) => Math.max(0, (given[0]?.length ?? 0) - 1);
    return (uses - 1) * lines - uses - functionLines - nameCost * more(names.arguments) - more(numbers);
  }

  /** Only the last layer of the run is read behind it, and only that one may be an output of the network. */
  #closed(start: number, length: number): boolean {
    const end = start + length - 1;
    return this.#range(start, length - 1).every(
      (position) => !this.#at(position).isOutput && (this.#lastReader[position] ?? -1) <= end,
    );
  }

  #shapeOf(start: number, length: number): string {
    const outside = this.#outside(start, length);
    const layers = this.#range(start, length).map((position) => {
      const sources = this.#at(position).sources.map((source) => {
        const place = outside.indexOf(source);
        return place >= 0 ? `outside ${place}` : `${(this.#positions.get(source) ?? 0) - start}`;
      });
      return `${this.#structures[position]} ${sources.join()}`;
    });
    return layers.join("\n");
  }

  #outside(start: number, length: number): TensorSource[] {
    const sources = this.#range(start, length).flatMap((position) => this.#at(position).sources);
    return [...new Set(sources)].filter((source) => (this.#positions.get(source) ?? -1) < start);
  }

  #range(start: number, length: number): number[] {
    return Array.from({ length }, (_, k) => start + k);
  }

  #at(position: number): SourceLayer {
    const layer = this.#layers[position];
    invariant(layer, `no layer stands at ${position}`);
    return layer;
  }
}

/**
 * Lines a layer takes, about: one per call, and one for the joining function; all options of a call that is too long.
 * `chained`: it goes on with the calls of the layer before.
 */
function linesOf({ name, after, join }: SourceLayer, chained: boolean): number {
  // A call that stands alone has the name of the layer and what it reads in front.
  const before = after.length === 1 && !chained ? 2 * name.length : 0;
  const lines = after.map((call) => {
    const fits = before + callText(call).length < lineWidth - indentation;
    return fits ? 1 : 2 + Object.keys(call.options).length;
  });
  return lines.reduce((sum, count) => sum + count, join === null || after.length === 1 ? 0 : 1);
}

/** The layer alone reads the result of the one in front of it, and nothing else. */
export function continuesChain(layers: readonly SourceLayer[], position: number): boolean {
  const [previous, layer] = [layers[position - 1], layers[position]];
  if (previous === undefined || layer === undefined || previous.isOutput) return false;
  const uses = layers.flatMap(({ sources }) => sources).filter((source) => source === previous.index);
  return uses.length === 1 && layer.join === null && layer.sources.length === 1 && layer.sources[0] === previous.index;
}

const weighted = ["conv2d", "conv1d", "convTranspose2d", "linear"];

/** Numbers of channels in the calls of a layer, in the order in which they are written. */
export const numbersOf = ({ before, after }: SourceLayer): string[] => [...before, ...after].flatMap(callNumbers);

const callNumbers = ({ method, argument, options }: SourceCall): string[] =>
  weighted.includes(method) ? [argument ?? "", ...(options["groups"] === undefined ? [] : [options["groups"]])] : [];

/** The calls with other texts for their numbers and names. */
export function withArguments(layer: SourceLayer, numbers: readonly string[], name: string): SourceLayer {
  let used = 0;
  const replaced = (call: SourceCall): SourceCall => {
    const named = call.method === "named" ? { ...call, argument: name } : call;
    const options = "name" in named.options ? { ...named.options, name } : named.options;
    const count = callNumbers(call).length;
    const [argument, groups] = numbers.slice(used, (used += count));
    return {
      ...named,
      argument: argument ?? named.argument,
      options: groups === undefined ? options : { ...options, groups },
    };
  };
  return { ...layer, before: layer.before.map(replaced), after: layer.after.map(replaced) };
}

/** The layer without its numbers, names and sources. */
export function structureOf(layer: SourceLayer): string {
  const { select, before, after, join, parts } = withArguments(
    layer,
    numbersOf(layer).map(() => "#"),
    "#",
  );
  return JSON.stringify([select ?? [], before, join, parts, after]);
}

/** Channels of a tensor as text; empty for the network input. */
export const channelsOf = (source: TensorSource | undefined, layers: readonly SourceLayer[]): string =>
  `${layers.find(({ index }) => index === source)?.shape.channels ?? ""}`;

/** Of equally long rows, the columns whose texts differ between rows, equal columns once and `known` ones not at all. */
function distinctColumns(rows: readonly (readonly string[])[], known: string): string[][] {
  const columns = (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] as string));
  const different = columns.filter((column) => column.some((text) => text !== column[0]) && column.join() !== known);
  const distinct = [...new Map(different.map((column) => [column.join(), column])).values()];
  return rows.map((_, row) => distinct.map((column) => column[row] as string));
}
