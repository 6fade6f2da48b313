import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { root, run } from "../cli/run.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "ai8xc-export-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Plain JavaScript, which the test runner loads itself. */
const model = join(root, "test/fixtures/small-models/plain.mjs");
const plain = [model, "--no-typecheck", "--random-weights", "1", "--device", "MAX78000"] as const;

describe("ai8xc export", () => {
  it("writes description, checkpoint and sample, and how to use them", async () => {
    const target = join(folder, "out");
    const { exitCode, stdout, stderr } = await run(["export", "yaml", ...plain, "-o", target]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    const files = readdirSync(target).filter((name) => !name.startsWith("."));
    expect(files.toSorted()).toEqual(["plain.pth.tar", "plain.yaml", "sample_plain.npy"]);
    expect(stdout).toContain("--config-file plain.yaml --checkpoint-file plain.pth.tar");
  });

  it("writes what the import reads", async () => {
    const target = join(folder, "out");
    await run(["export", "yaml", ...plain, "-o", target]);
    const words = [join(target, "plain.yaml"), "--checkpoint", join(target, "plain.pth.tar"), "-o", join(folder, "in")];
    const { exitCode, stderr } = await run(["import", ...words]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
    expect(readFileSync(join(folder, "in", "model.ts"), "utf8")).toContain("defineModel(");
  });

  it("writes nothing for a model with errors", async () => {
    const target = join(folder, "out");
    const { exitCode, stdout } = await run(["export", "yaml", model, "--no-typecheck", "-o", target, "--json"]);
    expect(exitCode).toBe(1);
    const result = JSON.parse(stdout) as { ok: boolean; diagnostics: { code: string }[]; networks: unknown[] };
    expect(result.diagnostics.map(({ code }) => code)).toContain("AI6005");
    expect(result.networks).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("knows one format", async () => {
    for (const words of [["export"], ["export", "onnx"]]) {
      const { exitCode, stderr } = await run(words);
      expect(exitCode).toBe(2);
      expect(stderr).toContain("yaml");
    }
  });
});
