import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import model from "../../examples/residual/model.ts";
import { devices } from "../../targets/index.ts";
import { compile, type CompileRequest, type Verifier } from "../compile.ts";
import { randomSample, randomWeights } from "../passes/random-weights.ts";
import { verifierThread } from "./verifier-thread.ts";

const request: CompileRequest = {
  model,
  device: devices[model.devices[0] ?? "MAX78000"],
  weights: randomWeights(model, 1),
  sample: randomSample(model, 1),
};

/** The scripts of the thread as the package has them. */
async function buildScripts(folder: string): Promise<void> {
  await build({
    entryPoints: ["thread", "thread-work", "verifier-thread"].map((name) => resolve(import.meta.dirname, `${name}.ts`)),
    outdir: folder,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    format: "cjs",
    platform: "node",
    logLevel: "silent",
    define: { "import.meta.url": "address" },
    banner: { js: 'const address = require("node:url").pathToFileURL(__filename).href;' },
  });
}

describe.skipIf(availableParallelism() < 2)("a program that is simulated in a thread", () => {
  const folder = mkdtempSync(join(tmpdir(), "ai8xc-thread-"));
  const threads = (): Verifier => {
    const verifier = verifierThread(folder);
    if (verifier === null) throw new Error("no thread");
    return verifier;
  };
  beforeAll(() => buildScripts(folder));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is the one that is compiled without", async () => {
    const { verification, ...beside } = compile({ ...request, verifier: threads() });
    expect(beside.program).toEqual(compile(request).program);
    expect(await verification).toEqual({ verified: true, diagnostics: [] });
    expect(beside.times.map(({ pass }) => pass)).not.toContain("verifyProgram");
  });

  it("has a thread for each of several devices", async () => {
    const verifier = threads();
    const found = [1, 2].map((seed) => compile({ ...request, verifier, sample: randomSample(model, seed) }));
    expect(await Promise.all(found.map(({ verification }) => verification))).toEqual([
      { verified: true, diagnostics: [] },
      { verified: true, diagnostics: [] },
    ]);
  });

  it("does not keep a process that has nothing to simulate", () => {
    const script = `require(${JSON.stringify(join(folder, "verifier-thread.cjs"))}).verifierThread()`;
    const { status, signal } = spawnSync(process.execPath, ["-e", script], { timeout: 20_000 });
    expect({ status, signal }).toEqual({ status: 0, signal: null });
  });

  it("is compared layer by layer, wherever it is simulated", async () => {
    const empty = mkdtempSync(join(tmpdir(), "ai8xc-thread-"));
    writeFileSync(join(empty, "thread.cjs"), 'throw new Error("no thread here");');
    for (const verifier of [threads(), verifierThread(empty)!]) {
      const lying: Verifier = {
        start: (check) => {
          const running = verifier.start(check);
          const off = (values: Int32Array) => values.map((value, i) => (i === 5 ? value + 1 : value));
          return { ...running, tensor: (layer, values) => running.tensor(layer, layer === 1 ? off(values) : values) };
        },
      };
      const result = await compile({ ...request, verifier: lying }).verification;
      expect(result?.verified).toBe(false);
      expect(result?.diagnostics.map(({ code }) => code)).toEqual(["AI9001"]);
      expect(result?.diagnostics[0]?.message).toMatch(/\(layer 1\), channel 0, row 0, column 5: the program computes/);
    }
    rmSync(empty, { recursive: true });
  });
});

describe("without the scripts of a thread", () => {
  it("nothing runs beside a compilation", () => {
    expect(verifierThread(import.meta.dirname)).toBeNull();
    expect(compile(request).verification).toBeUndefined();
  });
});
