import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largestMagnitude, Products } from "./products.ts";

/** Sums of products in whole numbers of any size. */
function plainSums(weights: Int8Array, taps: number, patches: Float64Array, pixels: number): number[] {
  return Array.from({ length: (weights.length / taps) * pixels }, (_, i) => {
    const [output, pixel] = [Math.floor(i / pixels), i % pixels];
    let sum = 0n;
    for (let tap = 0; tap < taps; tap++) {
      sum += BigInt(weights[output * taps + tap]!) * BigInt(patches[pixel * taps + tap]!);
    }
    return Number(sum);
  });
}

function sumsOf(weights: Int8Array, taps: number, patches: Float64Array, pixels: number): number[] {
  const sums = new Float64Array((weights.length / taps) * pixels);
  const even = new Float64Array(2 * Math.ceil(pixels / 2) * taps);
  even.set(patches);
  const products = new Products(weights, taps, largestMagnitude(Int32Array.from(patches)));
  products.addTo(sums, 0, { height: 1, width: pixels }, { values: even });
  return [...sums];
}

const between = (magnitude: number) =>
  fc.oneof(fc.constantFrom(-magnitude, magnitude - 1), fc.integer({ min: -magnitude, max: magnitude - 1 }));

describe("products", () => {
  it.each([128, 2 ** 15, 2 ** 18])("are exact for data up to %i, in as many parts as that takes", (magnitude) => {
    const cases = fc
      .record({ taps: fc.integer({ min: 1, max: 20 }), pixels: fc.integer({ min: 1, max: 5 }) })
      .chain(({ taps, pixels }) => {
        const values = fc.array(between(magnitude), { minLength: taps * pixels, maxLength: taps * pixels });
        const weights = fc
          .integer({ min: 1, max: 11 })
          .chain((outputs) => fc.array(between(128), { minLength: outputs * taps, maxLength: outputs * taps }));
        return fc.record({ taps: fc.constant(taps), pixels: fc.constant(pixels), values, weights });
      });
    fc.assert(
      fc.property(cases, ({ taps, pixels, values, weights }) => {
        const [rows, patches] = [Int8Array.from(weights), Float64Array.from(values)];
        expect(sumsOf(rows, taps, patches, pixels)).toEqual(plainSums(rows, taps, patches, pixels).map((x) => x + 0));
      }),
    );
  });

  it.each([-128, 127])("of more than 4096 bytes, all as large as they can be, are exact (%i)", (weight) => {
    const [taps, pixels] = [9216, 3];
    const weights = new Int8Array(2 * taps).fill(weight);
    const sums = sumsOf(weights, taps, new Float64Array(taps * pixels).fill(-128), pixels);
    expect(sums).toEqual(Array.from({ length: 6 }, () => taps * -128 * weight));
  });
});
