import { describe, expect, it } from "vitest";
import { goldenCases, goldenDevices, goldenKinds, goldenRoot, loadCase, skippedWithoutGolden } from "./load.ts";
import { compareWeights, hasCollision, lacksWeights, wordsLoadedTwice } from "./weight-conformance.ts";

/** Every n-th recorded run; `weights.slow.test.ts` compares all of them. */
const STEP = 9;

const chosen = goldenKinds.flatMap((kind) =>
  goldenDevices.flatMap((device) => goldenCases(kind, device).filter((_, i) => i % STEP === 0)),
);

describe.skipIf(goldenRoot === null)(`weights and biases as recorded (${skippedWithoutGolden} where missing)`, () => {
  it.each(chosen.map((path) => [path.split("/").slice(-2).join("/"), path]))("%s", (_, path) => {
    const golden = loadCase(path);
    if (lacksWeights(golden)) return;
    const { weights, bias, usedBytes } = compareWeights(golden);
    if (hasCollision(golden)) expect(weights).not.toBeNull();
    else expect(weights).toBeNull();
    expect(bias).toBeNull();
    expect(usedBytes[0]).toBe(usedBytes[1]);
  });

  it("finds words that two layers claim", () => {
    const path = goldenCases("layers", "MAX78002").find((name) => name.includes("test-fifostream-x4-cifar-hwc-test"));
    expect(wordsLoadedTwice(loadCase(path as string))).toHaveLength(51);
  });
});
