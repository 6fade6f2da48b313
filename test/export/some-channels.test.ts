import { describe, expect, it } from "vitest";
import { eltwise } from "../../dsl/functions.ts";
import { buildModel } from "../../dsl/define-model.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { writeModel } from "./written-networks.ts";

const conv = { kernel: 3, padding: 1 };
const add = (...operands: TensorHandle[]): TensorHandle => eltwise("add", add, operands);

function written(build: (x: TensorHandle) => TensorHandle | TensorHandle[], device: "MAX78000" | "MAX78002") {
  const options = { name: "parts", device, input: { shape: [4, 8, 8], format: "HWC" } };
  return writeModel(buildModel(options, build, written));
}

describe.each(["MAX78000", "MAX78002"] as const)("layers that read some channels on %s", (device) => {
  it("are written with the channels they leave out, and compile to the same program", () => {
    const { description, diagnostics, generatorOptions } = written((x) => {
      const y = x.conv2d(64, conv);
      return [y.channels(32, 16).conv2d(4, conv), y.channels(0, 8).maxPool2d(2)];
    }, device);
    expect(diagnostics).toEqual([]);
    expect(generatorOptions).toContain("--reshape-inputs");
    expect(description).toMatch(/ {4}in_channel_skip: 32\n/);
    expect(description).toMatch(/ {4}in_channels: 8\n {4}processors/);
  });

  it("are written where all operands leave out the same", () => {
    const sum = (other: number) => (x: TensorHandle) =>
      add(x.conv2d(16, conv).channels(4, 8), x.conv2d(16, conv).channels(other, 8)).conv2d(4, conv);
    expect(written(sum(4), device).diagnostics).toEqual([]);
    const [problem] = written(sum(8), device).diagnostics;
    expect(problem).toMatchObject({ code: "AI6214", severity: "error" });
    expect(problem?.message).toMatch(/channels 4 to 11 and 8 to 15/);
  });
});
