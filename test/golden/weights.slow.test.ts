import { describe, expect, it } from "vitest";
import { goldenDevices, goldenKinds, goldenRoot, skippedWithoutGolden } from "./load.ts";
import { allCases } from "./load.ts";
import { judgeWeights } from "./weight-conformance.ts";

/** All recorded programs, word for word. */
describe.skipIf(goldenRoot === null)(`weights and biases as recorded (${skippedWithoutGolden} where missing)`, () => {
  for (const kind of goldenKinds) {
    for (const device of goldenDevices) {
      it(`all ${kind} on ${device}`, () => {
        const verdicts = allCases()
          .filter(({ id }) => id.startsWith(`${kind}/${device}/`))
          .map((reference) => ({ id: reference.id, ...judgeWeights(reference) }));
        const count = (verdict: string) => verdicts.filter((entry) => entry.verdict === verdict).length;
        const summary = ["equal", "deviation", "without inputs"].map((verdict) => `${count(verdict)} ${verdict}`);
        console.log(`${kind} on ${device}: ${summary.join(", ")}`);
        expect(verdicts.filter(({ problems }) => problems.length > 0)).toEqual([]);
        expect(count("equal")).toBeGreaterThan(0);
      });
    }
  }
});
