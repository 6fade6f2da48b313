import type { SourceLocation } from "../../dsl/diagnostic.ts";
import type { Activation, EltwiseKind } from "../../dsl/model.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import type { YamlTree } from "./yaml-tree.ts";
import type { YamlReader, YamlReport } from "./yaml-values.ts";
import {
  choice,
  flag,
  integer,
  kernelSize,
  layerReference,
  listOf,
  oneOrMore,
  pair,
  processorMap,
  size,
  text,
  yamlError,
} from "./yaml-values.ts";

/** The keys of network descriptions, their spellings and what their values mean. */

interface KeySpec<T> {
  readonly read: YamlReader<T>;
  /** Other spellings of the same key. */
  readonly aliases?: readonly string[];
}

type Keys = Readonly<Record<string, KeySpec<unknown>>>;
type Values<K extends Keys> = {
  readonly [P in keyof K]?: K[P] extends KeySpec<infer T> ? T : never;
};

const anyInteger = integer(-(2 ** 31), 2 ** 31 - 1);
const natural = integer(0, Number.MAX_SAFE_INTEGER);
const positive = integer(1, Number.MAX_SAFE_INTEGER);

/** What computes in a layer; "none" copies, pools or combines only. */
export type YamlOperator = LayerConvolution["kind"] | "none" | EltwiseKind;

const operators: Readonly<Record<string, YamlOperator>> = {
  conv1d: "conv1d",
  conv2d: "conv2d",
  convtranspose2d: "convTranspose2d",
  linear: "linear",
  fc: "linear",
  mlp: "linear",
  none: "none",
  passthrough: "none",
  add: "add",
  sub: "sub",
  or: "or",
  bitwiseor: "or",
  bitwise_or: "or",
  xor: "xor",
  bitwisexor: "xor",
  bitwise_xor: "xor",
};

const activations: Readonly<Record<string, Activation | null>> = { relu: "relu", abs: "abs", none: null };
const eltwise: Readonly<Record<string, EltwiseKind>> = { add: "add", sub: "sub", or: "or", xor: "xor" };
const formats = { chw: "CHW", big: "CHW", hwc: "HWC", little: "HWC" } as const;
const quantizations = { 1: 1, 2: 2, 4: 4, 8: 8, bin: -1, binary: -1 } as const;

export const layerKeys = {
  name: { read: text },
  sequence: { read: natural },
  next_sequence: { read: layerReference },
  simulated_sequence: { read: layerReference },
  snoop_sequence: { read: layerReference },
  processors: { read: processorMap },
  output_processors: { read: processorMap },
  in_offset: { read: natural },
  out_offset: { read: natural },
  in_channels: { read: positive },
  out_channels: { read: positive },
  in_dim: { read: size() },
  in_crop: { read: listOf(natural, 2) },
  in_skip: { read: natural, aliases: ["read_gap"] },
  in_channel_skip: { read: natural },
  in_sequences: { read: oneOrMore(layerReference) },
  operator: { read: choice(operators), aliases: ["op", "operation", "convolution"] },
  eltwise: { read: choice(eltwise) },
  operands: { read: integer(2, 16) },
  pool_first: { read: flag },
  max_pool: { read: pair(1, 65_535) },
  avg_pool: { read: pair(1, 65_535) },
  pool_stride: { read: pair(1, 65_535) },
  pool_dilation: { read: pair(1, 65_535) },
  kernel_size: { read: kernelSize },
  pad: { read: natural },
  output_pad: { read: natural },
  stride: { read: pair(1, 65_535) },
  dilation: { read: pair(1, 65_535) },
  groups: { read: positive, aliases: ["conv_groups"] },
  activation: { read: choice(activations), aliases: ["activate"] },
  flatten: { read: flag },
  quantization: { read: choice<number>(quantizations) },
  output_shift: { read: anyInteger },
  output_width: { read: choice<8 | 32>({ 8: 8, 32: 32 }) },
  data_format: { read: choice(formats) },
  streaming: { read: flag },
  write_gap: { read: natural },
  bias_group: { read: oneOrMore(integer(0, 3)), aliases: ["bias_quadrant"] },
  output: { read: flag },
  weight_source: { read: layerReference },
  buffer_shift: { read: positive },
  buffer_insert: { read: positive },
  bypass: { read: flag },
  calcx4: { read: flag },
  readahead: { read: flag },
  tcalc: { read: flag },
} as const satisfies Keys;

