import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import {
  channelPasses,
  convOutputSize,
  convTransposeOutputSize,
  poolOutputSize,
  weightBytes,
} from "../../dsl/sizes.ts";
import { checkWithTypeScript6, checkWithTypeScript7, dslPath, type TypeError, writeFixtures } from "./type-checker.ts";

/** A type with arguments, and what it must be. */
interface Twin {
  readonly type: string;
  readonly value: number | boolean;
}

const size = fc.integer({ min: 0, max: 2048 });
const large = fc.integer({ min: 0, max: 99_999_999 });
const mixed = fc.oneof(fc.integer({ min: 0, max: 99 }), size, large);
const bits = fc.constantFrom(1, 2, 4, 8);

/** Arguments of each type-level function, and the run-time function it must equal. */
const twins: Readonly<Record<string, fc.Arbitrary<Twin>>> = {
  Sum: pair(mixed, mixed, (a, b) => a + b, "Sum"),
  Difference: pair(mixed, mixed, (a, b) => Math.max(0, a - b), "Difference"),
  Product: pair(mixed, fc.integer({ min: 0, max: 99_999 }), (a, b) => a * b, "Product"),
  Quotient: pair(mixed, fc.integer({ min: 1, max: 16 }), (a, b) => Math.floor(a / b), "Quotient"),
  Larger: pair(mixed, mixed, Math.max, "Larger"),
  AtMost: pair(mixed, mixed, (a, b) => a <= b, "AtMost"),
  Below: pair(mixed, mixed, (a, b) => a < b, "Below"),
  PoolOutputSize: fc
    .tuple(size, ...times(3, fc.integer({ min: 1, max: 16 })))
    .map((args) => twin("PoolOutputSize", args, poolOutputSize(...(args as [number, number, number, number])))),
  ConvOutputSize: fc
    .tuple(size, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 1023 }))
    .map((args) => twin("ConvOutputSize", args, convOutputSize(...args))),
  ConvTransposeOutputSize: fc
    .tuple(size, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 }))
    .map((args) => twin("ConvTransposeOutputSize", args, convTransposeOutputSize(...args))),
  ChannelPasses: pair(fc.integer({ min: 0, max: 1100 }), fc.constant(64), channelPasses, "ChannelPasses"),
  WeightBytes: pair(mixed, bits, weightBytes, "WeightBytes"),
};

function pair(
  first: fc.Arbitrary<number>,
  second: fc.Arbitrary<number>,
  value: (a: number, b: number) => number | boolean,
  name: string,
): fc.Arbitrary<Twin> {
  return fc.tuple(first, second).map((args) => twin(name, args, value(...args)));
}

function times<T>(count: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T>[] {
  return Array.from({ length: count }, () => arbitrary);
}

const twin = (name: string, args: readonly number[], value: number | boolean): Twin => ({
  type: `${name}<${args.join(", ")}>`,
  value,
});

/** Digits in all combinations: the tables behind the arithmetic have no untested entry. */
const digits: readonly Twin[] = Array.from({ length: 100 }, (_, index) => [Math.floor(index / 10), index % 10]).flatMap(
  ([a = 0, b = 0]) => [
    twin("Sum", [a, b], a + b),
    twin("Sum", [a + 90, b + 90], a + b + 180),
    twin("Sum", [10 * a + 5, 10 * b + 5], 10 * (a + b) + 10),
    twin("Product", [a, b], a * b),
    twin("Product", [10 * a + 9, b], (10 * a + 9) * b),
    twin("Difference", [10 * a, b], Math.max(0, 10 * a - b)),
    twin("AtMost", [a, b], a <= b),
    twin("WeightBytes", [10 * a + b, 4], Math.ceil((10 * a + b) / 2)),
  ],
);

describe("type-level formulas", () => {
  const cases = [
    ...digits,
    ...Object.values(twins).flatMap((arbitrary) => fc.sample(arbitrary, { numRuns: 60 })),
    { type: "Quotient<1000, 63>", value: 15 },
    { type: "Quotient<1000, 64>", value: 15 },
    { type: "Quotient<1000, 65>", value: Number.NaN },
    { type: "Quotient<1000, 0>", value: Number.NaN },
    { type: "Sum<number, 1>", value: Number.NaN },
    { type: "Product<2, number>", value: Number.NaN },
    { type: "Whole<2.5>", value: Number.NaN },
    { type: "Whole<-1>", value: Number.NaN },
    { type: "Whole<1e21>", value: Number.NaN },
    { type: "Whole<17>", value: 17 },
  ];
  const text = [
    `import type { AtMost, Below, Difference, Larger, Product, Quotient, Sum, Whole } from "${dslPath}/types/arithmetic.ts";`,
    `import type { ChannelPasses, ConvOutputSize, ConvTransposeOutputSize, PoolOutputSize, WeightBytes } from "${dslPath}/types/sizes.ts";`,
    "type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;",
    ...cases.map(({ type, value }, index) => {
      const expected = Number.isNaN(value) ? "number" : `${value}`;
      return `export const c${index}: Same<${type}, ${expected}> = true;`;
    }),
  ].join("\n");
  const wrong: Record<string, readonly TypeError[]> = {};

  beforeAll(async () => {
    const folder = writeFixtures({ "twins.mts": text });
    const native = checkWithTypeScript7(folder);
    wrong["6"] = checkWithTypeScript6(folder).errors;
    wrong["7"] = await native;
  }, 120_000);

  it.each(["6", "7"])("equal the run-time ones in TypeScript %s", (version) => {
    const lines = (wrong[version] as readonly TypeError[]).map(({ line }) => text.split("\n")[line - 1]);
    expect(lines).toEqual([]);
  });
});
