import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { SourceLayer } from "./model-source.ts";
import { findLoops, loopedPositions, type RepeatedLayer } from "./model-source-loops.ts";
import {
  channelsOf,
  continuesChain,
  findRepeats,
  numbersOf,
  withArguments,
  type RepeatedBlock,
} from "./model-source-repeats.ts";
import { freeIdentifier } from "./model-source-names.ts";

/** A model's body before it is written: statements, and the functions they call. */
export interface SourceBody {
  readonly functions: readonly SourceFunction[];
  readonly statements: readonly SourceStatement[];
  /** What holds the result of a layer; nothing does where nothing reads it. */
  readonly variables: ReadonlyMap<TensorSource, string>;
}

/** Layers whose results are used once, by the next layer alone; a call of a function; or a loop over one layer. */
export type SourceStatement =
  | { readonly kind: "chain"; readonly layers: readonly SourceLayer[] }
  | {
      readonly kind: "use";
      readonly callee: string;
      readonly arguments: readonly string[];
      readonly layer: SourceLayer;
    }
  | { readonly kind: "loop"; readonly loop: RepeatedLayer; readonly layers: readonly SourceLayer[] };

/** Layers that are used several times with other tensors, channels and names. */
export interface SourceFunction {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: "AnyTensor" | "string" | "number" }[];
  readonly layers: readonly SourceLayer[];
  readonly variables: ReadonlyMap<TensorSource, string>;
}

/** The layer whose result a statement delivers. */
export const lastOf = (statement: SourceStatement): SourceLayer =>
  statement.kind === "use" ? statement.layer : (statement.layers.at(-1) as SourceLayer);

export function sourceBody(layers: readonly SourceLayer[]): SourceBody {
  const loops = findLoops(layers);
  const blocks = findRepeats(layers, new Set(), loopedPositions(loops));
  const taken = new Set(layers.map(({ name }) => name));
  const variables = new Map<TensorSource, string>([["input", "x"]]);
  const read = new Set(layers.flatMap(({ sources }) => sources));
  for (const { index, name, isOutput } of layers) if (isOutput || read.has(index)) variables.set(index, name);
  for (const { prefix, start, count } of loops) {
    const result = layers[start + count - 1] as SourceLayer;
    variables.set(result.index, freeIdentifier(prefix.replace(/_+$/, "") || "repeated", taken));
  }
  for (const { length, starts, names } of blocks) {
    for (const [use, start] of starts.entries()) {
      const [beginning, ...others] = names.arguments[use] ?? [];
      const result = layers[start + length - 1] as SourceLayer;
      if (beginning === undefined || others.length > 0 || taken.has(beginning)) continue;
      variables.set(result.index, freeIdentifier(beginning, taken));
    }
  }
  const functions = blocks.map((block) => functionOf(block, layers, taken));
  const statements = statementsOf(layers, loops, blocks, functions, variables);
  return { functions, statements, variables };
}

function statementsOf(
  layers: readonly SourceLayer[],
  loops: readonly RepeatedLayer[],
  blocks: readonly RepeatedBlock[],
  functions: readonly SourceFunction[],
  variables: ReadonlyMap<TensorSource, string>,
): SourceStatement[] {
  const starting = new Map<number, SourceStatement & { readonly length: number }>();
  for (const loop of loops) {
    const run = layers.slice(loop.start, loop.start + loop.count);
    starting.set(loop.start, { kind: "loop", loop, layers: run, length: loop.count });
  }
  for (const [number, block] of blocks.entries()) {
    for (const [use, start] of block.starts.entries()) {
      const layer = layers[start + block.length - 1] as SourceLayer;
      const callee = (functions[number] as SourceFunction).name;
      const tensors = block.tensors[use]?.map((source) => variables.get(source) as string) ?? [];
      const texts = block.names.arguments[use]?.map((name) => JSON.stringify(name)) ?? [];
      const given = [...tensors, ...texts, ...(block.numbers[use] ?? [])];
      starting.set(start, { kind: "use", callee, arguments: given, layer, length: block.length });
    }
  }
  const statements: SourceStatement[] = [];
  let plain: SourceLayer[] = [];
  const flush = () => {
    for (const chain of chainsOf(plain, layers)) statements.push({ kind: "chain", layers: chain });
    plain = [];
  };
  for (let position = 0; position < layers.length;) {
    const special = starting.get(position);
    if (special === undefined) plain.push(layers[position] as SourceLayer);
    else {
      flush();
      statements.push(special);
    }
    position += special?.length ?? 1;
  }
  flush();
  return statements;
}

