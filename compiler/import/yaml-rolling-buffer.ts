import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { YamlNetwork } from "./yaml.ts";
import type { YamlSlot } from "./yaml-order.ts";
import type { YamlDataBuffer, YamlLayer } from "./yaml-schema.ts";
import { operatorOf } from "./yaml-tensors.ts";
import { yamlError } from "./yaml-values.ts";

type LayerKey = keyof YamlLayer["values"];

/** A rolling buffer with the layers that move it, add rows to it and read it. */
interface Buffer {
  readonly name: string;
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  readonly offset: number;
  readonly processors: bigint;
  readonly mover: YamlSlot;
  readonly adder: YamlSlot;
  /** Rows that are added, and that the others move by. */
  readonly added: number;
  readonly readers: readonly YamlSlot[];
}

/**
 * Gives the layer that moves a rolling buffer, and those that read it, their sources: the rows that stay, which the
 * moving layer writes, and the newest ones. AI6210: a use that cannot be compiled; AI6230: keys that are missing beside
 * those of the buffer; AI1808: layers and buffer contradict each other.
 */
export function resolveRollingBuffer(
  description: YamlNetwork,
  slots: readonly YamlSlot[],
): { readonly slots: readonly YamlSlot[]; readonly diagnostics: readonly Diagnostic[] } {
  const users = slots.filter((slot) => slot.readsBuffer || moves(slot) !== undefined || adds(slot) !== undefined);
  if (users.length === 0) return { slots, diagnostics: [] };
  const missing = users.flatMap(missingKeys);
  const found = findBuffer(description, users);
  if (Array.isArray(found)) return { slots, diagnostics: [...missing, ...found] };
  const diagnostics = [...missing, ...useProblems(found), ...(missing.length > 0 ? [] : contradictions(found))];
  const sources = [found.mover.index, found.adder.index];
  const resolved = slots.map((slot) => (slot.readsBuffer ? { ...slot, sources } : slot));
  return { slots: resolved, diagnostics };
}

const moves = ({ layer }: YamlSlot): number | undefined => layer.values.buffer_shift;
const adds = ({ layer }: YamlSlot): number | undefined => layer.values.buffer_insert;

const problem = (code: string, slot: YamlSlot, key: LayerKey, message: string, hint: string): Diagnostic =>
  yamlError(code, `layer ${slot.index}: ${message}`, slot.layer.places[key] ?? slot.layer.at, hint);

/** What the reference generator demands beside the keys of a buffer; nothing is filled in there. */
function missingKeys(slot: YamlSlot): Diagnostic[] {
  const { values } = slot.layer;
  const wanted = (key: LayerKey, keys: readonly LayerKey[]): Diagnostic[] =>
    keys.flatMap((other) => {
      if (values[other] !== undefined) return [];
      const what = key === "in_sequences" ? "a layer that reads a rolling buffer" : `'${key}'`;
      return [problem("AI6230", slot, key, `${what} needs '${other}'`, `Add '${other}:'.`)];
    });
  if (moves(slot) !== undefined && !slot.readsBuffer) {
    const message = "'buffer_shift' needs the name of the buffer in 'in_sequences'";
    return [problem("AI6230", slot, "buffer_shift", message, "Add 'in_sequences:' with that name.")];
  }
  return [
    ...(slot.readsBuffer ? wanted("in_sequences", ["in_offset", "out_offset", "in_dim", "in_channels"]) : []),
    ...(adds(slot) === undefined ? [] : wanted("buffer_insert", ["out_offset"])),
  ];
}

/** The buffer with its layers, or why there is none. */
function findBuffer(description: YamlNetwork, users: readonly YamlSlot[]): Buffer | Diagnostic[] {
  const [first] = users as [YamlSlot, ...YamlSlot[]];
  const [described, second] = description.dataBuffers;
  if (described === undefined) {
    const key = moves(first) === undefined ? "buffer_insert" : "buffer_shift";
    return [problem("AI6210", first, key, `'${key}' needs a rolling buffer`, "Describe it with 'data_buffer:'.")];
  }
  if (second !== undefined) {
    return [yamlError("AI6210", "there are two rolling buffers; one can be described", second.at, "Remove one.")];
  }
  const movers = users.filter((slot) => moves(slot) !== undefined);
  const adders = users.filter((slot) => adds(slot) !== undefined);
  const [mover, adder] = [movers[0], adders[0]];
  if (mover === undefined || adder === undefined || movers.length > 1 || adders.length > 1) {
    const counts = `'buffer_shift' in ${movers.length} layers and 'buffer_insert' in ${adders.length}`;
    const message = `the rolling buffer needs both in one layer each; there is ${counts}`;
    return [yamlError("AI6210", message, described.at, "Move the buffer once, then add the newest rows once.")];
  }
  const readers = users.filter((slot) => slot.readsBuffer && slot !== mover);
  return { ...sizesOf(described), mover, adder, added: adds(adder) ?? 0, readers };
}

