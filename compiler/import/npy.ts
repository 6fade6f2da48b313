import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { ByteReader, elementCount, readGuarded } from "./byte-reader.ts";
import type { ElementName, ElementType } from "./element-type.ts";
import { allExact, elementTypes, readElements } from "./element-type.ts";

/** One array of a `.npy` file, in C order. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly dtype: ElementName;
  /** Exact for every type: 64-bit integers beyond 2^53 are refused. */
  readonly data: Float64Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER_LIMIT_BYTES = 10_000;
const RANK_LIMIT = 32;

/** NumPy's letters: kind and size in bytes. */
const numpyTypes: Readonly<Record<string, ElementName>> = {
  b1: "bool",
  i1: "int8",
  u1: "uint8",
  i2: "int16",
  u2: "uint16",
  i4: "int32",
  u4: "uint32",
  i8: "int64",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
};

/**
 * Reads a `.npy` file: one record, or several written one after the other. An empty file
 * has no records. Fortran order and big-endian numbers are converted. Anything malformed gives one AI6101 error and no records.
 */
export function readNpyRecords(
  bytes: Uint8Array,
  fileName: string,
): { readonly records?: readonly NpyArray[]; readonly diagnostics: readonly Diagnostic[] } {
  const { value, diagnostics } = readGuarded(() => {
    const hint = "Write the file again with numpy.save(); it must hold plain numbers.";
    const reader = new ByteReader(bytes, fileName, "AI6101", hint);
    const records: NpyArray[] = [];
    let elements = 0;
    while (reader.remaining > 0) {
      const record = readRecord(reader, records.length);
      elements += record.data.length;
      elementCount(reader, [elements], "the file");
      records.push(record);
    }
    return records;
  });
  return value === undefined ? { diagnostics } : { records: value, diagnostics };
}

function readRecord(reader: ByteReader, index: number): NpyArray {
  const start = reader.position;
  if (reader.remaining < MAGIC.length || MAGIC.some((byte, i) => reader.bytes[start + i] !== byte)) {
    reader.fail(`no NumPy array starts at byte ${start}`);
  }
  reader.position += MAGIC.length;
  const header = readHeader(reader, index);
  const count = elementCount(reader, header.shape, `array ${index}`);
  const values = reader.take(count * header.type.bytes, `the numbers of array ${index}`);
  const data = header.fortran
    ? decodeFortran(values, header, count)
    : decode(values, header.type, header.littleEndian, count);
  if (!allExact(header.type, data)) {
    reader.fail(`array ${index} holds ${header.type.name} values beyond 2^53`);
  }
  return { shape: header.shape, dtype: header.type.name, data };
}

interface NpyHeader {
  readonly type: ElementType;
  readonly littleEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
}

/** The header is a Python dictionary in text form, with exactly three known keys. */
function readHeader(reader: ByteReader, index: number): NpyHeader {
  const major = reader.uint8("the version");
  const minor = reader.uint8("the version");
  if (major < 1 || major > 3) reader.fail(`NumPy format version ${major}.${minor} is unknown; 1.0 to 3.0 are read`);
  const length = major === 1 ? reader.uint16("the header length") : reader.uint32("the header length");
  if (length > HEADER_LIMIT_BYTES) reader.fail(`the header of array ${index} claims ${length} bytes`);
  const text = String.fromCharCode(...reader.take(length, `the header of array ${index}`));
  const descr = /'descr'\s*:\s*'([<>|=]?)([a-zA-Z]\d*)'/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(text);
  if (!descr || !order || !shape) {
    reader.fail(`the header of array ${index} is not one of a plain array: ${JSON.stringify(text.slice(0, 80))}`);
  }
  const name = numpyTypes[descr[2] as string];
  if (name === undefined) {
    reader.fail(`array ${index} has numbers of type '${descr[2]}'; known are ${Object.keys(numpyTypes).join(", ")}`);
  }
  return {
    type: elementTypes[name],
    littleEndian: descr[1] !== ">",
    fortran: order[1] === "True",
    shape: readShape(reader, shape[1] as string, index),
  };
}

function readShape(reader: ByteReader, text: string, index: number): number[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.at(-1) === "") parts.pop();
  const shape = parts.map((part) => (/^\d+L?$/.test(part) ? Number.parseInt(part, 10) : NaN));
  if (shape.length > RANK_LIMIT || shape.some((size) => !Number.isSafeInteger(size))) {
    reader.fail(`array ${index} has an unreadable shape: (${text.slice(0, 80)})`);
  }
  return shape;
}

function decode(bytes: Uint8Array, type: ElementType, littleEndian: boolean, count: number): Float64Array {
  return readElements(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), type, count, littleEndian);
}

/** Fortran order has the first index running fastest. */
function decodeFortran(bytes: Uint8Array, header: NpyHeader, count: number): Float64Array {
  const stored = decode(bytes, header.type, header.littleEndian, count);
  const data = new Float64Array(count);
  const index = header.shape.map(() => 0);
  for (let i = 0; i < count; i++) {
    let position = 0;
    for (const [axis, size] of header.shape.entries()) position = position * size + (index[axis] as number);
    data[position] = stored[i] as number;
    for (let axis = 0; axis < index.length; axis++) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (header.shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return data;
}

const writers: Readonly<
  Record<
    "int8" | "int32" | "int64" | "float32" | "float64",
    readonly [string, number, (v: DataView, o: number, x: number) => void]
  >
> = {
  int8: ["|i1", 1, (view, offset, value) => view.setInt8(offset, value)],
  int32: ["<i4", 4, (view, offset, value) => view.setInt32(offset, value, true)],
  int64: ["<i8", 8, (view, offset, value) => view.setBigInt64(offset, BigInt(value), true)],
  float32: ["<f4", 4, (view, offset, value) => view.setFloat32(offset, value, true)],
  float64: ["<f8", 8, (view, offset, value) => view.setFloat64(offset, value, true)],
};

/** One `.npy` record (version 1.0, C order, little endian); several may be joined into one file. */
export function writeNpy(
  shape: readonly number[],
  data: ArrayLike<number>,
  dtype: keyof typeof writers = "int64",
): Uint8Array {
  const [descr, bytes, write] = writers[dtype];
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // Magic, version and length take 10 bytes; numbers start at a multiple of 64.
  const start = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = `${dictionary.padEnd(start - 11)}\n`;
  const file = new Uint8Array(start + data.length * bytes);
  const view = new DataView(file.buffer);
  file.set([...MAGIC, 1, 0]);
  view.setUint16(8, header.length, true);
  file.set(new TextEncoder().encode(header), 10);
  for (let i = 0; i < data.length; i++) write(view, start + i * bytes, data[i] as number);
  return file;
}
