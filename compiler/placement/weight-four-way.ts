import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { ceilDiv } from "../ir/geometry.ts";
import type { KernelLayout } from "./weight-layout.ts";
import { WORD_BYTES } from "./weight-layout.ts";

/** Words that hold every fourth output of a layer. */
const wordsPerQuarter = ({ passes, outputs, taps, bits }: KernelLayout): number =>
  ceilDiv(Math.floor((passes * outputs * taps * bits) / (8 * WORD_BYTES)), 4);

/**
 * Column of a word of a four-way layer: the first quarter of the words stands in the first memory instance, the next
 * one in the second, and so on, all at the same place. `start` counts words of all four. null: there is no such place.
 */
export function fourWayColumns(layout: KernelLayout, start: number, word: number, device: DeviceSpec): number | null {
  const { words, instanceWords, smallInstanceWords } = device.weightMemory;
  const [region, instance] = start < words ? [0, instanceWords] : [words, smallInstanceWords];
  const perQuarter = wordsPerQuarter(layout);
  const quarter = Math.floor(word / perQuarter);
  const column = (start - region) / 4 + (word % perQuarter);
  return quarter < 4 && column < instance ? region + quarter * instance + column : null;
}

/** The quarters of a layer begin at words, as they must. */
export const hasWholeQuarters = ({ passes, outputs, taps, bits }: KernelLayout): boolean =>
  outputs % 4 === 0 && ((outputs / 4) * passes * taps * bits) % (8 * WORD_BYTES) === 0;
