import { inflateSync } from "fflate";
import type { ByteReader } from "./byte-reader.ts";
import { FILE_LIMIT_BYTES } from "./byte-reader.ts";

/** A file inside a zip archive, not unpacked yet. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Where its local header stands. */
  readonly offset: number;
}

const END_RECORD_BYTES = 22;
const COMMENT_LIMIT = 65535;
/** Deflate cannot expand more than this. */
const EXPANSION_LIMIT = 1032;
/** In a 32-bit field: the real value is in a zip64 extension. */
const ZIP64 = 0xffffffff;

/**
 * Lists the files of an archive from its central directory (local headers may lack sizes).
 * Fails on anything that contradicts itself, and when all files together would unpack to more than a limit.
 */
export function listZip(reader: ByteReader): ReadonlyMap<string, ZipEntry> {
  const end = findEndRecord(reader);
  reader.position = end + 10;
  const count = reader.uint16("the zip directory");
  const size = reader.uint32("the zip directory");
  const start = reader.uint32("the zip directory");
  if (start === ZIP64) reader.fail("zip64 archives are not supported");
  if (start + size > end) reader.fail(`the zip directory (${size} bytes at byte ${start}) lies outside of the file`);
  reader.position = start;
  const entries = new Map<string, ZipEntry>();
  let total = 0;
  for (let i = 0; i < count; i++) {
    const entry = readDirectoryEntry(reader);
    if (entries.has(entry.name)) reader.fail(`the zip archive has two files called '${entry.name}'`);
    entries.set(entry.name, entry);
    total += entry.bytes;
  }
  if (total > FILE_LIMIT_BYTES)
    reader.fail(`the zip archive unpacks to ${total} bytes; at most ${FILE_LIMIT_BYTES} are read`);
  return entries;
}

/** Contents of one file of the archive: length and checksum are verified. */
export function unzip(reader: ByteReader, entry: ZipEntry): Uint8Array {
  reader.position = entry.offset;
  if (reader.uint32("a zip header") !== 0x04034b50)
    reader.fail(`'${entry.name}' has no zip header at byte ${entry.offset}`);
  reader.position += 22;
  const nameLength = reader.uint16("a zip header");
  const extraLength = reader.uint16("a zip header");
  reader.take(nameLength + extraLength, "a zip header");
  const packed = reader.take(entry.packedBytes, `'${entry.name}'`);
  const contents = entry.method === 0 ? packed : inflate(reader, entry, packed);
  if (contents.length !== entry.bytes || crc32(contents) !== entry.crc) {
    reader.fail(`'${entry.name}' in the zip archive is damaged (its checksum does not match)`);
  }
  return contents;
}

function findEndRecord(reader: ByteReader): number {
  const { bytes } = reader;
  const last = bytes.length - END_RECORD_BYTES;
  for (let at = last; at >= Math.max(0, last - COMMENT_LIMIT); at--) {
    if (bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 5 && bytes[at + 3] === 6) return at;
  }
  return reader.fail("the zip archive has no end record: the file is cut off or damaged");
}

function readDirectoryEntry(reader: ByteReader): ZipEntry {
  const what = "the zip directory";
  if (reader.uint32(what) !== 0x02014b50) reader.fail(`the zip directory is damaged at byte ${reader.position - 4}`);
  reader.take(4, what);
  const flags = reader.uint16(what);
  const method = reader.uint16(what);
  reader.take(4, what);
  const crc = reader.uint32(what);
  const packedBytes = reader.uint32(what);
  const bytes = reader.uint32(what);
  const nameLength = reader.uint16(what);
  const skipped = reader.uint16(what) + reader.uint16(what);
  reader.take(8, what);
  const offset = reader.uint32(what);
  const name = new TextDecoder().decode(reader.take(nameLength, what));
  reader.take(skipped, what);
  if ((flags & 1) !== 0) reader.fail(`'${name}' in the zip archive is encrypted`);
  if (packedBytes === ZIP64 || bytes === ZIP64 || offset === ZIP64) reader.fail("zip64 archives are not supported");
  return { name, method, crc, packedBytes, bytes, offset };
}

function inflate(reader: ByteReader, entry: ZipEntry, packed: Uint8Array): Uint8Array {
  if (entry.method !== 8)
    reader.fail(`'${entry.name}' uses zip method ${entry.method}; stored and deflated files are read`);
  if (entry.bytes > EXPANSION_LIMIT * packed.length) {
    reader.fail(`'${entry.name}' claims to unpack from ${packed.length} to ${entry.bytes} bytes`);
  }
  try {
    return inflateSync(packed, { out: new Uint8Array(entry.bytes) });
  } catch {
    return reader.fail(`'${entry.name}' in the zip archive is damaged`);
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder >>> 0;
});

/** The checksum of zip files (polynomial 0x04c11db7, reflected). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ (crcTable[(crc ^ (bytes[i] as number)) & 255] as number);
  return (crc ^ 0xffffffff) >>> 0;
}
