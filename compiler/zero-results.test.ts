import { describe, expect, it } from "vitest";
import { defineModel } from "../dsl/index.ts";
import { devices } from "../targets/index.ts";
import { compile } from "./compile.ts";
import { randomSample, randomWeights } from "./passes/random-weights.ts";
import { checkZeroResults } from "./zero-results.ts";

const model = defineModel({ name: "tiny", device: "MAX78000", input: { shape: [2, 4, 4], format: "HWC" } }, (x) =>
  x.conv2d(4, { kernel: 3, padding: 1, bias: false }).relu().conv2d(3, { kernel: 1, bias: false }),
);

function warnings(fill: number | null): readonly string[] {
  const sample = randomSample(model, 1);
  const values = fill === null || sample === null ? sample : { ...sample, data: sample.data.map(() => fill) };
  const { diagnostics } = compile({
    model,
    device: devices.MAX78000,
    weights: randomWeights(model, 1),
    sample: values,
  });
  return diagnostics.map(({ code, severity, message }) => `${severity} ${code} ${message}`);
}

describe("layers without results", () => {
  it("are named in one warning", () => {
    const [found, ...others] = warnings(0);
    expect(others).toEqual([]);
    expect(found).toMatch(/^warning AI4301 all results of layers 0 \(.+\), 1 \(.+\) are zero for this sample/);
  });

  it("are not found where a sample gives something", () => {
    expect(warnings(null)).toEqual([]);
  });

  it("are counted where they are many, and not looked for in layers that did not run", () => {
    const layers = Array.from({ length: 6 }, (_, index) => ({ index, name: `l${index}`, origins: [] }));
    const found = checkZeroResults(
      { layers } as never,
      layers.map(({ index }) => (index === 0 ? undefined : new Int32Array(2))),
    );
    expect(found[0]?.message).toContain("layers 1 (l1), 2 (l2), 3 (l3), 4 (l4) and 1 more are zero");
  });
});
