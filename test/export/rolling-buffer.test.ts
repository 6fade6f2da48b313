import { describe, expect, it } from "vitest";
import { buildModel } from "../../dsl/define-model.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { writeModel } from "./written-networks.ts";

const conv = { kernel: 3, padding: 1 };

function written(build: (x: TensorHandle) => TensorHandle | TensorHandle[], shape: readonly number[] = [3, 6, 6]) {
  const options = { name: "temporal", device: "MAX78000", input: { shape, format: "HWC" } };
  return writeModel(buildModel(options, build, written));
}

/** One pixel per inference. */
const features = (x: TensorHandle) => x.conv2d(4, conv).maxPool2d(6).conv2d(8, { kernel: 1 });

describe("a temporal network", () => {
  it("is written with its rolling buffer, and compiles to the same program", () => {
    const { description, diagnostics, generatorOptions } = written((x) =>
      features(x).rollingBuffer(9, { name: "History" }).conv1d(5, { kernel: 3 }).conv1d(2, { kernel: 7, wide: true }),
    );
    expect(diagnostics).toEqual([]);
    expect(generatorOptions).toContain("--overlap-data");
    expect(description).toMatch(
      /\ndata_buffer:\n  - name: history\n    processors: 0x\w+\n    channels: 8\n    dim: \[9, 1\]\n/,
    );
    const offset = Number(/offset: (0x\w+)/.exec(description)![1]);
    const hexadecimal = (value: number) => `0x${value.toString(16).padStart(4, "0")}`;
    const layer = (name: string) => description.slice(description.indexOf(`- name: ${name}\n`)).split("\n\n")[0]!;
    for (const line of [
      "in_sequences: [history]",
      "in_channels: 8",
      "in_dim: [8, 1]",
      "buffer_shift: 1",
      `in_offset: ${hexadecimal(offset + 4)}`,
      `out_offset: ${hexadecimal(offset)}`,
    ]) {
      expect(layer("history_shift")).toContain(line);
    }
    expect(layer("conv2d_2")).toContain(`out_offset: ${hexadecimal(offset + 32)}\n    buffer_insert: 1`);
    expect(layer("conv1d_1")).toContain("in_sequences: [history]\n    in_channels: 8\n    in_dim: [9, 1]");
    expect(layer("conv1d_2")).not.toContain("in_sequences");
  });

  it("has other names for layers that are called like the one that moves the buffer", () => {
    const { description, diagnostics } = written((x) => {
      const window = features(x).rollingBuffer(9, { name: "h" });
      return window.conv1d(5, { kernel: 3, name: "h_shift" });
    });
    expect(diagnostics).toEqual([]);
    expect(description.match(/- name: \w+/g)).toEqual([
      "- name: h",
      "- name: conv2d_1",
      "- name: h_shift_2",
      "- name: conv2d_2",
      "- name: h_shift",
    ]);
  });

  it.each<[string, (x: TensorHandle) => TensorHandle | TensorHandle[], RegExp]>([
    ["several rows at a time", (x) => x.conv2d(4, conv).conv2d(8, conv).rollingBuffer(9).conv2d(5, conv), /6x6 pixels/],
    [
      "a buffer that is not read by conv1d",
      (x) => features(x).rollingBuffer(9).conv2d(5, { kernel: 1 }),
      /without a 1-D/,
    ],
    ["a part of a buffer", (x) => features(x).rollingBuffer(9).crop(1).conv1d(5, { kernel: 3 }), /a part of/],
    [
      "two buffers",
      (x) => {
        const y = features(x);
        return [y.rollingBuffer(9).conv1d(5, { kernel: 3 }), y.rollingBuffer(12).conv1d(5, { kernel: 3 })];
      },
      /second rolling buffer/,
    ],
  ])("with %s cannot be written", (_, build, message) => {
    const { files, diagnostics } = written(build);
    expect(files).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toContain("AI6214");
    expect(diagnostics.map((diagnostic) => diagnostic.message).join("\n")).toMatch(message);
  });
});
