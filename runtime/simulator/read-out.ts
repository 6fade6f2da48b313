import { dataAddress, type KnownAnswerBlock, type TensorLocation } from "../../targets/index.ts";
import { memoryAt } from "./bus.ts";
import type { Machine } from "./machine.ts";

/** Values of a tensor in data memory, [channel][row][column]. Elements that were never written are a problem. */
export function readOutput(machine: Machine, location: TensorLocation): Int32Array {
  const { channels, height, width, processors, bits } = location;
  const passes = Math.ceil(channels / processors.length);
  const pixels = height * width;
  const step = (bits / 8) * (location.writeGap + 1);
  const { known, words, bytes } = machine.data;
  const values = new Int32Array(channels * pixels);
  let missing = 0;
  for (let channel = 0; channel < channels; channel++) {
    const pass = Math.floor(channel / processors.length);
    const processor = processors[channel % processors.length] as number;
    const lane = processor % machine.device.processorsPerDataInstance;
    let to = channel * pixels;
    let word = dataWord(machine, processor, location.offset) + pass * step;
    for (const end = to + pixels; to < end; to++, word += passes * step) {
      const byte = 4 * (bits === 32 ? word + lane : word) + (bits === 32 ? 0 : lane);
      if (known[byte] !== 1) missing++;
      values[to] = bits === 32 ? (words[word + lane] as number) : (bytes[byte] as number);
    }
  }
  if (missing > 0) machine.reportUnknown(`${missing} of ${values.length} output values were`);
  return values;
}

function dataWord(machine: Machine, processor: number, byteOffset: number): number {
  const target = memoryAt(machine.device, dataAddress(machine.device, processor, byteOffset));
  if (target?.kind !== "data") throw new RangeError(`no data memory at byte offset ${byteOffset}`);
  return target.instance * machine.data.instanceWords + Math.floor(target.byte / 4);
}

export interface KnownAnswerMismatch {
  readonly address: number;
  readonly expected: number;
  readonly actual: number;
}

/** Words of data memory that differ from what is expected, under each block's mask. */
export function checkKnownAnswer(machine: Machine, blocks: readonly KnownAnswerBlock[]): KnownAnswerMismatch[] {
  const wrong: KnownAnswerMismatch[] = [];
  let unknown = 0;
  for (const { address, mask, words } of blocks) {
    const first = firstDataWord(machine, address, words.length);
    for (let i = 0; i < words.length; i++) {
      const at = address + 4 * i;
      const word = first === null ? machine.read32(at) : (machine.data.words[first + i] as number);
      const actual = (word & mask) >>> 0;
      const expected = ((words[i] as number) & mask) >>> 0;
      if (actual !== expected) wrong.push({ address: at, expected, actual });
      unknown += unknownLanes(machine, first === null ? firstDataWord(machine, at, 1) : first + i, mask);
    }
  }
  if (unknown > 0) machine.reportUnknown(`${unknown} bytes of the known answer were`);
  return wrong;
}

/** Flat index of the first of some words at consecutive addresses; null where they are not in one data memory instance. */
function firstDataWord(machine: Machine, address: number, count: number): number | null {
  const [first, last] = [address, address + 4 * (count - 1)].map((at) => memoryAt(machine.device, at));
  if (first?.kind !== "data" || last?.kind !== "data" || first.instance !== last.instance) return null;
  return first.instance * machine.data.instanceWords + Math.floor(first.byte / 4);
}

/** Bytes of a word under the mask whose contents nobody can know. */
function unknownLanes({ data }: Machine, word: number | null, mask: number): number {
  if (word === null) return 0;
  let unknown = 0;
  for (let lane = 0; lane < 4; lane++) {
    if (((mask >>> (8 * lane)) & 0xff) !== 0 && data.known[4 * word + lane] !== 1) unknown++;
  }
  return unknown;
}
