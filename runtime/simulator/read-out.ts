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
    words.forEach((word, i) => {
      const at = address + 4 * i;
      const actual = (machine.read32(at) & mask) >>> 0;
      const expected = (word & mask) >>> 0;
      if (actual !== expected) wrong.push({ address: at, expected, actual });
      unknown += unknownLanes(machine, at, mask);
    });
  }
  if (unknown > 0) machine.reportUnknown(`${unknown} bytes of the known answer were`);
  return wrong;
}

/** Bytes under the mask whose contents nobody can know. */
function unknownLanes(machine: Machine, address: number, mask: number): number {
  const target = memoryAt(machine.device, address);
  if (target?.kind !== "data") return 0;
  const first = (target.instance * machine.data.instanceWords + Math.floor(target.byte / 4)) * 4;
  return [0, 1, 2, 3].filter((lane) => (mask >>> (8 * lane)) & 0xff && machine.data.known[first + lane] !== 1).length;
}
