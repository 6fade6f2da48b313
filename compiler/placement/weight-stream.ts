import { ceilDiv } from "../ir/geometry.ts";
import type { KernelLayout } from "./weight-layout.ts";
import { WORD_BYTES } from "./weight-layout.ts";

/** What one processor keeps of a layer, in words counted from the layer's first one. */
export interface KernelImage {
  /** Nine bytes per word, most significant first. */
  readonly bytes: Uint8Array;
  /** Words that hold anything; the others are left to other layers. */
  readonly used: readonly boolean[];
  /** Position behind the last byte, in stream order. */
  readonly end: number;
}

/** Kernels of the processor with this rank among the layer's processors. */
export function kernelImage(layout: KernelLayout, rank: number): KernelImage {
  const stream = new ByteStream();
  if (layout.depthwise) writeDepthwise(layout, rank, stream);
  else writeDense(layout, rank, stream);
  return stream.finish();
}

/** Bytes in the order the hardware reads them: from the least significant byte of each word upward. */
class ByteStream {
  private bytes = new Uint8Array(64 * WORD_BYTES);
  private readonly used: boolean[] = [];
  private position = 0;

  put(byte: number): void {
    const word = Math.floor(this.position / WORD_BYTES);
    const index = (word + 1) * WORD_BYTES - 1 - (this.position % WORD_BYTES);
    if ((word + 1) * WORD_BYTES > this.bytes.length) this.grow();
    this.bytes[index] = byte;
    this.used[word] = true;
    this.position++;
  }

  putZeros(count: number): void {
    for (let i = 0; i < count; i++) this.put(0);
  }

  /** Leaves bytes as they are; those in a word that gets other bytes become zero. */
  skip(count: number): void {
    this.position += count;
    while (this.position > this.bytes.length) this.grow();
  }

  finish(): KernelImage {
    const words = ceilDiv(this.position, WORD_BYTES);
    const used = Array.from({ length: words }, (_, word) => this.used[word] ?? false);
    return { bytes: this.bytes.slice(0, words * WORD_BYTES), used, end: this.position };
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/**
 * Output slots in groups as wide as a byte has weights. In a group the kernels of each output follow by pass; as many
 * of them share their bytes, the first in the low bits. The taps of a kernel go from the last to the first.
 */
function writeDense(layout: KernelLayout, rank: number, stream: ByteStream): void {
  const { slots, perByte, outputs, outputPasses, taps, passes } = layout;
  const perPass = ceilDiv(slots.length / outputPasses, perByte);
  // A flattened layer has no bytes for outputs that do not exist, but one per slot where weights have 8 bits.
  const idle = layout.layer.flatten ? Math.floor(1 / perByte) : passes * Math.floor(taps / perByte);
  for (let group = 0; group < outputPasses * perPass; group++) {
    const members = slots.slice(group * perByte, (group + 1) * perByte);
    if (members.length > 0 && members.every((slot) => slot === null)) stream.skip(passes * taps);
    else if (members.some((slot) => slot !== null && slot < outputs)) writeGroup(layout, rank, members, stream);
    else if (!layout.fourWay) stream.putZeros(idle);
  }
}

function writeGroup(layout: KernelLayout, rank: number, members: readonly (number | null)[], stream: ByteStream): void {
  const { perByte, taps, bits, passes, outputs } = layout;
  const mask = 2 ** bits - 1;
  const existing = members.filter((slot) => slot === null || slot < outputs).length;
  const runs = layout.layer.flatten ? ceilDiv(existing * passes, perByte) : passes;
  for (let run = 0; run < runs; run++) {
    for (let tap = taps - 1; tap >= 0; tap--) {
      let byte = 0;
      for (let i = 0; i < perByte; i++) {
        const entry = run * perByte + i;
        const slot = members[Math.floor(entry / passes)] ?? null;
        if (slot === null || slot >= outputs) continue;
        byte |=
          (storedBits(layout, weightAt(layout, layout.outputAt(slot), entry % passes, rank, tap)) & mask) << (i * bits);
      }
      stream.put(byte);
    }
  }
}

/** Weight of a tap; zero for channels that do not exist. Passes of a flattened layer go through its pixels first. */
function weightAt(layout: KernelLayout, output: number, pass: number, rank: number, tap: number): number | null {
  const { weights, channels, taps, pixels, passes, processors } = layout;
  const inputPasses = passes / pixels;
  const channel = (pass % inputPasses) * processors.length + rank;
  if (channel >= channels) return null;
  const input = channel * pixels + Math.floor(pass / inputPasses);
  return weights.data[(output * channels * pixels + input) * taps + tap] ?? 0;
}

/** Every processor has the kernels of its own channels only, one per pass. */
function writeDepthwise(layout: KernelLayout, rank: number, stream: ByteStream): void {
  const { weights, channels, taps, perByte, bits, passes, processors } = layout;
  const mask = 2 ** bits - 1;
  for (let run = 0; run < passes; run++) {
    for (let tap = taps - 1; tap >= 0; tap--) {
      let byte = 0;
      for (let i = 0; i < perByte; i++) {
        const pass = run * perByte + i;
        const channel = pass * processors.length + rank;
        if (pass >= passes || channel >= channels) continue;
        byte |= (storedBits(layout, weights.data[channel * taps + tap] ?? 0) & mask) << (i * bits);
      }
      stream.put(byte);
    }
  }
}

/** Weights of +1 and -1 are stored as 0 and -1. */
const storedBits = ({ weights }: KernelLayout, value: number | null): number =>
  value === null ? 0 : weights.binary ? Math.min(value, 0) : value;
