import type { Layer, Network } from "../ir/network.ts";
import type { SourceLayer } from "./model-source.ts";
import { findLoops, loopedPositions } from "./model-source-loops.ts";
import { findRepeats } from "./model-source-repeats.ts";

/** What layers are called when nobody named them. */
const kindNames = { conv2d: "conv", conv1d: "conv", convTranspose2d: "up", linear: "fc" } as const;

/** Words that cannot name a constant beside the names a model file uses itself. */
const reservedWords = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally " +
    "for function if implements import in instanceof interface let new null package private protected public return " +
    "static super switch this throw true try typeof var void while with yield arguments eval undefined " +
    "x concat add sub bitwiseXor bitwiseOr defineModel"
  ).split(" "),
);

/**
 * Unique operator names that can be constants, too: `preferred` where a layer has one, else kind and number.
 * Letters that identifiers lack become underscores.
 */
export function layerNames(network: Network, preferred: readonly (string | null)[]): string[] {
  const wanted = preferred.map((name) => (name === null ? null : identifierOf(name)));
  // The network input is called `input` in the graph.
  const taken = new Set(["input"]);
  const counters = new Map<string, number>();
  const given = wanted.map((name) => (name === null ? null : freeIdentifier(name, taken)));
  return network.layers.map((layer, index) => given[index] ?? numbered(baseOf(layer), counters, taken));
}

/**
 * Names for layers that nobody named and that repeat: what the names of their use begin with, and what they do.
 * Others stay `null`. `layers` have the names that `layerNames` gives them.
 */
export function repeatedNames(
  network: Network,
  preferred: readonly (string | null)[],
  layers: readonly SourceLayer[],
): (string | null)[] {
  const names = [...preferred];
  const free = new Set(layers.filter(({ index }) => preferred[index] == null));
  let uses = 0;
  for (const block of findRepeats(layers, free, loopedPositions(findLoops(layers)))) {
    for (const [use, start] of block.starts.entries()) {
      uses++;
      const beginning = block.names.arguments[use]?.[0] ?? `block${uses}`;
      const taken = new Set<string>();
      for (const { index } of layers.slice(start, start + block.length)) {
        const base = baseOf(network.layers[index] as Layer);
        names[index] ??= `${beginning}_${freeIdentifier(base, taken)}`;
      }
    }
  }
  return names;
}

function identifierOf(name: string): string {
  const letters = name.replaceAll(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z_]/.test(letters) ? letters : `_${letters}`;
}

/** `wanted`, or with a number behind it, as a name that is not taken; it is taken then. */
export function freeIdentifier(
  wanted: string,
  taken: Set<string>,
  reserved: ReadonlySet<string> = reservedWords,
): string {
  const name = identifierOf(wanted);
  let unique = name;
  for (let number = 2; taken.has(unique) || reserved.has(unique); number++) unique = `${name}_${number}`;
  taken.add(unique);
  return unique;
}

function numbered(base: string, counters: Map<string, number>, taken: Set<string>): string {
  for (;;) {
    const number = (counters.get(base) ?? 0) + 1;
    counters.set(base, number);
    if (taken.has(`${base}${number}`)) continue;
    taken.add(`${base}${number}`);
    return `${base}${number}`;
  }
}

function baseOf({ convolution, eltwise, pool, sources }: Layer): string {
  if (convolution !== null) return convolution.groups > 1 ? "depthwise" : kindNames[convolution.kind];
  if (eltwise !== null) return eltwise.operation === "add" ? "sum" : eltwise.operation;
  if (pool !== null) return "pool";
  return sources.length > 1 ? "joined" : "copy";
}
