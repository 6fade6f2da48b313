import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FitProblem, Forbidden, Item } from "./first-fit.ts";
import { firstFit, fit, generator } from "./first-fit.ts";

const item = (size: number, fixed: number | null = null): Item => ({ size, fixed, weight: size });

/** Items that may never overlap. */
const apart = (items: readonly Item[], capacity: number): FitProblem => ({
  items,
  capacity,
  alignment: 4,
  between: (first, second) => [
    { low: -(items[second] as Item).size, high: (items[first] as Item).size, period: 0, residue: 0 },
  ],
});

describe("first fit", () => {
  it("takes the lowest gap", () => {
    const problem = apart([item(16, 0), item(16, 32), item(12), item(20)], 128);
    expect(firstFit(problem, [3, 2])).toEqual({ bases: [0, 32, 16, 48] });
  });

  it("says which item did not fit", () => {
    expect(firstFit(apart([item(40), item(40), item(44)], 120), [0, 1, 2])).toEqual({
      failed: 2,
      bases: [0, 40, null],
    });
    expect(firstFit(apart([item(40), item(40), item(40)], 120), [0, 1, 2])).toEqual({ bases: [0, 40, 80] });
  });

  it("interleaves items that only collide at every other word", () => {
    const collide: Forbidden = { low: -64, high: 64, period: 8, residue: 0 };
    const problem: FitProblem = {
      items: [item(64), item(64), item(64)],
      capacity: 200,
      alignment: 4,
      between: () => [collide],
    };
    expect(firstFit(problem, [0, 1, 2])).toEqual({ bases: [0, 4, 64] });
  });

  it("obeys rules about addresses", () => {
    const problem = {
      ...apart([item(16), item(16)], 100),
      addressRule: (index: number, base: number) => (index === 1 && base < 48 ? 48 : base),
    };
    expect(firstFit(problem, [0, 1])).toEqual({ bases: [0, 48] });
  });

  it("rounds up to aligned addresses", () => {
    const between = () => [{ low: -10, high: 10, period: 0, residue: 0 }];
    expect(firstFit({ items: [item(10), item(10)], capacity: 100, alignment: 4, between }, [0, 1])).toEqual({
      bases: [0, 12],
    });
  });
});

describe("fit", () => {
  it("finds an order where heaviest first fails", () => {
    // A and B meet, B and C meet, A and C do not; C is fixed in the middle.
    const items = [item(48), item(40), item(16, 48)];
    const meets = (a: number, b: number) => a + b !== 2;
    const problem: FitProblem = {
      ...apart(items, 104),
      between: (a, b) => (meets(a, b) ? apart(items, 104).between(a, b) : []),
    };
    const result = fit(problem);
    expect("failed" in result).toBe(false);
  });

  it("never lets items collide, and gives the same answer twice", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.integer(), (words, seed) => {
        const items = words.map((size) => item(size * 4));
        const random = generator(seed);
        const meet = items.map(() => items.map(() => random() < 0.5));
        const meets = (a: number, b: number) => meet[Math.min(a, b)]?.[Math.max(a, b)] === true;
        const base = apart(items, 600);
        const problem: FitProblem = { ...base, between: (a, b) => (meets(a, b) ? base.between(a, b) : []) };
        const result = fit(problem);
        expect(fit(problem)).toEqual(result);
        for (const [a, left] of result.bases.entries()) {
          for (const [b, right] of result.bases.entries()) {
            if (a === b || left === null || right === null || !meets(a, b)) continue;
            const sizeOf = (index: number) => (items[index] as Item).size;
            expect(left + sizeOf(a) <= right || right + sizeOf(b) <= left).toBe(true);
          }
        }
      }),
    );
  });

  it("fills a memory completely where that is possible", () => {
    const items = [item(64), item(32), item(32), item(16), item(112)];
    const result = fit(apart(items, 256));
    expect("failed" in result).toBe(false);
    expect("failed" in fit(apart(items, 252))).toBe(true);
  });
});

it("random numbers repeat", () => {
  const [a, b] = [generator(7), generator(7)];
  const numbers = Array.from({ length: 100 }, () => a());
  expect(numbers).toEqual(Array.from({ length: 100 }, () => b()));
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(new Set(numbers).size).toBe(100);
});
