import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { root } from "./run.ts";

/**
 * Every file in test/wrong-models is a model somebody might write. `expected.txt` holds what its author is told, one
 * line per diagnostic: file, severity, code, line:column, message. The models run in a process of their own, because
 * the test runner rewrites source files and with them the positions.
 */
const folder = join(root, "test/wrong-models");
const expected = readFileSync(join(folder, "expected.txt"), "utf8").trimEnd().split("\n");
const names = [...new Set(expected.map((line) => line.split(" ")[0]!))];

interface Checked {
  readonly name: string;
  readonly exitCode: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly text: string;
}

describe("wrong models", () => {
  let checked: readonly Checked[] = [];
  beforeAll(() => {
    // Node 22.18 and later run the sources themselves; tsx would rewrite the models there.
    const runsTypeScript = Boolean((process.features as { typescript?: unknown }).typescript);
    const loader = runsTypeScript ? [] : ["--import", "tsx"];
    const script = join(import.meta.dirname, "check-models.ts");
    const words = ["--conditions=ai8xc-source", "--no-warnings", ...loader, script, folder];
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8", cwd: root });
    expect(stderr).toBe("");
    checked = JSON.parse(stdout) as Checked[];
  }, 120_000);

  it("are at least thirty, each with an expectation", () => {
    expect(names.length).toBeGreaterThanOrEqual(30);
    expect(checked.map(({ name }) => name.replace(/\.ts$/, "")).toSorted()).toEqual(names.toSorted());
  });

  it.each(names)("%s", (name) => {
    const { exitCode, diagnostics, text } = checked.find((model) => model.name === `${name}.ts`)!;
    const found = diagnostics.map(({ severity, code, location, message }) =>
      [name, severity, code, `${location?.line}:${location?.column}`, message.replaceAll(`${root}/`, "")].join(" "),
    );
    expect(found).toEqual(expected.filter((line) => line.startsWith(`${name} `)));
    expect(exitCode).toBe(1);
    expect(text).not.toMatch(/^\s+at /m);
  });

  it("are shown with their source line and a caret", () => {
    const { text } = checked.find((model) => model.name === "kernel-5x5.ts")!;
    expect(text).toContain(
      [
        "error AI2001: kernel 5x5 is not available on MAX78000; use 1x1 or 3x3",
        "  --> test/wrong-models/kernel-5x5.ts:5:25",
        "  |",
        "5 |   (x) => x.conv2d(16, { kernel: 5 }),",
        "  |                         ^",
        "  help: ",
      ].join("\n"),
    );
  });
});
