import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { sketchPlacement, type LayerSketch } from "../../test/lower/sketch-layers.ts";
import { defaultProgramOptions } from "../options.ts";
import { loweringContext } from "./context.ts";
import { inputImage } from "./input-image.ts";
import { knownAnswer } from "./known-answer.ts";

const device = devices.MAX78000;

const inputOf = (sketch: LayerSketch, network: Parameters<typeof sketchPlacement>[2], data: number[]) => {
  const placement = sketchPlacement(device, [sketch], network);
  const context = loweringContext(placement, device, defaultProgramOptions(device));
  const diagnostics: never[] = [];
  const image = inputImage({ shape: placement.network.input, data }, context, diagnostics);
  const hex = (word: number) => word.toString(16).padStart(8, "0");
  return image.arrays.map(({ address, words }) => `${hex(address)}: ${[...words].map(hex).join(" ")}`);
};

const layer = (channels: number, height: number, width: number) => ({
  input: { channels, height, width },
  output: { channels, height, width },
});

describe("input image", () => {
  it("puts four channels of a pixel into a word, by the lanes of their processors", () => {
    const sketch = {
      layer: layer(3, 1, 2),
      placement: { processors: 0b1_0000_0110n, outputProcessors: 1n, inputOffset: 8 },
    };
    expect(inputOf(sketch, {}, [1, 2, 3, -1, 5, 6])).toEqual([
      "50400008: 00030100 00ff0200",
      "50410008: 00000005 00000006",
    ]);
  });

  it("orders words by pixel, pass and operand", () => {
    const shape = { channels: 2, height: 1, width: 2 };
    const sketch: LayerSketch = {
      layer: { input: shape, eltwise: { operation: "add", operands: 2, poolFirst: true }, output: shape },
      placement: { processors: 0b11n, outputProcessors: 0b11n },
    };
    const placement = sketchPlacement(device, [sketch]);
    const network = { ...placement.network, input: { channels: 4, height: 1, width: 2, format: "HWC" as const } };
    const context = loweringContext({ ...placement, network }, device, defaultProgramOptions(device));
    const image = inputImage({ shape: network.input, data: [1, 2, 3, 4, 5, 6, 7, 8] }, context, []);
    expect([...(image.arrays[0]?.words ?? [])]).toEqual([0x0301, 0x0705, 0x0402, 0x0806]);
  });

  it("puts four pixels of a channel into a word when the input is CHW", () => {
    const sketch = { layer: layer(2, 1, 5), placement: { processors: 0x11n, outputProcessors: 1n } };
    expect(inputOf(sketch, { format: "CHW" }, [1, 2, 3, 4, 5, 6, 7, 8, 9, -10])).toEqual([
      "50400000: 04030201 00000005",
      "50408000: 09080706 000000f6",
    ]);
  });

  it.each([
    ["HWC", 0x20, "50400010: 00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008"],
    ["CHW", 0x14, "50400010: 04030201 08070605"],
  ] as const)("loads rows that the first layer leaves out in front of where it reads (%s)", (format, at, line) => {
    const cropped: LayerSketch = {
      layer: { ...layer(1, 1, 4), crop: [1, 0] },
      placement: { processors: 1n, outputProcessors: 1n, inputOffset: at },
    };
    const placement = sketchPlacement(device, [cropped], { format });
    const network = { ...placement.network, input: { channels: 1, height: 2, width: 4, format } };
    const context = loweringContext({ ...placement, network }, device, defaultProgramOptions(device));
    const image = inputImage({ shape: network.input, data: [1, 2, 3, 4, 5, 6, 7, 8] }, context, []);
    const hex = (word: number) => word.toString(16).padStart(8, "0");
    expect(image.arrays.map(({ address, words }) => `${hex(address)}: ${[...words].map(hex).join(" ")}`)).toEqual([
      line,
    ]);
  });

  it("gives every FIFO the channels of its processors, also when they are spread over quadrants", () => {
    const sketch = { layer: layer(3, 1, 2), placement: { processors: 0x0001_0001_0001n, outputProcessors: 1n } };
    expect(inputOf(sketch, { fifo: "standard" }, [1, 2, 3, 4, 5, 6])).toEqual([
      "50000008: 00000001 00000002",
      "5000000c: 00000003 00000004",
      "50000010: 00000005 00000006",
    ]);
  });

  it("refuses a sample of another shape", () => {
    const placement = sketchPlacement(device, [
      { layer: layer(1, 2, 2), placement: { processors: 1n, outputProcessors: 1n } },
    ]);
    const diagnostics: { code: string; message: string }[] = [];
    const context = loweringContext(placement, device, defaultProgramOptions(device));
    const sample = { shape: { channels: 1, height: 2, width: 3 }, data: new Int8Array(6) };
    expect(inputImage(sample, context, diagnostics as never).arrays).toEqual([]);
    expect(diagnostics[0]).toMatchObject({
      code: "AI3305",
      message: "the sample is 1x2x3 with 6 values; the input is 1x2x2",
    });
  });
});

describe("known answer", () => {
  it("groups words of all outputs by mask and address", () => {
    const outputs = [
      {
        layer: { output: { channels: 2, height: 1, width: 2 }, isOutput: true },
        placement: { processors: 1n, outputProcessors: 0b11000n, outputOffset: 0x1000 },
      },
      {
        layer: { output: { channels: 5, height: 1, width: 2 }, outputBits: 32 },
        convolution: { kernel: [1, 1] },
        placement: { processors: 1n, outputProcessors: 0x1fn, outputOffset: 0x2000 },
      },
    ] as const;
    const blocks = knownAnswer(
      sketchPlacement(device, outputs),
      device,
      [
        [-63, 47, 8, 25],
        [1, 2, 3, 4, 5, 6, 7, 8, -9, 10],
      ],
      [0, 1],
    );
    const hex = (word: number) => word.toString(16).padStart(8, "0");
    expect(
      blocks.map(({ address, mask, words }) => `${hex(address)} ${hex(mask)} ${[...words].map(hex).join(" ")}`),
    ).toEqual([
      "50409000 000000ff 00000008 00000019",
      "50401000 ff000000 c1000000 2f000000",
      "50402000 ffffffff 00000001 00000003 00000005 00000007 00000002 00000004 00000006 00000008",
      "5040a000 ffffffff fffffff7",
      "5040a010 ffffffff 0000000a",
    ]);
  });

  it("leaves words free between pixels when the output has a gap", () => {
    const gapped = {
      layer: { output: { channels: 4, height: 1, width: 2 } },
      placement: { processors: 1n, outputProcessors: 0xfn, writeGap: 1 },
    };
    const blocks = knownAnswer(sketchPlacement(device, [gapped]), device, [[1, 2, 3, 4, 5, 6, 7, 8]], [0]);
    expect(blocks.map(({ address }) => address)).toEqual([0x50400000, 0x50400008]);
  });
});
