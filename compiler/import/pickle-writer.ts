import { invariant } from "../../dsl/diagnostic.ts";
import type { PickleValue } from "./pickle.ts";
import { isKind, ORDERED_DICTIONARY } from "./pickle.ts";

/** A pickle (protocol 2) of a value; `readPickle` gives the value back, and so does Python. */
export function writePickle(value: PickleValue): Uint8Array {
  const output: number[] = [0x80, 2];
  writeValue(output, value);
  output.push(0x2e);
  return Uint8Array.from(output);
}

const EMPTY_TUPLE = 0x29;
const MARK = 0x28;
const REDUCE = 0x52;

function writeValue(output: number[], value: PickleValue): void {
  if (value === null) output.push(0x4e);
  else if (typeof value === "boolean") output.push(value ? 0x88 : 0x89);
  else if (typeof value === "string") writeText(output, value);
  else if (typeof value === "number") writeNumber(output, value);
  else if (typeof value === "bigint") writeLong(output, value);
  else if (isKind(value, "class")) writeClass(output, value.name);
  else if (isKind(value, "tuple")) writeTuple(output, value.items);
  else if (isKind(value, "persistent")) {
    writeValue(output, value.id);
    output.push(0x51);
  } else if (isKind(value, "object")) {
    writeClass(output, value.constructor);
    writeTuple(output, value.args);
    output.push(REDUCE);
  } else if (isKind(value, "list")) {
    output.push(0x5d, MARK);
    for (const item of value.items) writeValue(output, item);
    output.push(0x65);
  } else {
    if (value.ordered) {
      writeClass(output, ORDERED_DICTIONARY);
      output.push(EMPTY_TUPLE, REDUCE);
    } else output.push(0x7d);
    output.push(MARK);
    for (const [key, item] of value.entries) {
      writeValue(output, key);
      writeValue(output, item);
    }
    output.push(0x75);
  }
}

function writeTuple(output: number[], items: readonly PickleValue[]): void {
  if (items.length === 0) {
    output.push(EMPTY_TUPLE);
    return;
  }
  output.push(MARK);
  for (const item of items) writeValue(output, item);
  output.push(0x74);
}

function writeText(output: number[], text: string): void {
  const bytes = new TextEncoder().encode(text);
  output.push(0x58, ...littleEndian(bytes.length));
  for (const byte of bytes) output.push(byte);
}

function writeNumber(output: number[], value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    if (Math.abs(value) < 2 ** 31) output.push(0x4a, ...littleEndian(value));
    else writeLong(output, BigInt(value));
    return;
  }
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, false);
  output.push(0x47, ...new Uint8Array(view.buffer));
}

/** Two's complement with as many bytes as needed. */
function writeLong(output: number[], value: bigint): void {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(Number(BigInt.asUintN(8, rest)));
    rest >>= 8n;
  } while (BigInt.asIntN(8 * bytes.length, value) !== value);
  invariant(bytes.length < 256, "integers of more than 255 bytes are not written");
  output.push(0x8a, bytes.length, ...bytes);
}

function writeClass(output: number[], name: string): void {
  output.push(0x63);
  for (const character of `${name.replace(" ", "\n")}\n`) output.push(character.charCodeAt(0));
}

const littleEndian = (value: number): readonly number[] => [
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  (value >> 24) & 255,
];
