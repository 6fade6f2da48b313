import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { devices } from "../targets/index.ts";
import type { Model } from "../dsl/model.ts";
import { compile, stageNames } from "./compile.ts";
import type { CompileRequest } from "./compile.ts";
import { randomSample, randomWeights } from "./passes/random-weights.ts";

const examples = resolve(import.meta.dirname, "../examples");

async function example(name: string): Promise<Model> {
  const module = (await import(join(examples, name, "model.ts"))) as { readonly default: Model };
  return module.default;
}

const request = (model: Model): CompileRequest => ({
  model,
  device: devices[model.devices[0] ?? "MAX78000"],
  weights: randomWeights(model, 1),
  sample: randomSample(model, 1),
});

const folders = readdirSync(examples).filter((name) => existsSync(join(examples, name, "model.ts")));

describe("the examples", () => {
  it.each(folders)("%s compiles to a program that the simulator agrees with", { timeout: 120_000 }, async (name) => {
    const model = await example(name);
    for (const device of model.devices) {
      const { program, diagnostics, times } = compile({ ...request(model), device: devices[device] });
      expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(program?.knownAnswer?.length).toBeGreaterThan(0);
      expect(times.map(({ pass }) => pass)).toContain("verifyProgram");
    }
  });
});

describe("a compilation", () => {
  it("gives the same result every time", async () => {
    const model = await example("residual");
    expect(compile(request(model)).program).toEqual(compile(request(model)).program);
  });

  it("stops where it is asked to, and tells every stage on the way", async () => {
    const model = await example("residual");
    for (const [index, stopAfter] of stageNames.entries()) {
      const seen: string[] = [];
      const result = compile({
        ...request(model),
        stopAfter,
        onStage: (name, text) => seen.push(`${name} ${text.length > 20}`),
      });
      expect(seen).toEqual(stageNames.slice(0, index + 1).map((name) => `${name} true`));
      expect(result.program !== undefined).toBe(stopAfter === "program");
    }
  });

  it("needs neither sample nor verification", async () => {
    const model = await example("residual");
    const blind = compile({ ...request(model), sample: null });
    expect(blind.program?.knownAnswer).toBeNull();
    const trusting = compile({ ...request(model), verify: false });
    expect(trusting.program?.knownAnswer?.length).toBeGreaterThan(0);
    expect(trusting.times.map(({ pass }) => pass)).not.toContain("verifyProgram");
  });

  it("collects mistakes instead of throwing them", async () => {
    const model = await example("residual");
    const { program, diagnostics } = compile({
      ...request(model),
      weights: { operators: new Map(), batchNorms: new Map() },
    });
    expect(program).toBeUndefined();
    expect(diagnostics.filter(({ code }) => code === "AI4502").length).toBeGreaterThan(1);
  });
});
