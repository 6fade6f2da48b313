import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { root, run } from "./run.ts";

/**
 * Every file in test/wrong-models is a model somebody might write. `expected.txt` holds what a person is told, one
 * line per diagnostic: file, severity, code, line:column, message.
 */
const folder = join(root, "test/wrong-models");
const models = readdirSync(folder).filter((name) => name.endsWith(".ts"));
const expected = readFileSync(join(folder, "expected.txt"), "utf8").trimEnd().split("\n");

describe("wrong models", () => {
  it("are at least thirty, each with an expectation", () => {
    expect(models.length).toBeGreaterThanOrEqual(30);
    expect([...new Set(expected.map((line) => line.split(" ")[0]))].toSorted()).toEqual(
      models.map((name) => name.replace(/\.ts$/, "")).toSorted(),
    );
  });

  it.concurrent.each(models)("%s", async (name) => {
    const { exitCode, stdout } = await run(["check", join(folder, name), "--json"]);
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
    const found = diagnostics.map(({ severity, code, location, message }) =>
      [name.replace(/\.ts$/, ""), severity, code, `${location?.line}:${location?.column}`, message].join(" "),
    );
    expect(found.map((line) => line.replaceAll(`${root}/`, ""))).toEqual(
      expected.filter((line) => line.startsWith(`${name.replace(/\.ts$/, "")} `)),
    );
    expect(exitCode).toBe(1);
  });

  it("are shown with their source line and a caret, without a stack", async () => {
    const { stderr } = await run(["check", join(folder, "kernel-5x5.ts")]);
    expect(stderr).toContain(
      [
        "error AI2001: kernel 5x5 is not available on MAX78000; use 1x1 or 3x3",
        "  --> test/wrong-models/kernel-5x5.ts:5:25",
        "  |",
        "5 |   (x) => x.conv2d(16, { kernel: 5 }),",
        "  |                         ^",
        "  help: ",
      ].join("\n"),
    );
    for (const name of models) {
      const { stderr: text } = await run(["check", join(folder, name), "--no-typecheck"]);
      expect(text).not.toMatch(/^\s+at /m);
    }
  });
});
