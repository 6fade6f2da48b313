import type { DeviceSpec } from "../../targets/accelerator/device.ts";

/**
 * Channel and processor arithmetic shared by every stage that knows about memory.
 * A processor map is a 64-bit mask as `bigint`: bit p stands for processor p.
 */

type ProcessorCounts = Pick<DeviceSpec, "processors" | "processorsPerDataInstance">;

export const ceilDiv = (value: number, divisor: number): number => Math.ceil(value / divisor);

export const roundUp = (value: number, multiple: number): number => ceilDiv(value, multiple) * multiple;

/** Times a layer goes over its processors to see all channels; one data word per pixel and pass. */
export const passesOf = (channels: number, device: ProcessorCounts): number => ceilDiv(channels, device.processors);

/** Processors used in every pass; with several passes whole data memory instances. */
export function processorsPerPass(channels: number, device: ProcessorCounts): number {
  const passes = passesOf(channels, device);
  if (passes <= 1) return channels;
  return Math.min(device.processors, roundUp(ceilDiv(channels, passes), device.processorsPerDataInstance));
}

/** Position of the lowest set bit; -1 for an empty mask. */
export function firstBit(mask: bigint): number {
  return lowestBit32(low32(mask), 0) ?? lowestBit32(high32(mask), 32) ?? -1;
}

/** Position of the highest set bit; -1 for an empty mask. */
export function lastBit(mask: bigint): number {
  const high = high32(mask);
  if (high !== 0) return 63 - Math.clz32(high);
  return 31 - Math.clz32(low32(mask));
}

export const countBits = (mask: bigint): number => countBits32(low32(mask)) + countBits32(high32(mask));

/** Positions of the set bits, ascending. */
export function bitsOf(mask: bigint): number[] {
  const bits: number[] = [];
  for (let position = 0, rest = mask; rest !== 0n; position++, rest >>= 1n) if (rest & 1n) bits.push(position);
  return bits;
}

export const maskOf = (bits: Iterable<number>): bigint => {
  let mask = 0n;
  for (const bit of bits) mask |= 1n << BigInt(bit);
  return mask;
};

/** `count` consecutive bits from `first` on. */
export const maskOfRange = (first: number, count: number): bigint => ((1n << BigInt(count)) - 1n) << BigInt(first);

const quadrantWidth = 16;

/** The 16 bits of one quadrant of 16 processors. */
export const quadrantBits = (mask: bigint, quadrant: number): number =>
  Number((mask >> BigInt(quadrant * quadrantWidth)) & 0xffffn);

const low32 = (mask: bigint): number => Number(mask & 0xffffffffn);
const high32 = (mask: bigint): number => Number((mask >> 32n) & 0xffffffffn);

function lowestBit32(word: number, base: number): number | null {
  return word === 0 ? null : base + 31 - Math.clz32(word & -word);
}

function countBits32(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}
