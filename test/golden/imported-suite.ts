import { afterAll, describe, expect, it } from "vitest";
import { canObserve, hostCompiler } from "../emit/host.ts";
import { withoutInputs } from "./deviations.ts";
import { compareProject, importAndBuild, projectClasses } from "./imported-project.ts";
import { allCases, goldenRoot, loadCase, skippedWithoutGolden, type GoldenDevice } from "./load.ts";
import { Verdicts } from "./verdicts.ts";

/** One test per recorded case of a device: imported, built, compiled and run. Totals per class at the end. */
export function describeImported(device: GoldenDevice): void {
  const title = `${device}: recorded cases through import, build and a host compiler`;
  const reason = goldenRoot === null ? skippedWithoutGolden : missingHost();
  if (reason !== null) {
    describe(title, () => it.skip(reason, () => {}));
    return;
  }
  const verdicts = new Verdicts(projectClasses);
  const cases = allCases().filter(({ id }) => id.split("/")[1] === device);
  describe(title, () => {
    for (const { id, path } of cases) {
      if (withoutInputs.some((pattern) => pattern.test(id))) continue;
      it(id, () => {
        const golden = loadCase(path);
        const { files, failure } = importAndBuild(golden);
        if (files === undefined) throw new Error(failure);
        expect(verdicts.judge(id, compareProject(golden, files))).toEqual([]);
      });
    }
    afterAll(() => console.log([title, ...verdicts.totals()].join("\n")));
  });
}

const missingHost = (): string | null =>
  canObserve && hostCompiler !== null ? null : "skipped: needs Linux on x86-64 with gcc or clang";
