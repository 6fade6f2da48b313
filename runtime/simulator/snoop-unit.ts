import type { SnoopField } from "../../targets/index.ts";

/**
 * One snoop unit as its registers describe it. The vendor documents their names only; the rest is read off recorded
 * programs, whose descriptions say which words the layers write and what the units hold in the end. Everything those
 * programs do not show is unknown here.
 */
export interface SnoopUnit {
  readonly number: number;
  readonly actions: SnoopActions;
  /** What it waits for; a text says which setting no recorded program explains. */
  readonly watched: Watched | string;
}

/** C1, bits 1 to 5. */
export interface SnoopActions {
  /** Ends execution behind the layer. */
  readonly stops: boolean;
  /** Takes the link of the layer, which is not taken otherwise. */
  readonly links: boolean;
  /** ACC adds up values that match. */
  readonly sums: boolean;
  /** HIT counts them. */
  readonly hits: boolean;
  /** MAX holds the largest one, AM its address. */
  readonly largest: boolean;
}

export interface Watched {
  /** First and last word of data memory. */
  readonly addresses: readonly [number, number];
  /** Smallest and largest value. */
  readonly values: readonly [number, number];
  /** Byte of the word that is compared; null: all of it. */
  readonly byte: number | null;
  /** The only layer whose results are looked at; null: all. */
  readonly layer: number | null;
  /** Actions wait for a count between X1 and X2, too; of which matches is not known. */
  readonly counts: boolean;
}

/** Part of an address that says it is one of data memory. */
export const dataMemoryFlag = 2 ** 21;

/** Comparisons of addresses, values and counts, as C1 numbers them. */
const equal = 2;
const within = 5;
const nothing = 0;

/** C1, bits 28 to 31. */
const parts: ReadonlyMap<number, number | null> = new Map([
  [6, 3],
  [8, null],
]);

/** C2 without the bits that name a layer: matches decide at once; or a count has a say. */
const atOnce = 0x3000;
const byCount = 0x4000;
const onlyLayer = 0x200;
const layerMask = 0x7f;

const field = (word: number, lowest: number, width: number): number => (word >>> lowest) & (2 ** width - 1);

/** Reads a unit's registers; null where it is off. */
export function decodeUnit(number: number, register: (name: SnoopField) => number): SnoopUnit | null {
  const control = register("C1");
  const isOn = (bit: number): boolean => field(control, bit, 1) === 1;
  if (!isOn(0)) return null;
  const actions = { stops: isOn(1), links: isOn(2), sums: isOn(3), hits: isOn(4), largest: isOn(5) };
  return { number, actions, watched: decodeWatched(register) };
}

function decodeWatched(register: (name: SnoopField) => number): Watched | string {
  const [control, second] = [register("C1"), register("C2")];
  const [addresses, values, counts] = [field(control, 12, 4), field(control, 16, 4), field(control, 20, 4)];
  const byte = parts.get(field(control, 28, 4));
  // Recorded programs compare both alike, so that either part could be that of the addresses.
  const isRange = addresses === within;
  const isKnown =
    (isRange || addresses === equal) && values === addresses && field(control, 6, 6) === 0 && byte !== undefined;
  if (!isKnown || field(control, 24, 4) !== 2 || ![nothing, within].includes(counts)) {
    return `C1 of ${hex(control)} asks for an unknown comparison`;
  }
  const hasLayer = (second & onlyLayer) !== 0;
  const mode = (second & ~(hasLayer ? onlyLayer | layerMask : 0)) >>> 0;
  if (mode !== (counts === nothing ? atOnce : byCount)) return `C2 of ${hex(second)} has an unknown meaning`;
  const [first, last] = [register("A1"), isRange ? register("A2") : register("A1")];
  if (field(first, 21, 11) !== 1 || field(last, 21, 11) !== 1) return "its addresses are not those of data memory";
  return {
    addresses: [first - dataMemoryFlag, last - dataMemoryFlag],
    values: [register("D1"), isRange ? register("D2") : register("D1")],
    byte,
    layer: hasLayer ? second & layerMask : null,
    counts: counts !== nothing,
  };
}

/** The part of a word that a unit compares, without sign. */
export const comparedPart = ({ byte }: Watched, word: number): number =>
  byte === null ? word >>> 0 : field(word, 8 * byte, 8);

/** Whether a value lies in the range; null where that depends on whether it has a sign, which is not known. */
export function matches({ values: [least, largest], byte }: Watched, value: number): boolean | null {
  const plain = least <= value && value <= largest;
  if (least === largest) return plain;
  const signed = (number: number): number => (byte === null ? number | 0 : (number << 24) >> 24);
  return plain === (signed(least) <= signed(value) && signed(value) <= signed(largest)) ? plain : null;
}

const hex = (value: number): string => `0x${value.toString(16)}`;
