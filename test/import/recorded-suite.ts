import { describe, expect, it } from "vitest";
import { importCase, recordedCases, firstError } from "./recorded-networks.ts";
import type { GoldenCase } from "../golden/load.ts";
import { goldenRoot, skippedWithoutGolden } from "../golden/load.ts";

/**
 * Imports recorded descriptions, with pins and without. The importer compiles what it wrote: with pins the network
 * must be the described one, without pins it must compute the same from the recorded sample.
 */
export function recordedSuite(title: string, select: (name: string, position: number) => boolean): void {
  describe(title, () => {
    if (goldenRoot === null) {
      it.skip(skippedWithoutGolden, () => {});
      return;
    }
    for (const pins of [true, false]) {
      it(`become models, ${pins ? "with" : "without"} pins`, async () => {
        const cases = [...recordedCases()].filter(([name], position) => select(name, position));
        const problems: string[] = [];
        let imported = 0;
        for (const [name, golden] of cases) {
          const problem = await problemOf(name, golden, pins);
          if (problem === null) imported++;
          else problems.push(problem);
        }
        expect(problems).toEqual([]);
        expect(imported).toBeGreaterThan(0);
      });
    }
  });
}

/** null: imported. */
async function problemOf(name: string, golden: GoldenCase, pins: boolean): Promise<string | null> {
  const { files, diagnostics } = await importCase(golden, pins);
  if (files !== undefined) return null;
  const error = firstError(diagnostics);
  return `${name}: ${error?.code} ${error?.message}`;
}
