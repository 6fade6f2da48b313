import { weightAddress, weightWindow } from "../../targets/accelerator/address.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { BlockWriteOperation, BusOperation, WeightChunk } from "../../targets/accelerator/program.ts";

export interface WeightTransfer {
  /** Send bytes without gaps, the hardware sorts them into words; otherwise four bus words per weight word. */
  readonly express: boolean;
  /** Leave out words that are zero: memory was cleared before. */
  readonly skipZeroColumns: boolean;
}

const WORD_BYTES = 9;

/** Bus accesses that fill weight memory. */
export function weightOperations(
  chunks: readonly WeightChunk[],
  device: DeviceSpec,
  { express, skipZeroColumns }: WeightTransfer,
): BusOperation[] {
  const stored = skipZeroColumns ? chunks.flatMap(withoutZeros) : chunks;
  return stored.flatMap((chunk) => (express ? expressOperations(chunk, device) : [plainOperation(chunk, device)]));
}

/** Pieces of a chunk between words that are zero. */
function withoutZeros({ processor, column, bytes }: WeightChunk): WeightChunk[] {
  const pieces: WeightChunk[] = [];
  const words = bytes.length / WORD_BYTES;
  const isZero = (word: number) =>
    bytes.subarray(word * WORD_BYTES, (word + 1) * WORD_BYTES).every((byte) => byte === 0);
  for (let word = 0; word < words; word++) {
    if (isZero(word)) continue;
    let end = word + 1;
    while (end < words && !isZero(end)) end++;
    pieces.push({ processor, column: column + word, bytes: bytes.subarray(word * WORD_BYTES, end * WORD_BYTES) });
    word = end;
  }
  return pieces;
}

/** A byte write sets the position, then the bytes follow in words of four, most significant first. */
function expressOperations({ processor, column, bytes }: WeightChunk, device: DeviceSpec): BlockWriteOperation[] {
  const address = weightWindow(device, processor) + column * 4;
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  for (let i = 0; i < bytes.length; i++) {
    words[i >> 2] = (words[i >> 2] as number) | ((bytes[i] as number) << (24 - 8 * (i & 3)));
  }
  const label = `Weights of processor ${processor} from word ${column} on`;
  return [
    { kind: "block", address: address + 1, words: Uint32Array.of(1), width: 1, step: 1, label: "Set position" },
    { kind: "block", address, words, width: 4, step: 4, label },
  ];
}

/** Most significant byte, two times four bytes, and a zero that makes the word complete. */
function plainOperation({ processor, column, bytes }: WeightChunk, device: DeviceSpec): BlockWriteOperation {
  const count = bytes.length / WORD_BYTES;
  const words = new Uint32Array(count * 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let word = 0; word < count; word++) {
    const from = word * WORD_BYTES;
    words.set([view.getUint8(from), view.getUint32(from + 1), view.getUint32(from + 5), 0], word * 4);
  }
  const label = `Weights of processor ${processor} from word ${column} on`;
  return { kind: "block", address: weightAddress(device, processor, column), words, width: 4, step: 4, label };
}
