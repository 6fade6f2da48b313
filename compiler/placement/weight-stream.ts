import { ceilDiv } from "../ir/geometry.ts";
import type { KernelLayout } from "./weight-layout.ts";
import { WORD_BYTES } from "./weight-layout.ts";

/** What one processor keeps of a layer, in words counted from the layer's first one. */
export interface KernelImage {
  /** Nine bytes per word, most significant first. */
  readonly bytes: Uint8Array;
  /** 1 for words that hold anything; the others are left to other layers. */
  readonly used: Uint8Array;
  /** Position behind the last byte, in stream order. */
  readonly end: number;
}

/** Kernels of every processor of a layer, by its rank among them. */
export function kernelImages(layout: KernelLayout): KernelImage[] {
  const groups = layout.depthwise ? [] : groupsOf(layout);
  return layout.processors.map((_, rank) => {
    const stream = new ByteStream();
    if (layout.depthwise) writeDepthwise(layout, rank, stream);
    else writeDense(layout, rank, groups, stream);
    return stream.finish();
  });
}

/** Bytes in the order the hardware reads them: from the least significant byte of each word upward. */
class ByteStream {
  private bytes = new Uint8Array(64 * WORD_BYTES);
  private used = new Uint8Array(64);
  private position = 0;

  put(byte: number): void {
    const lane = this.position % WORD_BYTES;
    const start = this.position - lane;
    if (start === this.bytes.length) this.grow();
    this.bytes[start + WORD_BYTES - 1 - lane] = byte;
    this.used[start / WORD_BYTES] = 1;
    this.position++;
  }

  /** Weights of eight bits from the last of `count` to the first. */
  putReversed(weights: Int8Array, first: number, count: number): void {
    for (let i = first + count - 1; i >= first; i--) this.put(weights[i] as number);
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
    const bytes = this.bytes.slice(0, words * WORD_BYTES);
    return { bytes, used: this.used.slice(0, words), end: this.position };
  }

  private grow(): void {
    const [bytes, used] = [this.bytes, this.used];
    this.bytes = new Uint8Array(bytes.length * 2);
    this.bytes.set(bytes);
    this.used = new Uint8Array(used.length * 2);
    this.used.set(used);
  }
}

/** Output slots whose weights share bytes. */
interface Group {
  /** skip: only processors that are left out; idle: only outputs that do not exist. */
  readonly kind: "kernels" | "skip" | "idle";
  /** Outputs in the order of the bits of a byte; null: none. */
  readonly outputs: readonly (number | null)[];
  /** Members that take room, whether or not they hold anything. */
  readonly existing: number;
}

/** Output slots in groups as wide as a byte has weights. */
function groupsOf({ slots, perByte, outputs, outputPasses, outputAt }: KernelLayout): Group[] {
  const perPass = ceilDiv(slots.length / outputPasses, perByte);
  return Array.from({ length: outputPasses * perPass }, (_, group): Group => {
    const members = slots.slice(group * perByte, (group + 1) * perByte);
    const isOutput = (slot: number | null) => slot !== null && slot < outputs;
    const isLeftOut = members.length > 0 && members.every((slot) => slot === null);
    return {
      kind: isLeftOut ? "skip" : members.some(isOutput) ? "kernels" : "idle",
      outputs: members.map((slot) => (slot === null || slot >= outputs ? null : outputAt(slot))),
      existing: members.filter((slot) => slot === null || slot < outputs).length,
    };
  });
}

/**
 * In a group the kernels of each output follow by pass; as many of them share their bytes, the first in the low bits.
 * The taps of a kernel go from the last to the first.
 */
function writeDense(layout: KernelLayout, rank: number, groups: readonly Group[], stream: ByteStream): void {
  const { perByte, taps, passes, pixels, channels, processors, weights } = layout;
  const { flatten } = layout.layer;
  // A flattened layer has no bytes for outputs that do not exist, but one per slot where weights have 8 bits.
  const idle = flatten ? Math.floor(1 / perByte) : passes * Math.floor(taps / perByte);
  const inputPasses = passes / pixels;
  /** First weight of a kernel; -1 for channels that do not exist. Passes of a flattened layer go through its pixels first. */
  const kernelAt = (output: number, pass: number): number => {
    const channel = (pass % inputPasses) * processors.length + rank;
    if (channel >= channels) return -1;
    return ((output * channels + channel) * pixels + Math.floor(pass / inputPasses)) * taps;
  };
  const sharing = new Int32Array(perByte);
  for (const { kind, outputs, existing } of groups) {
    if (kind === "skip") stream.skip(passes * taps);
    else if (kind === "idle") stream.putZeros(layout.fourWay ? 0 : idle);
    else {
      const runs = flatten ? ceilDiv(existing * passes, perByte) : passes;
      for (let run = 0; run < runs; run++) {
        for (let i = 0; i < perByte; i++) {
          const entry = run * perByte + i;
          const output = outputs[Math.floor(entry / passes)] ?? null;
          sharing[i] = output === null ? -1 : kernelAt(output, entry % passes);
        }
        const first = sharing[0] as number;
        if (perByte > 1) for (let tap = taps - 1; tap >= 0; tap--) stream.put(sharedByte(layout, sharing, tap));
        else if (first < 0) stream.putZeros(taps);
        else stream.putReversed(weights.data, first, taps);
      }
    }
  }
}

/** The same tap of kernels that share their bytes; weights of +1 and -1 are stored as 0 and -1. */
function sharedByte({ weights, bits, perByte }: KernelLayout, kernels: Int32Array, tap: number): number {
  const mask = 2 ** bits - 1;
  let byte = 0;
  for (let i = 0; i < perByte; i++) {
    const kernel = kernels[i] as number;
    if (kernel < 0) continue;
    const weight = weights.data[kernel + tap] ?? 0;
    byte |= ((weights.binary ? Math.min(weight, 0) : weight) & mask) << (i * bits);
  }
  return byte;
}

/** Every processor has the kernels of its own channels only, one per pass. */
function writeDepthwise(layout: KernelLayout, rank: number, stream: ByteStream): void {
  const { channels, taps, perByte, passes, processors } = layout;
  const kernels = new Int32Array(perByte);
  for (let run = 0; run < passes; run++) {
    for (let i = 0; i < perByte; i++) {
      const pass = run * perByte + i;
      const channel = pass * processors.length + rank;
      kernels[i] = pass >= passes || channel >= channels ? -1 : channel * taps;
    }
    for (let tap = taps - 1; tap >= 0; tap--) stream.put(sharedByte(layout, kernels, tap));
  }
}
