import type { DeviceSpec } from "../../targets/accelerator/device.ts";

/**
 * Where the values of a tensor lie in data memory, from the rules of the vendor's documents: an independent witness of
 * the compiler's packing, the simulator's and the generated C's unloading.
 */
export interface StoredTensor {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** One bit per processor. */
  readonly processors: bigint;
  /** Bytes inside every data memory instance. */
  readonly offset: number;
  /** Words left free behind each word (8 bits) or each four words (32 bits). */
  readonly writeGap: number;
  readonly bits: 8 | 32;
}

/** Byte address of `offset` in the memory instance of a processor: four processors share one, four of those a quadrant. */
export function memoryAddress({ memoryMap: map }: DeviceSpec, processor: number, offset: number): number {
  const registers = map.apbBase + map.quadrantRegisters + (processor >> 4) * map.quadrantStride;
  return registers + map.dataMemory + ((processor >> 2) & 3) * map.dataInstanceStride + offset;
}

export interface ValuePlace {
  /** Of the 32-bit word. */
  readonly address: number;
  /** Byte of the word, 0 is the least significant; 32-bit values take the whole word. */
  readonly lane: number;
}

/** Passes over the processors that all channels take, and channels of one pass. */
export function turns(channels: number): { readonly passes: number; readonly perPass: number } {
  const passes = Math.ceil(channels / 64);
  if (passes === 1) return { passes, perPass: channels };
  return { passes, perPass: Math.min(64, 4 * Math.ceil(Math.ceil(channels / passes) / 4)) };
}

/** Place of every value, [channel][pixel]. */
export function placesOf(tensor: StoredTensor, device: DeviceSpec): readonly (readonly ValuePlace[])[] {
  const { passes, perPass } = turns(tensor.channels);
  const processors: number[] = [];
  for (let processor = 0; processor < 64; processor++) {
    if ((tensor.processors >> BigInt(processor)) & 1n) processors.push(processor);
  }
  const words = tensor.bits / 8;
  return Array.from({ length: tensor.channels }, (_, channel) => {
    const pass = Math.floor(channel / perPass);
    const processor = processors[channel % perPass] as number;
    const before = processors.filter((other) => other < processor && other >> 2 === processor >> 2).length;
    return Array.from({ length: tensor.height * tensor.width }, (__, pixel): ValuePlace => {
      const word = (pixel * passes + pass) * words * (tensor.writeGap + 1) + (tensor.bits === 32 ? before : 0);
      const address = memoryAddress(device, processor, tensor.offset + 4 * word);
      return { address, lane: tensor.bits === 32 ? 0 : processor & 3 };
    });
  });
}

/** The values, [channel][row][column], from words of memory. */
export function unpackTensor(
  tensor: StoredTensor,
  device: DeviceSpec,
  readWord: (address: number) => number,
): Int32Array {
  const places = placesOf(tensor, device).flat();
  const value = ({ address, lane }: ValuePlace) =>
    tensor.bits === 32 ? readWord(address) | 0 : (readWord(address) << (24 - 8 * lane)) >> 24;
  return Int32Array.from(places, value);
}
