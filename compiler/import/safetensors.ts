import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { ByteReader, elementCount, readGuarded } from "./byte-reader.ts";
import type { ElementName } from "./element-type.ts";
import { allExact, elementTypes, readElements } from "./element-type.ts";

/** Named tensors and texts, as the safetensors format keeps them. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface SafetensorsTensor {
  readonly shape: readonly number[];
  readonly dtype: ElementName;
  /** C order, exact for every type. */
  readonly data: Float64Array;
}

const HEADER_LIMIT_BYTES = 2 ** 20;
const RANK_LIMIT = 32;

const typeNames: Readonly<Record<string, ElementName>> = {
  BOOL: "bool",
  I8: "int8",
  U8: "uint8",
  I16: "int16",
  U16: "uint16",
  I32: "int32",
  U32: "uint32",
  I64: "int64",
  U64: "uint64",
  F16: "float16",
  BF16: "bfloat16",
  F32: "float32",
  F64: "float64",
};

/**
 * Reads a `.safetensors` file: header length, JSON header, numbers. Anything malformed, overlapping or left over
 * gives one AI6103 error.
 */
export function readSafetensors(
  bytes: Uint8Array,
  fileName: string,
): { readonly file?: SafetensorsFile; readonly diagnostics: readonly Diagnostic[] } {
  const { value, diagnostics } = readGuarded(() => {
    const reader = new ByteReader(bytes, fileName, "AI6103", "Give a .safetensors file that was written completely.");
    const header = readHeader(reader);
    return readTensors(reader, header, reader.bytes.subarray(reader.position));
  });
  return value === undefined ? { diagnostics } : { file: value, diagnostics };
}

function readHeader(reader: ByteReader): object {
  const length = reader.length64("the header length");
  if (length > Math.min(HEADER_LIMIT_BYTES, reader.remaining)) {
    reader.fail(
      `the header claims ${length} bytes; ${reader.remaining} follow and at most ${HEADER_LIMIT_BYTES} are read`,
    );
  }
  const text = new TextDecoder().decode(reader.take(length, "the header"));
  const header = parseJson(text);
  if (!isRecord(header)) reader.fail("the header is no JSON object");
  const twice = repeatedKey(text);
  if (twice !== null) reader.fail(`the header names '${twice}' twice`);
  return header;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The first key that the outermost object of a valid JSON text has twice; JSON.parse would keep the last silently. */
function repeatedKey(text: string): string | null {
  const seen = new Set<string>();
  let depth = 0;
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && colon !== undefined) {
      const key = JSON.parse(token.slice(0, token.length - colon.length)) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return null;
}

function readTensors(reader: ByteReader, header: object, bytes: Uint8Array): SafetensorsFile {
  const metadata = new Map<string, string>();
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name !== "__metadata__") entries.push(readEntry(reader, name, value));
    else if (!isRecord(value)) reader.fail("the metadata is no JSON object of texts");
    else {
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== "string") reader.fail(`the metadata '${key}' is no text`);
        metadata.set(key, text);
      }
    }
  }
  checkCoverage(reader, entries, bytes.length);
  const elements = entries.reduce((sum, entry) => sum + entry.count, 0);
  elementCount(reader, [elements], "the file");
  const tensors = new Map(entries.map((entry) => [entry.name, readTensor(reader, entry, bytes)]));
  return { tensors, metadata };
}

interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: ElementName;
  readonly count: number;
  readonly start: number;
  readonly end: number;
}

function readEntry(reader: ByteReader, name: string, value: unknown): TensorEntry {
  if (!isRecord(value)) reader.fail(`the entry '${name}' is no JSON object`);
  const dtype =
    typeof value["dtype"] === "string" && Object.hasOwn(typeNames, value["dtype"])
      ? typeNames[value["dtype"]]
      : undefined;
  if (dtype === undefined) {
    const known = Object.keys(typeNames).join(", ");
    reader.fail(`'${name}' has numbers of type ${JSON.stringify(value["dtype"])?.slice(0, 40)}; known are ${known}`);
  }
  const shape = readLengths(value["shape"]);
  if (shape === null || shape.length > RANK_LIMIT) reader.fail(`'${name}' has an unreadable shape`);
  const offsets = readLengths(value["data_offsets"]);
  const [start, end] = offsets ?? [];
  if (offsets?.length !== 2 || start === undefined || end === undefined)
    reader.fail(`'${name}' has unreadable offsets`);
  const count = elementCount(reader, shape, `'${name}'`);
  if (end - start !== count * elementTypes[dtype].bytes) {
    reader.fail(`'${name}' has shape [${shape.join(", ")}] of ${dtype} but ${end - start} bytes`);
  }
  return { name, shape, dtype, count, start, end };
}

const isLength = (item: unknown): item is number => Number.isSafeInteger(item) && (item as number) >= 0;

function readLengths(value: unknown): number[] | null {
  return Array.isArray(value) && value.every(isLength) ? value : null;
}

/** Tensors must fill the file exactly: no overlap, no holes, nothing beyond the end. */
function checkCoverage(reader: ByteReader, entries: readonly TensorEntry[], length: number): void {
  let position = 0;
  for (const { name, start, end } of entries.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== position) reader.fail(`'${name}' starts at byte ${start} of the numbers; ${position} was expected`);
    position = end;
  }
  if (position !== length) reader.fail(`the tensors take ${position} bytes; the file has ${length}`);
}

function readTensor(reader: ByteReader, entry: TensorEntry, bytes: Uint8Array): SafetensorsTensor {
  const { name, shape, dtype, count, start } = entry;
  const type = elementTypes[dtype];
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, count * type.bytes);
  const data = readElements(view, type, count, true);
  if (!allExact(type, data)) reader.fail(`'${name}' holds integers beyond 2^53`);
  return { shape, dtype, data };
}

/** A tensor to write; numbers that do not fit the type wrap around as in a typed array. */
export interface SafetensorsOutput {
  readonly shape: readonly number[];
  readonly dtype: "int8" | "float32";
  readonly data: ArrayLike<number>;
}

/** A `.safetensors` file. The same tensors and metadata in the same order give the same bytes. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, SafetensorsOutput>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const header: [string, unknown][] = metadata.size > 0 ? [["__metadata__", Object.fromEntries(metadata)]] : [];
  let size = 0;
  for (const [name, { shape, dtype, data }] of tensors) {
    const end = size + data.length * elementTypes[dtype].bytes;
    header.push([name, { dtype: dtype === "int8" ? "I8" : "F32", shape, data_offsets: [size, end] }]);
    size = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Numbers start at a multiple of 8; spaces may end the header.
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(start + size).fill(0x20, 0, start);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(start - 8), true);
  file.set(json, 8);
  let position = start;
  for (const { dtype, data } of tensors.values()) {
    for (let i = 0; i < data.length; i++, position += elementTypes[dtype].bytes) {
      if (dtype === "int8") view.setInt8(position, data[i] as number);
      else view.setFloat32(position, data[i] as number, true);
    }
  }
  return file;
}