/** Runs of layers each of which alone reads the one before. `all` are all layers, in order. */
export function chainsOf(layers: readonly SourceLayer[], all: readonly SourceLayer[]): SourceLayer[][] {
  const positions = new Map(all.map((layer, position) => [layer, position]));
  const chains: SourceLayer[][] = [];
  for (const [i, layer] of layers.entries()) {
    const position = positions.get(layer) ?? 0;
    const behind = i > 0 && layers[i - 1] === all[position - 1];
    if (behind && continuesChain(all, position)) chains.at(-1)?.push(layer);
    else chains.push([layer]);
  }
  return chains;
}

/** The function of a block, written with the layers of its first use. */
function functionOf(block: RepeatedBlock, layers: readonly SourceLayer[], taken: Set<string>): SourceFunction {
  const { length, starts, tensors, names, numbers } = block;
  const use = layers.slice(starts[0], (starts[0] ?? 0) + length);
  const own = new Set<string>();
  const parameters = [
    ...(tensors[0] ?? []).map((_, i) => ({
      name: freeIdentifier(["x", "y", "z"][i] ?? "x", own, new Set()),
      type: "AnyTensor" as const,
    })),
    ...numberedParameters("name", names.arguments[0]?.length ?? 0, own).map((name) => ({
      name,
      type: "string" as const,
    })),
    ...numberedParameters("channels", numbers[0]?.length ?? 0, own).map((name) => ({ name, type: "number" as const })),
  ];
  const named = (type: string) => parameters.filter((parameter) => parameter.type === type).map(({ name }) => name);
  const [tensorNames, textNames, numberNames] = [named("AnyTensor"), named("string"), named("number")];
  const variables = new Map<TensorSource, string>(
    (tensors[0] ?? []).map((source, i) => [source, tensorNames[i] as string]),
  );
  const values = numberValues(block, layers, numberNames);
  const written = use.map((layer, k) => {
    const { argument, suffix } = names.parts[k] as { argument: number; suffix: string };
    const text = textNames[argument] as string;
    variables.set(layer.index, freeIdentifier(suffix.replace(/^_+/, "") || resultName(layer), own));
    return withArguments(layer, values[k] as string[], suffix === "" ? text : `\`\${${text}}${suffix}\``);
  });
  const name = freeIdentifier(blockName(names.arguments.map(([first = ""]) => first)), taken);
  return { name, parameters, layers: written, variables };
}

/** What a result is called by the operator that makes it: `conv` of `conv2d`. */
function resultName({ after }: SourceLayer): string {
  const method = after.at(-1)?.method.replace(/[12]d$/, "") ?? "result";
  return method === "named" ? "result" : method;
}

/**
 * What stands for each number of each layer: the number itself where all uses have the same, else a parameter, or the
 * channels of the first tensor.
 */
function numberValues(
  { length, starts, numbers, tensors }: RepeatedBlock,
  layers: readonly SourceLayer[],
  names: readonly string[],
): string[][] {
  const uses = starts.map((start) => layers.slice(start, start + length).map(numbersOf));
  const kept = tensors.map(([first]) => channelsOf(first, layers)).join();
  const columns = new Map(names.map((name, column) => [numbers.map((row) => row[column]).join(), name]));
  return (uses[0] ?? []).map((texts, k) =>
    texts.map((text, i) => {
      const given = uses.map((use) => use[k]?.[i]);
      if (given.every((other) => other === text)) return text;
      return columns.get(given.join()) ?? (given.join() === kept ? "x.shape[0]" : text);
    }),
  );
}

function numberedParameters(base: string, count: number, taken: Set<string>): string[] {
  return Array.from({ length: count }, (_, i) => freeIdentifier(count === 1 ? base : `${base}${i + 1}`, taken));
}

/** What the names of all uses begin with, without numbers: `stage` of `stage1_0` and `stage2_1`. */
function blockName(names: readonly string[]): string {
  const [first = "", ...others] = names;
  let length = 0;
  while (length < first.length && others.every((name) => name[length] === first[length])) length++;
  const word = first.slice(0, length).replace(/[_0-9]+$/, "");
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(word) && word.length > 2 ? word : "block";
}
