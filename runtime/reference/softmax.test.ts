import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { vectors, vectorsPresent } from "../../test/golden/arithmetic-vectors.ts";
import { percentOf, softmax } from "./softmax.ts";

describe("softmax", () => {
  it.each([
    [[0, 0], 0, [16384, 16384], ["50.0", "50.0"]],
    [[16384, 0], 0, [21845, 10922], ["66.7", "33.3"]],
    [[8192, 0], 0, [16384, 16384], ["50.0", "50.0"]],
    [[1000, -2000, 3000, 500], 4, [5349, 668, 21399, 5349], ["16.3", "2.0", "65.3", "16.3"]],
    [[416616, 93377], 0, [32767, 0], ["100.0", "0.0"]],
    [[262144, 0], 0, [32767, 0], ["100.0", "0.0"]],
  ])("of %j shifted by %i is %j", (scores, shift, expected, percent) => {
    const probabilities = softmax(scores, shift);
    expect(probabilities).toEqual(expected);
    expect(probabilities.map(percentOf)).toEqual(percent);
  });

  it("ignores a common offset and keeps the order", () => {
    const scores = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(scores, fc.integer({ min: -1_000_000, max: 1_000_000 }), (values, offset) => {
        const result = softmax(values, 0);
        expect(
          softmax(
            values.map((value) => value + offset),
            0,
          ),
        ).toEqual(result);
        const highest = values.indexOf(Math.max(...values));
        expect(Math.max(...result)).toBe(result[highest]);
        expect(result.reduce((sum, probability) => sum + probability, 0)).toBeLessThanOrEqual(32768);
      }),
    );
  });
});

describe.skipIf(!vectorsPresent)(
  vectorsPresent ? "recorded softmax" : "recorded softmax (skipped: no shared data)",
  () => {
    it("is there", () => expect(vectors.softmax).toHaveLength(12));

    it.each(vectors.softmax)("$note", ({ input, shift, output, percent }) => {
      const probabilities = softmax(input, shift);
      expect(probabilities).toEqual(output);
      expect(probabilities.map(percentOf)).toEqual(percent);
    });
  },
);
