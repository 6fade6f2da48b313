import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convolveDepthwise, convolveFull, type ConvolutionShape } from "./convolve.ts";
import type { Planes } from "./gather.ts";

/** Sum by sum, as the definition of a convolution says. */
function plainSums(planes: Planes, weights: Int8Array, outputs: number, shape: ConvolutionShape, depthwise: boolean) {
  const { kernelRows, kernelColumns, rows, columns } = shape;
  const taps = kernelRows * kernelColumns;
  const sums: number[] = [];
  for (let output = 0; output < outputs; output++) {
    for (let pixel = 0; pixel < rows * columns; pixel++) {
      let sum = 0;
      for (let plane = depthwise ? output : 0; plane < (depthwise ? output + 1 : planes.count); plane++) {
        for (let tap = 0; tap < taps; tap++) {
          const row = Math.floor(pixel / columns) + Math.floor(tap / kernelColumns);
          const column = (pixel % columns) + (tap % kernelColumns);
          const weight = weights[(depthwise ? output : output * planes.count + plane) * taps + tap]!;
          sum += weight * planes.data[(plane * planes.rows + row) * planes.columns + column]!;
        }
      }
      sums.push(sum);
    }
  }
  return sums;
}

const size = (max: number) => fc.integer({ min: 1, max });
/** Bytes, the extreme ones often: sums must be exact also where they are largest. */
const bytes = (count: number) =>
  fc
    .array(fc.oneof(fc.constantFrom(-128, 127), fc.integer({ min: -128, max: 127 })), {
      minLength: count,
      maxLength: count,
    })
    .map((values) => Int8Array.from(values));

const cases = fc
  .record({
    count: size(6),
    outputs: size(9),
    kernelRows: size(3),
    kernelColumns: size(3),
    rows: size(5),
    columns: size(5),
  })
  .chain((sizes) => {
    const { count, outputs, kernelRows, kernelColumns, rows, columns } = sizes;
    const plane = (rows + kernelRows - 1) * (columns + kernelColumns - 1);
    return fc.record({
      sizes: fc.constant(sizes),
      data: bytes(count * plane),
      weights: bytes(Math.max(outputs, 1) * count * kernelRows * kernelColumns),
    });
  });

describe("sums of the simulator", () => {
  it("are those of the definition", () => {
    fc.assert(
      fc.property(cases, ({ sizes, data, weights }) => {
        const { count, outputs, kernelRows, kernelColumns, rows, columns } = sizes;
        const shape = { kernelRows, kernelColumns, rows, columns };
        const planes = {
          count,
          rows: rows + kernelRows - 1,
          columns: columns + kernelColumns - 1,
          data,
          unknown: null,
        };
        const taps = kernelRows * kernelColumns;
        const full = convolveFull(planes, { outputs, taps, data: weights, unknown: new Set() }, shape);
        expect([...full.values]).toEqual(plainSums(planes, weights, outputs, shape, false));
        const own = weights.subarray(0, count * taps);
        const depthwise = convolveDepthwise(planes, { outputs: 1, taps, data: own, unknown: new Set() }, shape);
        expect([...depthwise.values]).toEqual(plainSums(planes, own, count, shape, true));
      }),
      { numRuns: 200 },
    );
  });

  it.each([-128, 127])("hold more weights than two sums in one number allow, all %i", (value) => {
    const shape = { kernelRows: 3, kernelColumns: 3, rows: 2, columns: 2 };
    const planes = { count: 1000, rows: 4, columns: 4, data: new Int8Array(16000).fill(-128), unknown: null };
    const weights = new Int8Array(3 * 9000).fill(value);
    const { values } = convolveFull(planes, { outputs: 3, taps: 9, data: weights, unknown: new Set() }, shape);
    expect([...values]).toEqual(Array.from({ length: 12 }, () => 9000 * -128 * value));
  });
});
