import { basename } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { deviations, withoutInputs, type Deviation } from "./deviations.ts";
import {
  goldenCases,
  goldenDevices,
  goldenKinds,
  goldenRoot,
  loadCase,
  skippedWithoutGolden,
  type GoldenCase,
} from "./load.ts";
import { mustCompile } from "./program-case.ts";
import { compareProgram, comparisonClasses, type ComparisonClass } from "./program-compare.ts";

/** One recorded program: where it is, and its name as `kind/device/case`. */
export interface CaseReference {
  readonly id: string;
  readonly path: string;
}

export const allCases = (): CaseReference[] =>
  goldenKinds.flatMap((kind) =>
    goldenDevices.flatMap((device) =>
      goldenCases(kind, device).map((path) => ({ id: `${kind}/${device}/${basename(path, ".json.gz")}`, path })),
    ),
  );

type Verdict = "equal" | "deviation" | "different";

/** One test per recorded program, and a line of totals per class at the end. */
export function describePrograms(title: string, cases: readonly CaseReference[]): void {
  if (goldenRoot === null) {
    describe(title, () => it.skip(skippedWithoutGolden, () => {}));
    return;
  }
  const tally = new Map<string, number>();
  const count = (row: string, verdict: Verdict) =>
    tally.set(`${row} ${verdict}`, (tally.get(`${row} ${verdict}`) ?? 0) + 1);
  let unavailable = 0;
  describe(title, () => {
    for (const reference of cases) {
      it(reference.id, (test) => {
        if (withoutInputs.some((pattern) => pattern.test(reference.id))) {
          unavailable++;
          test.skip("inputs were not archived");
        }
        const problems = judge(reference, loadCase(reference.path), count);
        expect(problems).toEqual([]);
      });
    }
    afterAll(() => {
      const rows = [...comparisonClasses, "programs"].map((row) => totals(row, tally));
      console.log([title, ...rows, `cases without archived inputs: ${unavailable}`].join("\n"));
    });
  });
}

function judge({ id }: CaseReference, golden: GoldenCase, count: (row: string, verdict: Verdict) => void): string[] {
  const listed = deviations.filter(({ cases }) => cases.test(id));
  const comparison = compareProgram(golden, mustCompile(golden));
  const problems: string[] = [];
  let worst: Verdict = "equal";
  for (const name of comparisonClasses) {
    const verdict = verdictOf(name, comparison[name], listed, problems);
    count(name, verdict);
    if (verdict === "different" || worst === "equal") worst = verdict === "equal" ? worst : verdict;
  }
  count("programs", worst);
  return problems;
}

function verdictOf(
  name: ComparisonClass,
  difference: string | null,
  listed: readonly Deviation[],
  problems: string[],
): Verdict {
  const deviation = listed.find((entry) => entry.class === name);
  if (difference === null && deviation === undefined) return "equal";
  if (difference !== null && deviation !== undefined) return "deviation";
  problems.push(difference === null ? `${name}: equal, remove it from the deviations` : `${name}: ${difference}`);
  return "different";
}

function totals(row: string, tally: ReadonlyMap<string, number>): string {
  const [equal = 0, deviating = 0, different = 0] = (["equal", "deviation", "different"] as const).map(
    (verdict) => tally.get(`${row} ${verdict}`) ?? 0,
  );
  return `${row.padEnd(14)} ${equal} equal, ${deviating} deviations, ${different} different`;
}
