import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { KnownAnswerBlock, TensorLocation } from "../../targets/accelerator/program.ts";

/**
 * Where a result lies in data memory, written down a second time from the memory layout of the user guide:
 * tests compare generated code with this, not with the emitter's own arithmetic.
 */

export interface StoredTensor {
  readonly location: TensorLocation;
  /** values[channel][pixel], signed. */
  readonly values: readonly (readonly number[])[];
}

const pixelsOf = ({ location }: StoredTensor): number => location.height * location.width;

/** Address and byte lane of one element. */
function place(device: DeviceSpec, location: TensorLocation, channel: number, pixel: number) {
  const perPass = location.processors.length;
  const passes = Math.ceil(location.channels / perPass);
  const pass = Math.floor(channel / perPass);
  const processor = location.processors[channel % perPass] as number;
  const map = device.memoryMap;
  const instance =
    map.apbBase +
    map.quadrantRegisters +
    (processor >> 4) * map.quadrantStride +
    map.dataMemory +
    ((processor >> 2) & 3) * map.dataInstanceStride;
  const wordsPerValue = location.bits / 8;
  const word = (pixel * passes * wordsPerValue + pass * wordsPerValue) * (location.writeGap + 1);
  const base = instance + location.offset + 4 * word;
  return location.bits === 32
    ? { address: base + 4 * (processor & 3), lane: 0 }
    : { address: base, lane: processor & 3 };
}

/** Memory words (and masks of the bits in use) that hold the tensors. */
export function memoryOf(
  device: DeviceSpec,
  tensors: readonly StoredTensor[],
): Map<number, { word: number; mask: number }> {
  const memory = new Map<number, { word: number; mask: number }>();
  for (const tensor of tensors) {
    for (const [channel, values] of tensor.values.entries()) {
      for (const [pixel, value] of values.entries()) {
        const { address, lane } = place(device, tensor.location, channel, pixel);
        const bits = tensor.location.bits === 32 ? 0xffffffff : (0xff << (8 * lane)) >>> 0;
        const shifted = tensor.location.bits === 32 ? value >>> 0 : ((value & 0xff) << (8 * lane)) >>> 0;
        const old = memory.get(address) ?? { word: 0, mask: 0 };
        if ((old.mask & bits) !== 0) throw new Error(`two results at ${address.toString(16)}`);
        memory.set(address, { word: (old.word | shifted) >>> 0, mask: (old.mask | bits) >>> 0 });
      }
    }
  }
  return memory;
}

/** The memory words as known-answer blocks: equal masks and consecutive addresses together. */
export function knownAnswerOf(memory: ReadonlyMap<number, { word: number; mask: number }>): KnownAnswerBlock[] {
  const blocks: { address: number; mask: number; words: number[] }[] = [];
  for (const [address, { word, mask }] of [...memory].toSorted(([a], [b]) => a - b)) {
    const last = blocks.at(-1);
    if (last !== undefined && last.mask === mask && last.address + 4 * last.words.length === address)
      last.words.push(word);
    else blocks.push({ address, mask, words: [word] });
  }
  return blocks.map(({ words, ...block }) => ({ ...block, words: Uint32Array.from(words) }));
}

/** What cnn_unload() must deliver, from the tensors alone. */
export function deliveredWords(
  tensors: readonly StoredTensor[],
  narrowBytes: 1 | 2 = 1,
  scales: readonly number[] = tensors.map(() => 0),
): number[] {
  return tensors.flatMap((tensor, i) => {
    const factor = 2 ** (scales[i] as number);
    if (tensor.location.bits === 32) return wideOrder(tensor).map((value) => Math.floor(value * factor) >>> 0);
    return packed(
      tensor.values.flat().map((value) => Math.floor(value * factor)),
      narrowBytes,
    );
  });
}

/** Groups of four channels; in each, pixel after pixel, the group's channels side by side. */
function wideOrder(tensor: StoredTensor): number[] {
  const order: number[] = [];
  for (let first = 0; first < tensor.values.length; first += 4) {
    for (let pixel = 0; pixel < pixelsOf(tensor); pixel++) {
      for (const channel of tensor.values.slice(first, first + 4)) order.push(channel[pixel] as number);
    }
  }
  return order;
}

function packed(values: readonly number[], bytes: 1 | 2): number[] {
  const perWord = 4 / bytes;
  const mask = 2 ** (8 * bytes) - 1;
  return Array.from({ length: Math.ceil(values.length / perWord) }, (_, word) => {
    let packedWord = 0;
    for (let i = 0; i < perWord; i++) packedWord += ((values[word * perWord + i] ?? 0) & mask) * 2 ** (8 * bytes * i);
    return packedWord >>> 0;
  });
}

/** Random values of the location's width. */
export function randomTensor(location: TensorLocation, random: () => number): StoredTensor {
  const pixels = location.height * location.width;
  const value = (): number => (location.bits === 32 ? random() | 0 : (random() << 24) >> 24);
  return { location, values: Array.from({ length: location.channels }, () => Array.from({ length: pixels }, value)) };
}