function sizesOf({ values }: YamlDataBuffer) {
  const [rows = 1, columns = 1] = values.dim ?? [];
  const { name = "", channels = 1, offset = 0, processors = 0n } = values;
  return { name, channels, rows, columns, offset, processors };
}

/** The buffer is moved, filled and read, in this order, and by layers that do nothing else with it. */
function useProblems({ name, mover, adder, readers }: Buffer): Diagnostic[] {
  const found: Diagnostic[] = [];
  if (operatorOf(mover.layer) !== "none") {
    const message = `'buffer_shift' is for layers that copy; this one is ${operatorOf(mover.layer)}`;
    found.push(problem("AI6210", mover, "buffer_shift", message, "Write 'operation: passthrough'."));
  }
  if (adder.index <= mover.index) {
    const message = "the newest rows are added before the buffer has moved, and would move with it";
    found.push(problem("AI6210", adder, "buffer_insert", message, `Put it behind layer ${mover.index}.`));
  }
  for (const reader of readers) {
    if (reader.index > adder.index) continue;
    const message = `it reads '${name}' before its newest rows are there`;
    found.push(problem("AI6210", reader, "in_sequences", message, `Put it behind layer ${adder.index}.`));
  }
  for (const slot of [mover, ...readers]) {
    if ((slot.layer.values.in_sequences?.length ?? 0) < 2) continue;
    const message = `it reads '${name}' together with other data`;
    found.push(problem("AI6210", slot, "in_sequences", message, "Copy the buffer with a passthrough layer first."));
  }
  return found;
}

/** Everything the layers say about the buffer follows from its description. */
function contradictions(buffer: Buffer): Diagnostic[] {
  const { name, channels, rows, columns, offset, processors, mover, adder, added, readers } = buffer;
  const found: Diagnostic[] = [];
  const compare = (slot: YamlSlot, key: LayerKey, seen: string, wanted: string): void => {
    if (seen === wanted) return;
    const message = `'${key}' is ${seen}; for '${name}' it must be ${wanted}`;
    found.push(problem("AI1808", slot, key, message, `Write '${key}: ${wanted}'.`));
  };
  const offsets = (slot: YamlSlot, key: "in_offset" | "out_offset", row: number): void =>
    compare(slot, key, hexadecimal(slot.layer.values[key] ?? 0), hexadecimal(offset + 4 * row * columns));
  compare(mover, "buffer_shift", `${moves(mover)}`, `${added}`);
  offsets(mover, "in_offset", added);
  offsets(mover, "out_offset", 0);
  offsets(adder, "out_offset", rows - added);
  for (const [slot, height] of [[mover, rows - added] as const, ...readers.map((reader) => [reader, rows] as const)]) {
    const { in_dim = [0, 0], in_channels, in_crop, processors: map } = slot.layer.values;
    compare(slot, "in_channels", `${in_channels}`, `${channels}`);
    compare(slot, "processors", maskText(map), maskText(processors));
    if (slot !== mover) offsets(slot, "in_offset", 0);
    // Readers may count rows and columns anew.
    const sizes = slot === mover ? in_dim.join("x") : `${in_dim[0] * in_dim[1]} pixels`;
    compare(slot, "in_dim", sizes, slot === mover ? `${height}x${columns}` : `${height * columns} pixels`);
    if (in_crop !== undefined) compare(slot, "in_crop", in_crop.join(", "), "left out");
  }
  for (const slot of [mover, adder]) {
    const map = slot.layer.values.output_processors ?? slot.following?.values.processors;
    compare(slot, "output_processors", maskText(map), maskText(processors));
  }
  return found;
}

const hexadecimal = (value: number): string => `0x${value.toString(16)}`;
const maskText = (mask: bigint | undefined): string => `0x${(mask ?? 0n).toString(16)}`;
