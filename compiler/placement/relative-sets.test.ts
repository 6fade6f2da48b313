import { describe, expect, it } from "vitest";
import { RelativeSets } from "./relative-sets.ts";

describe("relative sets", () => {
  it("add up distances along chains", () => {
    const sets = new RelativeSets(4);
    expect(sets.link(0, 1, 4)).toBe(true);
    expect(sets.link(2, 3, -2)).toBe(true);
    expect(sets.link(1, 2, 10)).toBe(true);
    expect(sets.link(0, 3, 12)).toBe(true);
    expect(sets.groups()).toEqual([
      [
        { member: 0, position: 0 },
        { member: 1, position: 4 },
        { member: 2, position: 14 },
        { member: 3, position: 12 },
      ],
    ]);
  });

  it("refuse contradictions and stay as they were", () => {
    const sets = new RelativeSets(3);
    sets.link(0, 1, 8);
    sets.link(1, 2, 8);
    expect(sets.link(0, 2, 8)).toBe(false);
    expect(sets.link(2, 0, -16)).toBe(true);
  });

  it("count positions from the lowest member", () => {
    const sets = new RelativeSets(2);
    sets.link(0, 1, -12);
    expect(sets.groups()).toEqual([
      [
        { member: 0, position: 12 },
        { member: 1, position: 0 },
      ],
    ]);
  });
});
