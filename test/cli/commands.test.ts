import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeTable } from "../../compiler/cli/codes.ts";
import { stageNames } from "../../compiler/compile.ts";
import { devices } from "../../targets/index.ts";
import { root, run } from "./run.ts";

/** Models are plain JavaScript: the test runner loads those itself. */
const plain = join(root, "test/fixtures/small-models/plain.mjs");
const normalized = join(root, "test/fixtures/small-models/normalized.mjs");
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ai8xc-commands-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const build = (model: string, ...words: readonly string[]) =>
  run(["build", model, "--no-typecheck", "--random-weights", "1", "-o", at("out"), ...words]);

describe("build", () => {
  it("tells what it made, and writes that", async () => {
    const { exitCode, stdout, stderr } = await build(normalized);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("conv");
    expect(stdout).toContain(at("out"));
    expect(readdirSync(at("out"))).toEqual(expect.arrayContaining(["cnn.c", "cnn.h", "main.c", "weights.h"]));
  });

  it("gives the same files every time, and others for another seed", async () => {
    const read = (name: string) => readFileSync(at(`out/${name}`), "utf8");
    await build(normalized);
    const [first, weights] = [read("cnn.c"), read("weights.h")];
    await build(normalized);
    expect([read("cnn.c"), read("weights.h")]).toEqual([first, weights]);
    await build(normalized, "--random-weights", "2");
    expect(read("weights.h")).not.toBe(weights);
  });

  it("makes a folder per device when the model has several", async () => {
    expect((await build(plain)).exitCode).toBe(0);
    expect(readdirSync(at("out")).sort()).toEqual(["MAX78000", "MAX78002"]);
    rmSync(at("out"), { recursive: true });
    expect((await build(plain, "--device", "max78002")).exitCode).toBe(0);
    expect(existsSync(at("out/cnn.c"))).toBe(true);
  });

  it("writes every stage with --dump-stages", async () => {
    expect((await build(normalized, "--dump-stages", at("a/stages"))).exitCode).toBe(0);
    const files = stageNames.map((name, index) => `${index + 1}-${name}.txt`);
    expect(readdirSync(at("a/stages")).sort()).toEqual(files);
    const texts = files.map((file) => readFileSync(at(`a/stages/${file}`), "utf8"));
    expect(new Set(texts).size).toBe(texts.length);
    // The normalization is in the model and folded in the network.
    expect(texts[0]).toMatch(/batchNorm/);
    expect(texts[1]).not.toMatch(/batchNorm/);
    for (const text of texts.slice(0, -1)) expect(text).toContain("conv");
    expect(texts.at(-1)).toContain("known answer");
    await build(plain, "--dump-stages", at("both"));
    expect(readdirSync(at("both")).sort()).toEqual(["MAX78000", "MAX78002"]);
  });

  it.each(stageNames.map((name, index) => [name, index + 1] as const))(
    "ends after %s with --stop-after",
    async (name, count) => {
      const words = ["--stop-after", name.toUpperCase(), "--dump-stages", at("stages")];
      const { exitCode, stderr } = await build(normalized, ...words);
      expect([exitCode, stderr]).toEqual([0, ""]);
      expect(readdirSync(at("stages")).sort().at(-1)).toBe(`${count}-${name}.txt`);
      expect(readdirSync(at("stages")).length).toBe(count);
      // The last stage is the whole compilation.
      expect(existsSync(at("out"))).toBe(name === "program");
    },
  );

  it("prints one JSON object with --json", async () => {
    const { exitCode, stdout, stderr } = await build(plain, "--json");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ format: "ai8xc-build", version: 1, ok: true, diagnostics: [] });
    expect(result.projects.map((project: { device: string }) => project.device)).toEqual(["MAX78000", "MAX78002"]);
    for (const project of result.projects) {
      expect(project.layers.map((layer: { name: string }) => layer.name)).toEqual(["conv", "maxPool2d_1", "fc"]);
      const written = readdirSync(project.folder, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory() && entry.name !== ".ai8xc-files")
        .map((entry) => join(entry.parentPath, entry.name).slice(project.folder.length + 1));
      expect(project.files).toEqual(written.sort());
    }
  });

  it("prints diagnostics as JSON, too", async () => {
    const { exitCode, stdout, stderr } = await build(plain, "--json", "--sample", at("none.npy"));
    expect([exitCode, stderr]).toEqual([1, ""]);
    const { ok, diagnostics, projects } = JSON.parse(stdout);
    expect([ok, projects]).toEqual([false, []]);
    expect(diagnostics).toMatchObject([{ code: "AI6004", severity: "error" }]);
    expect(existsSync(at("out"))).toBe(false);
  });

  it("tells how long each part took with --timings", async () => {
    const { stdout } = await build(normalized, "--timings");
    expect(stdout).toMatch(/timings\n(.* ms\n)+/);
    expect(stdout).toContain("foldBatchNorm");
  });
});