const bufferKeys = {
  processors: { read: processorMap },
  channels: { read: positive },
  dim: { read: size() },
  offset: { read: natural },
} as const satisfies Keys;

const unloadKeys = {
  ...bufferKeys,
  write_gap: { read: natural },
  width: { read: choice<8 | 32>({ 8: 8, 32: 32 }) },
} as const satisfies Keys;
const dataBufferKeys = { ...bufferKeys, name: { read: text }, width: { read: anyInteger } } as const satisfies Keys;

/** Keys given and where; keys not given are absent. */
export interface YamlRecord<V> {
  readonly at: SourceLocation;
  readonly values: V;
  readonly places: { readonly [P in keyof V]?: SourceLocation };
}

export type YamlLayer = YamlRecord<Values<typeof layerKeys>>;
export type YamlUnload = YamlRecord<Values<typeof unloadKeys>>;
export type YamlDataBuffer = YamlRecord<Values<typeof dataBufferKeys>>;

const SNOOP_REGISTERS = 32;

export const globalKeys = {
  arch: { read: text },
  dataset: { read: text },
  layers: { read: records<YamlLayer>(layerKeys, []) },
  output_map: { read: processorMap },
  unload: { read: records<YamlUnload>(unloadKeys, ["processors", "channels", "dim", "offset"]) },
  data_buffer: { read: records<YamlDataBuffer>(dataBufferKeys, ["processors", "channels", "dim", "offset", "name"]) },
  bias: { read: text },
  weights: { read: text },
  snoop: { read: listOf(integer(0, 2 ** 32 - 1), SNOOP_REGISTERS) },
} as const satisfies Keys;

export type YamlGlobals = YamlRecord<Values<typeof globalKeys>>;

/** Reads one mapping: unknown keys (AI6202), two spellings of one key (AI6206), missing keys (AI6204). */
export function readRecord<R extends YamlRecord<object>>(
  tree: YamlTree,
  what: string,
  keys: Keys,
  mandatory: readonly string[],
  report: YamlReport,
): R | undefined {
  if (tree.kind !== "mapping") {
    report(yamlError("AI6205", `${what} must be a mapping of keys to values`, tree.at, "Write 'key: value' lines."));
    return undefined;
  }
  const spellings = new Map(
    Object.entries(keys).flatMap(([key, spec]) => [key, ...(spec.aliases ?? [])].map((spelling) => [spelling, key])),
  );
  const values: Record<string, unknown> = {};
  const places: Record<string, SourceLocation> = {};
  const written = new Map<string, string>();
  for (const entry of tree.entries) {
    const key = spellings.get(entry.key);
    if (key === undefined) {
      const hint = `Known keys are ${[...spellings.keys()].toSorted().join(", ")}.`;
      report(yamlError("AI6202", `${what} has no key '${entry.key}'`, entry.keyAt, hint));
      continue;
    }
    const before = written.get(key);
    if (before !== undefined) {
      const message = `'${entry.key}' and '${before}' are two spellings of the same key`;
      report(yamlError("AI6206", message, entry.keyAt, "Remove one of the two."));
      continue;
    }
    written.set(key, entry.key);
    places[key] = entry.value.at;
    const value = (keys[key] as KeySpec<unknown>).read(entry.value, entry.key, report);
    if (value !== undefined) values[key] = value;
  }
  for (const key of mandatory) {
    if (!written.has(key)) report(yamlError("AI6204", `${what} lacks the key '${key}'`, tree.at, `Add '${key}:'.`));
  }
  return { at: tree.at, values, places } as unknown as R;
}

function records<R extends YamlRecord<object>>(keys: Keys, mandatory: readonly string[]): YamlReader<readonly R[]> {
  return (tree, key, report) => {
    if (tree.kind !== "list") {
      report(yamlError("AI6205", `'${key}' must be a list`, tree.at, "Start every item with a dash."));
      return undefined;
    }
    const what = key === "layers" ? "a layer" : `an item of '${key}'`;
    return tree.items.flatMap((item) => readRecord<R>(item, what, keys, mandatory, report) ?? []);
  };
}
