import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runScript } from "../../compiler/cli/start.ts";

let folder = "";
let script = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ai8xc-start-"));
  script = join(folder, "script.cjs");
  writeFileSync(script, 'module.exports = { answer: require("node:path").basename(__filename), twice: (x) => 2 * x };');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keptFiles = () => readdirSync(folder).filter((name) => name.endsWith(".code"));

/** One run of a command, to its end. */
function runAndKeep(command: string): { answer: string; twice: (x: number) => number } {
  const { exports, keepCode } = runScript(script, command);
  keepCode();
  return exports as ReturnType<typeof runAndKeep>;
}

describe("a script", () => {
  it("runs the same with and without kept code", () => {
    for (const round of [1, 2, 3]) {
      const { answer, twice } = runAndKeep("build");
      expect([answer, twice(round)]).toEqual(["script.cjs", 2 * round]);
    }
    expect(keptFiles().length).toBe(1);
  });

  it("keeps code for every command, once", () => {
    runAndKeep("build");
    const [kept] = keptFiles() as [string];
    utimesSync(join(folder, kept), 1, 1);
    runAndKeep("build");
    expect(statSync(join(folder, kept)).mtimeMs).toBe(1000);
    runAndKeep("import");
    expect(keptFiles().length).toBe(2);
  });

  it("replaces kept code that does not fit", () => {
    utimesSync(script, 5, 5);
    runAndKeep("build");
    const [kept] = keptFiles() as [string];
    writeFileSync(join(folder, kept), "no code at all, but long enough to look like some".repeat(20));
    // Another text of the same length and date, which this process has not compiled yet.
    writeFileSync(script, readFileSync(script, "utf8").replace("2 * x", "5 * x"));
    utimesSync(script, 5, 5);
    expect(runAndKeep("build").twice(4)).toBe(20);
    expect(readFileSync(join(folder, kept)).toString("latin1")).not.toContain("no code");
  });

  it("is not run with the code of another one of the same length", () => {
    runAndKeep("build");
    writeFileSync(script, readFileSync(script, "utf8").replace("2 * x", "3 * x"));
    utimesSync(script, 5, 5);
    expect(runAndKeep("build").twice(4)).toBe(12);
  });
});
