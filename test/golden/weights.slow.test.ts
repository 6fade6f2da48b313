import { describe, expect, it } from "vitest";
import { goldenCases, goldenDevices, goldenKinds, goldenRoot, loadCase, skippedWithoutGolden } from "./load.ts";
import { compareWeights, hasCollision, lacksWeights } from "./weight-conformance.ts";

/** All recorded programs, word for word. */
describe.skipIf(goldenRoot === null)(`weights and biases as recorded (${skippedWithoutGolden} where missing)`, () => {
  for (const kind of goldenKinds) {
    for (const device of goldenDevices) {
      it(`all ${kind} on ${device}`, () => {
        const counts = { equal: 0, collision: 0, withoutInputs: 0 };
        const different: unknown[] = [];
        for (const path of goldenCases(kind, device)) {
          const golden = loadCase(path);
          if (lacksWeights(golden)) {
            counts.withoutInputs++;
            continue;
          }
          const { weights, bias, usedBytes } = compareWeights(golden);
          const explained = weights !== null && hasCollision(golden);
          if (explained) counts.collision++;
          const equal = weights === null && bias === null && usedBytes[0] === usedBytes[1];
          if (equal) counts.equal++;
          else if (!explained || bias !== null) different.push({ case: golden.case, weights, bias, usedBytes });
        }
        expect(different).toEqual([]);
        expect(counts.equal).toBeGreaterThan(0);
        expect(counts.collision).toBeLessThanOrEqual(2);
      });
    }
  }
});
