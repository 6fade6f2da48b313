import { afterAll, describe, expect, it } from "vitest";
import { withoutInputs } from "./deviations.ts";
import { goldenRoot, loadCase, skippedWithoutGolden, type CaseReference } from "./load.ts";
import { mustCompile } from "./program-case.ts";
import { compareProgram, comparisonClasses } from "./program-compare.ts";
import { Verdicts } from "./verdicts.ts";

/** One test per recorded program, and a line of totals per class at the end. */
export function describePrograms(title: string, cases: readonly CaseReference[]): void {
  if (goldenRoot === null) {
    describe(title, () => it.skip(skippedWithoutGolden, () => {}));
    return;
  }
  const verdicts = new Verdicts(comparisonClasses);
  let unavailable = 0;
  describe(title, () => {
    for (const { id, path } of cases) {
      it(id, (test) => {
        if (withoutInputs.some((pattern) => pattern.test(id))) {
          unavailable++;
          test.skip("inputs were not archived");
        }
        const golden = loadCase(path);
        expect(verdicts.judge(id, compareProgram(golden, mustCompile(golden)))).toEqual([]);
      });
    }
    afterAll(() => {
      console.log([title, ...verdicts.totals(), `cases without archived inputs: ${unavailable}`].join("\n"));
    });
  });
}