describe("check", () => {
  it("needs no weights and writes nothing", async () => {
    const { exitCode, stdout } = await run(["check", plain, "--no-typecheck"]);
    expect([exitCode, stdout]).toEqual([0, "plain fits MAX78000: 3 layers\nplain fits MAX78002: 3 layers\n"]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("help", () => {
  it("lists the commands", async () => {
    for (const words of [["--help"], ["-h"], ["help"]]) {
      const { exitCode, stdout, stderr } = await run(words);
      expect([exitCode, stderr]).toEqual([0, ""]);
      for (const name of ["build", "check", "explain", "import", "limits"]) expect(stdout).toMatch(`\n  ${name} `);
    }
  });

  it.each(["build", "check", "explain", "import", "limits"])("of %s names its options", async (name) => {
    const { exitCode, stdout, stderr } = await run([name, "--help"]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^usage: ai8xc ${name} `));
    if (name === "build") {
      for (const option of ["--weights", "--dump-stages", "--stop-after", "--json"]) expect(stdout).toContain(option);
      expect(stdout).toContain(`(${stageNames.join(", ")})`);
    }
  });
});

describe("explain", () => {
  it("lists every code, and tells about each", async () => {
    const table = await codeTable();
    const { exitCode, stdout } = await run(["explain"]);
    expect([exitCode, stdout.trimEnd().split("\n").length]).toEqual([0, table.size]);
    for (const [code, { title, explanation }] of table) {
      const one = await run(["explain", code.toLowerCase()]);
      expect(one.exitCode).toBe(0);
      expect(one.stdout).toContain(`${code}: ${title}\n\n${explanation}`);
    }
  });

  it("tells the rules that a code reports, and the codes of a rule", async () => {
    expect((await run(["explain", "AI3041"])).stdout).toContain("GAP-03  The step between pixels exceeds its field.");
    const rule = await run(["explain", "gap-03"]);
    expect([rule.exitCode, rule.stdout]).toEqual([
      0,
      "GAP-03: The step between pixels exceeds its field.\n\nAI3041  A pointer or its step is impossible\n",
    ]);
  });

  it("does not know others", async () => {
    const { exitCode, stdout, stderr } = await run(["explain", "AI0000"]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^there is no code AI0000/);
    expect((await run(["explain", "AI6001", "AI6002"])).exitCode).toBe(2);
  });
});

describe("limits", () => {
  it.each(Object.keys(devices))("of %s are text and JSON", async (name) => {
    const device = devices[name as keyof typeof devices];
    const text = await run(["limits", name.toLowerCase()]);
    expect([text.exitCode, text.stdout.split("\n")[0]]).toEqual([0, name]);
    expect(text.stdout).toContain(`${device.limits.layers}, of these`);
    const json = await run(["limits", name, "--json"]);
    expect(JSON.parse(json.stdout)).toEqual(JSON.parse(JSON.stringify(device)));
  });

  it("need a device that exists, and only one", async () => {
    for (const words of [[], ["MAX1"], ["MAX78000", "MAX78002"]]) {
      const { exitCode, stdout, stderr } = await run(["limits", ...words]);
      expect([exitCode, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("usage: ai8xc limits");
    }
  });
});
