import type { Layer, Network } from "../ir/network.ts";

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
  const given = wanted.map((name) => (name === null ? null : claim(name, taken)));
  return network.layers.map((layer, index) => given[index] ?? numbered(baseOf(layer), counters, taken));
}

function identifierOf(name: string): string {
  const letters = name.replaceAll(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z_]/.test(letters) ? letters : `_${letters}`;
}

function claim(name: string, taken: Set<string>): string {
  const free = (candidate: string) => !taken.has(candidate) && !reservedWords.has(candidate);
  let unique = name;
  for (let number = 2; !free(unique); number++) unique = `${name}_${number}`;
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
