import { describe, expect, it } from "vitest";
import { goldenCases, goldenRoot, loadCase, skippedWithoutGolden } from "./load.ts";
import { allCases } from "./load.ts";
import { judgeWeights, wordsLoadedTwice } from "./weight-conformance.ts";

/** Every n-th recorded run; `weights.slow.test.ts` compares all of them. */
const STEP = 9;

describe.skipIf(goldenRoot === null)(`weights and biases as recorded (${skippedWithoutGolden} where missing)`, () => {
  it.each(allCases().filter((_, i) => i % STEP === 0))("$id", (reference) => {
    expect(judgeWeights(reference).problems).toEqual([]);
  });

  it("finds words that two layers claim", () => {
    const path = goldenCases("layers", "MAX78002").find((name) => name.includes("test-fifostream-x4-cifar-hwc-test"));
    expect(wordsLoadedTwice(loadCase(path as string))).toHaveLength(51);
  });
});
