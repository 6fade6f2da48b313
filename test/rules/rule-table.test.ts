import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { codeTable } from "../../compiler/cli/codes.ts";
import { deviceRules } from "../../compiler/cli/rules.ts";

const dsl = resolve(import.meta.dirname, "../../dsl");

/** Rules of the model language with their codes, as they are written there. */
function languageRules(): readonly (readonly [string, string])[] {
  const files = readdirSync(dsl, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return files.flatMap((path) =>
    [...readFileSync(join(dsl, path), "utf8").matchAll(/id: "([A-Z0-9-]+)",\s*code: "(AI\d{4})"/g)].map(
      ([, id, code]) => [id as string, code as string] as const,
    ),
  );
}

describe("the table of rules", () => {
  it("names codes that exist, each once per rule", async () => {
    const codes = new Set((await codeTable()).keys());
    for (const [name, { rule, codes: reported }] of Object.entries(deviceRules)) {
      expect([name, reported.filter((code) => !codes.has(code))]).toEqual([name, []]);
      expect([name, new Set(reported).size]).toEqual([name, reported.length]);
      expect(rule).toMatch(/\.$/);
    }
  });

  it("has the codes by which the model language reports the same rules", () => {
    const found = languageRules();
    expect(found.length).toBeGreaterThan(60);
    const missing = found.filter(([id, code]) => deviceRules[id]?.codes.includes(code) === false);
    expect(missing).toEqual([]);
  });
});
