import { describe, expect, it } from "vitest";
import { devices, type DeviceName } from "../../targets/index.ts";
import { sketchPlacement, type LayerSketch } from "../../test/lower/sketch-layers.ts";
import { defaultProgramOptions, type ProgramOptions } from "../options.ts";
import { checkProgram } from "./lower-program.ts";

const shape = (channels: number, height: number, width: number) => ({ channels, height, width });

const plain = (layer: LayerSketch["layer"] = {}, convolution?: LayerSketch["convolution"]): LayerSketch => ({
  layer: { input: shape(1, 8, 8), output: shape(1, 8, 8), ...layer },
  ...(convolution === undefined ? {} : { convolution: { padding: [1, 1], ...convolution } }),
  placement: { processors: 1n, outputProcessors: 1n },
});

const problems = (
  device: DeviceName,
  sketches: readonly LayerSketch[],
  options: Partial<ProgramOptions> = {},
  network: Parameters<typeof sketchPlacement>[2] = {},
): string[] => {
  const spec = devices[device];
  const placement = sketchPlacement(spec, sketches, network);
  return checkProgram(placement, spec, { ...defaultProgramOptions(spec), ...options }).map(
    ({ code, message }) => `${code} ${message}`,
  );
};

describe("checks before lowering", () => {
  it("accept an ordinary layer on both devices", () => {
    expect(problems("MAX78000", [plain({}, {})])).toEqual([]);
    expect(problems("MAX78002", [plain({}, {})])).toEqual([]);
  });

  it("refuse options the device does not have", () => {
    expect(problems("MAX78000", [plain()], { oneShot: true, pipeline: true, externalReady: true })).toEqual([
      "AI5301 option --pipeline is not available on MAX78000",
      "AI5301 option --one-shot (oneShot) is not available on MAX78000",
      "AI5301 option --ext-rdy (externalReady) is not available on MAX78000",
    ]);
  });

  it("refuse kernels, groups and weights the device does not have", () => {
    const binary = { outputs: 1, inputs: 1, data: new Int8Array(9), bits: 1, binary: true } as const;
    expect(problems("MAX78000", [plain({}, { kernel: [5, 5], dilation: 2, groups: 2, bypass: true })])).toEqual([
      "AI2601 layer_0: a conv2d kernel of 5x5 is not available",
      "AI2601 layer_0: dilation 2; only Conv1d can be dilated",
      "AI2601 layer_0: 2 groups; depthwise convolutions are not available on MAX78000",
      "AI2601 layer_0: 2 groups for 1 inputs and 1 outputs; groups are 1 or equal to both",
      "AI2601 layer_0: a convolution without weights is not available on MAX78000",
    ]);
    expect(problems("MAX78000", [plain({}, { weights: binary })])).toEqual([
      "AI2601 layer_0: weights of +1 and -1 are not available on MAX78000",
    ]);
    const plainBits = { ...binary, binary: false };
    expect(problems("MAX78002", [plain({}, { weights: binary }), plain({}, { weights: plainBits })])).toEqual([
      "AI2602 layer_0 and layer_1 have different kinds of 1-bit weights, +1/-1 and 0/-1; a network has one kind",
    ]);
  });

  it("refuse a layer that does not read what its source holds", () => {
    const smaller = plain({ input: shape(1, 7, 8), output: shape(1, 7, 8) });
    expect(problems("MAX78000", [plain(), smaller])).toEqual(["AI2601 layer_1: reads 56 values; its sources hold 64"]);
    expect(problems("MAX78000", [plain(), plain({ ...smaller.layer, crop: [1, 0] })])).toEqual([]);
  });

  it("refuse streaming without a FIFO, and a FIFO that cannot feed the processors", () => {
    const streaming = plain({ streaming: true }, {});
    expect(problems("MAX78000", [streaming])).toEqual([
      "AI3304 streaming layers need an input FIFO; this program has none",
    ]);
    expect(problems("MAX78000", [streaming], {}, { fifo: "standard" })).toEqual([]);
    const elsewhere = { ...streaming, placement: { processors: 0x10n, outputProcessors: 1n } };
    expect(problems("MAX78000", [elsewhere], {}, { fifo: "standard" })).toEqual([
      "AI3306 layer_0 reads its input with processors 4; FIFOs feed the first 4 of each quadrant only",
    ]);
  });

  it("refuse to leave out rows of what a FIFO delivers", () => {
    const cropped = plain({ crop: [0, 1] }, {});
    const placement = sketchPlacement(devices.MAX78000, [cropped], { fifo: "standard" });
    const network = { ...placement.network, input: { ...shape(1, 9, 8), format: "HWC" as const } };
    const options = defaultProgramOptions(devices.MAX78000);
    expect(checkProgram({ ...placement, network }, devices.MAX78000, options).map(({ message }) => message)).toEqual([
      "layer_0 leaves out 0 + 1 rows; from a FIFO it takes all",
    ]);
  });

  it("refuse more hardware layers than there are, counting repetitions", () => {
    const twenty = Array.from({ length: 20 }, () => plain());
    expect(problems("MAX78000", twenty)).toEqual([]);
    expect(problems("MAX78000", twenty, { repeatLayers: 2 })).toEqual([
      "AI3302 the network needs 40 hardware layers; MAX78000 has 32",
    ]);
  });
});
