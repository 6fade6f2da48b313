import { describe, expect, it } from "vitest";
import { buildModel } from "../../dsl/define-model.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { devices } from "../../targets/index.ts";
import { randomInput, randomWeights } from "../../test/fixtures/random-model.ts";
import { compile } from "../compile.ts";

type Build = (x: TensorHandle) => TensorHandle | readonly TensorHandle[];
interface Given {
  readonly device?: keyof typeof devices;
  readonly format?: "CHW" | "HWC";
  readonly fifo?: string;
}

/** What layers read, and notices about channels that are copied; the program is run by the simulator. */
function built(build: Build, { device = "MAX78000", format = "HWC", fifo = "none" }: Given = {}) {
  const model = buildModel({ name: "m", device, fifo, input: { shape: [4, 8, 8], format } }, build, built);
  const shape = model.nodes[0]?.shape ?? { channels: 1, height: 1, width: 1 };
  const sample = { shape, data: randomInput(model, 5) };
  const { network, verified, diagnostics } = compile({
    model,
    device: devices[device],
    weights: randomWeights(model, 5),
    sample,
  });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(verified).toBe(true);
  const nameOf = (source: number | "input") => (source === "input" ? source : network?.layers[source]?.name);
  const layers = network?.layers.map(({ name, sources, slices }) => {
    const read = sources.map((source, i) => {
      const slice = slices?.[i];
      return `${nameOf(source)}${slice === undefined ? "" : ` from ${slice.first}: ${slice.channels}`}`;
    });
    return `${name} <- ${read.join(", ")}`;
  });
  return { layers, copies: diagnostics.filter(({ code }) => code === "AI2559").length };
}

const conv = { kernel: 3, padding: 1 };

describe("channels of a tensor", () => {
  it("are read where they lie", () => {
    const { layers, copies } = built((x) => {
      const y = x.conv2d(64, conv);
      return [y.channels(32, 32).maxPool2d(2).conv2d(8, conv), y.channels(5, 6).conv2d(8, conv), y.channels(4, 8)];
    });
    expect(layers).toEqual([
      "conv2d_1 <- input",
      "conv2d_2 <- conv2d_1 from 32: 32",
      "conv2d_3 <- conv2d_1 from 5: 6",
      "channels_3 <- conv2d_1 from 4: 8",
    ]);
    expect(copies).toBe(0);
  });

  it("are cropped, counted anew and cut again", () => {
    const { layers } = built((x) =>
      x.conv2d(16, conv).channels(4, 12).crop(1, 2).reshape(8, 5).channels(4, 4).channels(0, 4).conv2d(8, conv),
    );
    expect(layers).toEqual(["conv2d_1 <- input", "conv2d_2 <- conv2d_1 from 8: 4"]);
  });

  it("of several turns are read with gaps where the device can, else selected", () => {
    const model: Build = (x) => x.conv2d(128, conv).channels(64, 32).conv2d(8, conv);
    expect(built(model).copies).toBe(1);
    expect(built(model, { device: "MAX78002" }).layers).toEqual([
      "conv2d_1 <- input",
      "conv2d_2 <- conv2d_1 from 64: 32",
    ]);
    const crossing: Build = (x) => x.conv2d(128, conv).channels(48, 32).conv2d(8, conv);
    expect(built(crossing, { device: "MAX78002" }).copies).toBe(1);
    const onePixel: Build = (x) => x.conv2d(192, conv).maxPool2d(8).linear(192).channels(64, 128).linear(4);
    expect(built(onePixel).copies).toBe(0);
  });

  it("of the input are selected by the first layer, or where it is loaded for others", () => {
    const alone: Build = (x) => x.channels(1, 2).conv2d(8, conv);
    expect(built(alone).layers).toEqual(["input_part <- input", "conv2d_1 <- input_part"]);
    expect(built(alone, { format: "CHW" }).copies).toBe(1);
    expect(built(alone, { fifo: "standard" }).copies).toBe(1);
    const beside: Build = (x) => [x.conv2d(8, conv), x.channels(1, 2).conv2d(8, conv)];
    expect(built(beside).layers).toEqual(["conv2d_1 <- input", "conv2d_2 <- input from 1: 2"]);
  });

  it("inside a word are selected for layers that move no words", () => {
    expect(built((x) => x.conv2d(16, conv).channels(5, 6).maxPool2d(2)).copies).toBe(1);
    expect(built((x) => x.conv2d(16, conv).channels(4, 6).maxPool2d(2)).copies).toBe(0);
  });
});
