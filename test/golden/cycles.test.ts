import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { STARTUP_CYCLES } from "../../runtime/reference/latency.ts";
import { goldenCases, goldenRoot, loadCase, skippedWithoutGolden } from "./load.ts";
import { mustCompile } from "./program-case.ts";

/** Cycles that the reference generator estimates for whole networks, start-up included. */
const estimates: Readonly<Record<string, number>> = {
  mnist: 70_157,
  "mnist-extrasmall": 12_193,
  "cifar-10": 228_217,
  kws20_v3: 71_782,
  kws20_v3_mixed: 71_782,
  dotprod: 515,
};

describe("estimated cycles", () => {
  if (goldenRoot === null) it.skip(skippedWithoutGolden, () => {});
  for (const path of goldenCases("networks", "MAX78000")) {
    const name = basename(path, ".json.gz");
    const expected = estimates[name];
    if (expected === undefined) continue;
    it(`of ${name} are those of the reference generator`, () => {
      const { layers } = mustCompile(loadCase(path));
      expect(layers.reduce((sum, { cycles }) => sum + (cycles ?? Number.NaN), STARTUP_CYCLES)).toBe(expected);
    });
  }
});
