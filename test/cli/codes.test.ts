import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codeTable } from "../../compiler/cli/codes.ts";
import { lowerCodes } from "../../compiler/lower/codes.ts";
import { root } from "./run.ts";

/** Every source text that may report something. Comments count for nothing, and neither do comparisons with a code. */
const sources = ["targets", "dsl", "runtime", "compiler"].flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => ({
      path: join(room, path),
      text: readFileSync(join(root, room, path), "utf8")
        .replace(/\/\*[^]*?\*\//g, "")
        .replace(/^\s*\/\/.*$/gm, "")
        .replace(/[!=]==\s*"AI\d{4}"/g, ""),
    })),
);

/** Codes in string literals. Lowering names its codes; there a use of the name counts, not its definition. */
function reportedCodes(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { path, text } of sources) {
    if (path === "compiler/lower/codes.ts") continue;
    for (const [, code] of text.matchAll(/["'`](AI\d{4})["'`]/g)) found.set(code!, path);
    for (const [, name] of text.matchAll(/\blowerCodes\.(\w+)/g)) {
      found.set(lowerCodes[name as keyof typeof lowerCodes], path);
    }
  }
  return found;
}

describe("diagnostic codes", () => {
  it("that are reported are explained, and those explained are reported", async () => {
    const reported = reportedCodes();
    const explained = [...(await codeTable()).keys()];
    expect(reported.size).toBeGreaterThan(200);
    expect([...reported].filter(([code]) => !explained.includes(code))).toEqual([]);
    expect(explained.filter((code) => !reported.has(code))).toEqual([]);
  });

  it("are defined once", () => {
    const places = new Map<string, string[]>();
    for (const { path, text } of sources) {
      for (const [, code] of text.matchAll(/^ {2}(AI\d{4}):/gm))
        places.set(code!, [...(places.get(code!) ?? []), path]);
    }
    expect(places.size).toBeGreaterThan(200);
    expect([...places].filter(([, paths]) => paths.length > 1)).toEqual([]);
  });

  it("have a title and an explanation that says more", async () => {
    for (const [code, { title, explanation }] of await codeTable()) {
      expect([code, title.length > 5, explanation.length > 20]).toEqual([code, true, true]);
      expect(explanation).not.toBe(title);
    }
  });
});
