import type { Network } from "../ir/network.ts";
import { registerPositions, type NetworkSequence, type UnloadItem } from "../ir/network-sequence.ts";
import { snoopOf } from "../passes/snoop-values.ts";

/** A value as it is written: text, or objects and lists of such values. */
export type SourceValue = string | readonly SourceValue[] | { readonly [key: string]: SourceValue };

/** What a model says beside its input: `sequence`, `snoop` and `unload`, where it says anything. */
export function orderSettings(network: Network, names: readonly string[]): Readonly<Record<string, SourceValue>> {
  const { sequence, unload } = network;
  const order = sequence === undefined ? {} : sequenceSettings(network, sequence, names);
  return {
    ...(Object.keys(order).length === 0 ? {} : { sequence: order }),
    ...(sequence?.snoop == null ? {} : { snoop: snoopSettings(sequence.snoop) }),
    ...(unload === undefined ? {} : { unload: unload.map((item) => unloadSettings(item, network, names)) }),
  };
}

function sequenceSettings(
  network: Network,
  { onSnoop, simulated }: NetworkSequence,
  names: readonly string[],
): Readonly<Record<string, SourceValue>> {
  const positions = registerPositions(network);
  const nameOf = (index: number): string => names[index] as string;
  const next = positions.flatMap((position, index): (readonly [string, string])[] => {
    const following = positions[index + 1];
    if (following === position + 1 || (following === undefined && position === positions.length - 1)) return [];
    return [[nameOf(index), JSON.stringify(following === undefined ? "stop" : nameOf(index + 1))]];
  });
  const links = onSnoop.map(({ layer, next: to }) => [nameOf(layer), JSON.stringify(nameOf(to))] as const);
  return {
    ...(positions[0] === 0 ? {} : { start: JSON.stringify(nameOf(0)) }),
    ...(next.length === 0 ? {} : { next: Object.fromEntries(next) }),
    ...(links.length === 0 ? {} : { onSnoop: Object.fromEntries(links) }),
    ...(simulated === null ? {} : { simulated: simulated.map((index) => JSON.stringify(nameOf(index))) }),
  };
}

function snoopSettings(values: readonly number[]): SourceValue {
  const text = (fields: object): SourceValue =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]: [string, unknown]) => [
        key,
        typeof value === "number" ? hexadecimal(value) : text(value as object),
      ]),
    );
  return text(snoopOf(values));
}

const hexadecimal = (value: number): string => (value < 10 ? `${value}` : `0x${value.toString(16)}`);

function unloadSettings(item: UnloadItem, { layers }: Network, names: readonly string[]): SourceValue {
  if (item.kind === "tensor") {
    const { channels = 0, height = 0 } = layers[item.layer]?.output ?? {};
    const part = ([first, end]: readonly [number, number], size: number): readonly string[] | null =>
      first === 0 && end === size ? null : [`${first}`, `${end}`];
    const [some, rows] = [part(item.channels, channels), part(item.rows, height)];
    return {
      tensor: JSON.stringify(names[item.layer]),
      ...(some === null ? {} : { channels: some }),
      ...(rows === null ? {} : { rows }),
    };
  }
  const { name, processors, channels, height, width, offset, writeGap, bits } = item;
  return {
    name: JSON.stringify(name),
    processors: `0x${processors.toString(16)}n`,
    channels: `${channels}`,
    height: `${height}`,
    ...(width === 1 ? {} : { width: `${width}` }),
    offset: `0x${offset.toString(16).padStart(4, "0")}`,
    ...(writeGap === 0 ? {} : { writeGap: `${writeGap}` }),
    ...(bits === 8 ? {} : { bits: `${bits}` }),
  };
}

/** Lines of `key: value,` that fit `width` columns behind `indent` of them; what does not fit is spread. */
export function settingLines(key: string, value: SourceValue, indent: number, width: number): string[] {
  return spread(`${key}: `, value, indent, width);
}

function spread(opening: string, value: SourceValue, indent: number, width: number): string[] {
  const single = `${opening}${valueText(value)},`;
  if (typeof value === "string" || indent + single.length <= width) return [single];
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const parts = Array.isArray(value)
    ? (value as readonly SourceValue[]).map((item) => ["", item] as const)
    : Object.entries(value).map(([key, item]) => [`${key}: `, item as SourceValue] as const);
  const inner = parts.flatMap(([start, item]) => spread(start, item, indent + indentStep, width));
  return [`${opening}${open}`, ...inner.map((line) => " ".repeat(indentStep) + line), `${close},`];
}

const indentStep = 2;

function valueText(value: SourceValue): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${(value as readonly SourceValue[]).map(valueText).join(", ")}]`;
  const entries = Object.entries(value).map(([key, item]) => `${key}: ${valueText(item as SourceValue)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}
