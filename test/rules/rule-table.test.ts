import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { codeTable } from "../../compiler/cli/codes.ts";
import { deviceRules } from "../../compiler/cli/rules.ts";
import { notApplicable, otherPrograms, testedElsewhere } from "./not-applicable.ts";
import { ruleCases } from "./rule-cases.ts";

const root = resolve(import.meta.dirname, "../..");
const reference = join(root, "../shared/spec/rules.md");
const dsl = join(root, "dsl");

/** Rules of the model language with their codes, as they are written there. */
function languageRules(): readonly (readonly [string, string])[] {
  const files = readdirSync(dsl, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return files.flatMap((path) =>
    [...readFileSync(join(dsl, path), "utf8").matchAll(/id: "([A-Z0-9-]+)",\s*code: "(AI\d{4})"/g)].map(
      ([, id, code]) => [id as string, code as string] as const,
    ),
  );
}

/** Names of the reference's rules that stop it: errors, and what only crashes or is not checked at all. */
function stoppingRules(): readonly string[] {
  const found: string[] = [];
  let header: readonly string[] = [];
  for (const line of readFileSync(reference, "utf8").split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    if (cells[1] === "ID") header = cells;
    const name = /^[A-Z0-9]+-\d+/.exec(cells[1] ?? "")?.[0];
    if (name === undefined || /^[DQ]-/.test(name)) continue;
    const severity = header.includes("Sev") ? (cells[header.indexOf("Sev")] ?? "") : "S";
    if (/[ES]/.test(severity) && severity !== "St") found.push(name);
  }
  return [...new Set(found)];
}

describe("the table of rules", () => {
  it("has a broken description, or a test elsewhere, for every rule", () => {
    const broken = new Set(ruleCases.map(({ rule }) => rule));
    const names = Object.keys(deviceRules);
    expect(names.filter((name) => !broken.has(name) && testedElsewhere[name] === undefined)).toEqual([]);
    expect(Object.keys(testedElsewhere).filter((name) => !names.includes(name) || broken.has(name))).toEqual([]);
    expect(Object.keys(notApplicable).filter((name) => names.includes(name))).toEqual([]);
    for (const where of Object.values(testedElsewhere)) {
      const [, path = ""] = /^([\w/.-]+\.test\.ts)/.exec(where) ?? [];
      if (path !== "") expect([where, existsSync(join(root, path))]).toEqual([where, true]);
    }
  });

  it.skipIf(!existsSync(reference))("leaves out no rule by which the reference stops (skipped: no shared data)", () => {
    const stopping = stoppingRules();
    expect(stopping.length).toBeGreaterThan(200);
    const other = (name: string) => otherPrograms.some((pattern) => pattern.test(name));
    const here = stopping.filter((name) => deviceRules[name] !== undefined);
    const apart = stopping.filter((name) => notApplicable[name] !== undefined || other(name));
    expect(stopping.filter((name) => !here.includes(name) && !apart.includes(name))).toEqual([]);
    console.log(`rules: ${here.length} of ${stopping.length} refused here, ${apart.length} listed as not applicable`);
  });

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
