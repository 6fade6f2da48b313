import type { Chip } from "./chip.ts";

/**
 * The snoop units watch one word of data memory and may make a link of NXTLYR conditional. The vendor does not
 * document them; this much follows from recorded programs: bit 0 of C1 enables a unit, bit 2 makes it skip to the
 * linked layer when the word at A1 equals D1. Other comparisons (ranges, counts) and actions are not modelled.
 */
const enableBit = 1 << 0;
const skipBit = 1 << 2;

/** Bits of A1 below the flag that selects data memory. */
const addressMask = 2 ** 21 - 1;

/** False when a snoop unit decides about links and has not seen its word. */
export function allowsLink({ registers, device, data }: Chip, master: number): boolean {
  if (!device.capabilities.snoop) return true;
  const value = (unit: number, register: string): number => registers.get(`SNP${unit}_${register}`, "value", master);
  const deciding = [1, 2].filter((unit) => (value(unit, "C1") & (enableBit | skipBit)) === (enableBit | skipBit));
  if (deciding.length === 0) return true;
  return deciding.some((unit) => data.words[value(unit, "A1") & addressMask] === value(unit, "D1"));
}
