import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bitsOf,
  ceilDiv,
  countBits,
  firstBit,
  lastBit,
  maskOf,
  maskOfRange,
  passesOf,
  processorsPerPass,
  quadrantBits,
  roundUp,
} from "./geometry.ts";

const device = { processors: 64, processorsPerDataInstance: 4 };

describe("channel geometry", () => {
  it.each([
    [1, 1, 1],
    [21, 1, 21],
    [64, 1, 64],
    [65, 2, 36],
    [79, 2, 40],
    [96, 2, 48],
    [100, 2, 52],
    [126, 2, 64],
    [160, 3, 56],
    [288, 5, 60],
    [720, 12, 60],
    [1000, 16, 64],
    [1024, 16, 64],
  ])("%i channels: %i passes of %i processors", (channels, passes, processors) => {
    expect(passesOf(channels, device)).toBe(passes);
    expect(processorsPerPass(channels, device)).toBe(processors);
  });

  it("never leaves a pass without channels to process", () => {
    for (let channels = 1; channels <= 1024; channels++) {
      const room = passesOf(channels, device) * processorsPerPass(channels, device);
      expect(room).toBeGreaterThanOrEqual(channels);
    }
  });

  it("rounds up", () => {
    expect([roundUp(0, 4), roundUp(1, 4), roundUp(4, 4), ceilDiv(9, 4)]).toEqual([0, 4, 4, 3]);
  });
});

describe("processor masks", () => {
  const mask = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

  it("agree with the binary digits", () => {
    fc.assert(
      fc.property(mask, (value) => {
        const digits = value.toString(2);
        expect(countBits(value)).toBe([...digits].filter((digit) => digit === "1").length);
        expect(lastBit(value)).toBe(value === 0n ? -1 : digits.length - 1);
        expect(firstBit(value)).toBe(value === 0n ? -1 : digits.length - 1 - digits.lastIndexOf("1"));
        expect(maskOf(bitsOf(value))).toBe(value);
        const quadrants = [0, 1, 2, 3].map(
          (quadrant) => BigInt(quadrantBits(value, quadrant)) << BigInt(16 * quadrant),
        );
        expect(quadrants.reduce((sum, part) => sum | part, 0n)).toBe(value);
      }),
    );
  });

  it("build ranges", () => {
    expect(maskOfRange(4, 4)).toBe(0xf0n);
    expect(maskOfRange(0, 64)).toBe(0xffff_ffff_ffff_ffffn);
  });
});
