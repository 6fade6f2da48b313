/**
 * Addresses for items that may not coincide. The forbidden distances between two items say everything about live
 * ranges, shared memories and gaps, so this file knows none of them.
 */
export interface Item {
  /** Bytes from the item's base to its end. */
  readonly size: number;
  /** Set by a pin: the item stands here. */
  readonly fixed: number | null;
  /** Later in first-fit order when smaller. */
  readonly weight: number;
}

/** `second` may not lie at base(first) + d for any d with low < d < high; with a period, only where d % period == residue. */
export interface Forbidden {
  readonly low: number;
  readonly high: number;
  readonly period: number;
  readonly residue: number;
}

/** Distances that item `second` may not have from item `first`; empty when they never meet. */
export type ForbiddenBetween = (first: number, second: number) => readonly Forbidden[];

/** Rules about addresses rather than distances: the next address worth a try for `item`, or `base` when it may stay. */
export type AddressRule = (item: number, base: number, bases: readonly (number | null)[]) => number;

export interface FitProblem {
  readonly items: readonly Item[];
  readonly between: ForbiddenBetween;
  readonly addressRule?: AddressRule;
  readonly capacity: number;
  readonly alignment: number;
}

export type FitResult = { readonly bases: number[] } | { readonly failed: number; readonly bases: (number | null)[] };

/** Puts the items, in the given order, at the lowest address that every earlier one allows. */
export function firstFit(problem: FitProblem, order: readonly number[]): FitResult {
  const bases: (number | null)[] = problem.items.map((item) => item.fixed);
  for (const index of order) {
    const item = problem.items[index] as Item;
    if (item.fixed !== null) continue;
    const base = lowestAddress(problem, bases, index);
    if (base + item.size > problem.capacity) return { failed: index, bases };
    bases[index] = base;
  }
  return { bases: bases as number[] };
}

function lowestAddress(problem: FitProblem, bases: readonly (number | null)[], index: number): number {
  const ranges: (Forbidden & { readonly origin: number })[] = [];
  for (const [other, origin] of bases.entries()) {
    if (origin === null || other === index) continue;
    for (const forbidden of problem.between(other, index)) {
      if (origin + forbidden.high > 0) ranges.push({ ...forbidden, origin });
    }
  }
  let base = 0;
  for (let moved = true; moved;) {
    moved = false;
    for (const range of ranges) {
      const next = allowedFrom(range, base, problem.alignment);
      if (next > problem.capacity) return next;
      if (next !== base) moved = true;
      base = next;
    }
    const ruled = problem.addressRule?.(index, base, bases) ?? base;
    if (ruled > problem.capacity) return ruled;
    if (ruled !== base) moved = true;
    base = ruled;
  }
  return base;
}

/** The first aligned address at or above `base` that the range does not forbid. */
function allowedFrom(range: Forbidden & { readonly origin: number }, base: number, alignment: number): number {
  const low = range.origin + range.low;
  const high = range.origin + range.high;
  let address = base;
  while (address > low && address < high && sameResidue(address - range.origin, range)) {
    address = range.period > alignment ? address + alignment : Math.ceil(high / alignment) * alignment;
  }
  return address;
}

const sameResidue = (distance: number, range: Forbidden): boolean =>
  range.period <= 1 || (((distance - range.residue) % range.period) + range.period) % range.period === 0;

/**
 * Tries first fit in several orders: heaviest first; then, again and again, with the item that did not fit moved
 * to the front; then with random exchanges. The same problem always gives the same answer.
 */
export function fit(problem: FitProblem, attempts = 60): FitResult {
  const byWeight = problem.items
    .map((_, index) => index)
    .toSorted((a, b) => (problem.items[b] as Item).weight - (problem.items[a] as Item).weight || a - b);
  let order = byWeight;
  let best = firstFit(problem, order);
  let bestPlaced = placedCount(best);
  const random = generator(0x9e3779b9);
  for (let attempt = 0; attempt < attempts && "failed" in best; attempt++) {
    const candidate = attempt % 3 < 2 ? movedToFront(order, best.failed) : exchanged(order, random);
    const result = firstFit(problem, candidate);
    if (!("failed" in result)) return result;
    const placed = placedCount(result);
    if (placed >= bestPlaced) {
      [order, best, bestPlaced] = [candidate, result, placed];
    } else if (attempt % 3 < 2) {
      order = exchanged(order, random);
    }
  }
  return best;
}

const placedCount = (result: FitResult): number => result.bases.filter((base) => base !== null).length;

const movedToFront = (order: readonly number[], item: number): number[] => [
  item,
  ...order.filter((other) => other !== item),
];

function exchanged(order: readonly number[], random: () => number): number[] {
  const result = [...order];
  const a = Math.floor(random() * result.length);
  const b = Math.floor(random() * result.length);
  [result[a], result[b]] = [result[b] as number, result[a] as number];
  return result;
}

/** Small repeatable generator of numbers in [0, 1) (xorshift). */
export function generator(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
