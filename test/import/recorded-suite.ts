import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { ImportedNetwork } from "../../compiler/import/import-network.ts";
import { importCase, recordedCases, firstError } from "./recorded-networks.ts";
import { goldenRoot, skippedWithoutGolden } from "../golden/load.ts";
import { checkWithTypeScript7, dslPath, writeFixtures } from "../types/type-checker.ts";

/**
 * Imports recorded descriptions, with pins and without. The importer compiles what it wrote: with pins the network
 * must be the described one, without pins it must compute the same from the recorded sample. What it wrote must look
 * as if a person had written it with an editor that shows no mistake.
 */
export function recordedSuite(title: string, select: (name: string, position: number) => boolean): void {
  describe(title, () => {
    if (goldenRoot === null) {
      it.skip(skippedWithoutGolden, () => {});
      return;
    }
    const problems: Record<string, string[]> = { pinned: [], free: [] };
    /** By a name for a file. */
    const written = new Map<string, string>();

    beforeAll(async () => {
      for (const [name, golden] of [...recordedCases()].filter(([name], position) => select(name, position))) {
        for (const kind of ["pinned", "free"]) {
          const result = await importCase(golden, kind === "pinned");
          const text = result.files?.get("model.ts");
          if (typeof text === "string") written.set(`${name.replaceAll("/", "_")}.${kind}.mts`, text);
          else problems[kind]?.push(`${name}: ${failure(result)}`);
        }
      }
    }, 600_000);

    it.each(["pinned", "free"])("become models, %s", (kind) => {
      expect(problems[kind]).toEqual([]);
      expect([...written.keys()].filter((name) => name.includes(`.${kind}.`)).length).toBeGreaterThan(0);
    });

    it("become models without type errors", async () => {
      const local = ([name, text]: readonly [string, string]) =>
        [name, text.replace(`from "ai8xc"`, `from "${dslPath}/index.ts"`)] as const;
      // One wrong file shows that wrong files are found.
      const wrong = `import { defineModel } from "${dslPath}/index.ts";\ndefineModel();\n`;
      const folder = writeFixtures({ ...Object.fromEntries([...written].map(local)), "wrong.mts": wrong });
      expect(await checkWithTypeScript7(folder)).toMatchObject([{ file: "wrong.mts", line: 2 }]);
    }, 120_000);

    it("become models that are formatted", () => {
      const folder = mkdtempSync(join(tmpdir(), "ai8xc-imported-"));
      try {
        for (const [name, text] of written) writeFileSync(join(folder, name), text);
        writeFileSync(join(folder, ".oxfmtrc.json"), `{ "printWidth": 120 }\n`);
        const formatter = resolve(import.meta.dirname, "../../node_modules/.bin/oxfmt");
        execFileSync(formatter, ["--check", "."], { cwd: folder, stdio: "pipe" });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }, 60_000);
  });
}

function failure({ diagnostics }: ImportedNetwork): string {
  const error = firstError(diagnostics);
  return `${error?.code} ${error?.message}`;
}
