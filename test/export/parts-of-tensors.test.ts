import { describe, expect, it } from "vitest";
import { eltwise, rowConcatenation } from "../../dsl/functions.ts";
import { buildModel } from "../../dsl/define-model.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { writeModel } from "./written-networks.ts";

const conv = { kernel: 3, padding: 1 };
const add = (...operands: TensorHandle[]): TensorHandle => eltwise("add", add, operands);
const rows = (...parts: TensorHandle[]): TensorHandle => rowConcatenation(rows, parts);

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
    expect(description).toMatch(/ {4}in_channels: 8\n {4}in_channel_skip: 0\n/);
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

describe.each(["MAX78000", "MAX78002"] as const)("layers that read rows of several tensors on %s", (device) => {
  it("are written with the size of all rows, and compile to the same program", () => {
    const build = (x: TensorHandle) => rows(x.conv2d(8, conv), x.crop(1, 1).conv2d(8, conv)).conv2d(4, conv);
    const { description, diagnostics } = written(build, device);
    expect(diagnostics).toEqual([]);
    expect(description).toContain("in_sequences: [conv2d_1, conv2d_2]\n    in_channels: 8\n    in_dim: [14, 8]\n");
  });

  it("are not written where the generator would take the rows of all channels in another order", () => {
    const build = (x: TensorHandle) => rows(x.conv2d(8, conv), x.conv2d(8, conv)).conv2d(4, conv);
    const [problem] = written(build, device).diagnostics;
    expect(problem).toMatchObject({ code: "AI6214", severity: "error" });
    expect(problem?.message).toMatch(/rows of 2 tensors of 8x8/);
  });
});
