import { describe, expect, it } from "vitest";
import { importCase, recordedCases, firstError } from "./recorded-networks.ts";
import type { GoldenCase } from "../golden/load.ts";
import { goldenRoot, skippedWithoutGolden } from "../golden/load.ts";

/** What models cannot say: layers that only route data. */
const notExpressible: readonly RegExp[] = [/^layers\/MAX78002\/test-bypass/];

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
          else if (problem !== "") problems.push(problem);
        }
        expect(problems).toEqual([]);
        expect(imported).toBeGreaterThan(0.9 * cases.length);
      });
    }
  });
}

/** null: imported; empty: refused as expected. */
async function problemOf(name: string, golden: GoldenCase, pins: boolean): Promise<string | null> {
  const { files, diagnostics } = await importCase(golden, pins);
  const refused = notExpressible.some((pattern) => pattern.test(name));
  if (files !== undefined) return refused ? `${name}: imported, although listed as not expressible` : null;
  const error = firstError(diagnostics);
  return refused && error?.code === "AI6211" ? "" : `${name}: ${error?.code} ${error?.message}`;
}
