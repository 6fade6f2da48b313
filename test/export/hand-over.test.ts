import { describe, expect, it } from "vitest";
import { buildModel } from "../../dsl/define-model.ts";
import { add, concat, defineModel } from "../../dsl/index.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { programDifferences } from "../../compiler/export/compare-programs.ts";
import { programOfFiles } from "../../compiler/export/read-back.ts";
import { checkpointLayers } from "../../compiler/import/checkpoint-layers.ts";
import { readCheckpoint } from "../../compiler/import/checkpoint.ts";
import { defaultProgramOptions } from "../../compiler/options.ts";
import { devices } from "../../targets/index.ts";
import { writeModel, type Written } from "./written-networks.ts";

const small = { name: "small", device: "MAX78000", input: { shape: [4, 8, 8], format: "HWC" } } as const;
const options = { averagePoolRounding: false, fifo: "none" } as const;

const readAgain = (written: Written, description: string) =>
  programOfFiles({
    description,
    checkpoint: written.checkpoint,
    sample: written.sampleFile,
    device: devices.MAX78000,
    network: options,
    program: defaultProgramOptions(devices.MAX78000),
  });

describe("written networks", () => {
  const chain = defineModel(small, (x) =>
    x
      .conv2d(8, { name: "first", kernel: 3, padding: 1, activation: "relu", bias: true })
      .maxPool2d(2)
      .conv2d(4, { name: "second", kernel: 1, weightBits: 4, bias: true })
      .flatten()
      .linear(3, { name: "last", wide: true }),
  );

  it("say everything about their layers", () => {
    const { description, diagnostics } = writeModel(chain);
    expect(diagnostics).toEqual([]);
    const layers = description.split("  # Layer ").slice(1);
    expect(layers).toHaveLength(3);
    expect(layers[0]).toContain("data_format: HWC");
    expect(layers[1]).toMatch(
      /max_pool: 2\n {4}pool_stride: 2\n {4}operation: Conv2d\n {4}kernel_size: 1x1\n {4}pad: 0\n/,
    );
    expect(layers[1]).toContain("quantization: 4\n");
    expect(layers[1]).toContain("activate: None\n");
    expect(layers[2]).toContain("operation: Linear\n    pad: 0\n    flatten: true\n");
    expect(layers[2]).toContain("output_width: 32\n");
    for (const layer of layers) {
      expect(layer).toMatch(/ processors: 0x[\da-f]+\n/);
      expect(layer).toMatch(/ out_offset: 0x[\da-f]{4}\n/);
      expect(layer).not.toMatch(/['"]/);
    }
  });

  it("store weights as integers and a bias in steps of 2^(bits - 1)", () => {
    const { checkpoint } = writeModel(chain);
    const { checkpoint: read } = readCheckpoint(checkpoint, "small.pth.tar");
    const tensors = read!.tensors;
    expect(read!.arch).toBe("small");
    expect(tensors.get("second.weight_bits")!.data[0]).toBe(4);
    expect(tensors.get("second.op.weight")!.shape).toEqual([4, 8, 1, 1]);
    expect(tensors.get("last.op.weight")!.shape).toEqual([3, 64]);
    const bias = [...tensors.get("second.op.bias")!.data];
    expect(bias.every((value) => value % 8 === 0)).toBe(true);
    expect(bias.some((value) => value !== 0)).toBe(true);
    const { layers } = checkpointLayers(read!);
    expect(layers.map(({ key }) => key)).toEqual(["first.op.weight", "second.op.weight", "last.op.weight"]);
    expect(layers[1]!.bias).toEqual(Float64Array.from(bias, (value) => value / 8));
  });

  it("are compared so that any changed value is found", () => {
    const written = writeModel(chain);
    const same = readAgain(written, written.description);
    expect(programDifferences(written.program, same.program!)).toEqual([]);
    const changes = [
      ["output_shift: ", "output_shift: 1"],
      ["activate: ReLU", "activate: Abs"],
      ["out_offset: 0x", "out_offset: 0x1"],
      ["max_pool", "avg_pool"],
      ["data_format: HWC", "data_format: CHW"],
    ] as const;
    for (const [from, to] of changes) {
      const changed = written.description.replace(from, to);
      expect(changed).not.toBe(written.description);
      const again = readAgain(written, changed);
      const found = again.program === undefined || programDifferences(written.program, again.program).length > 0;
      expect(found, `${from} -> ${to}`).toBe(true);
    }
  });

  it("name sources, operands and shared weights", () => {
    const model = defineModel(small, (x) => {
      const a = x.conv2d(4, { name: "Stop", kernel: 3, padding: 1 });
      const b = a.conv2d(4, { name: "b", kernel: 3, padding: 1, bias: false });
      const c = b.conv2d(4, { name: "c", kernel: 3, padding: 1, bias: false, weightsOf: "b" });
      return concat(add(a, c), b).maxPool2d(2).conv2d(3, { name: "B", kernel: 3, padding: 1 });
    });
    const { description, diagnostics } = writeModel(model);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(description).toContain("weight_source: b\n");
    expect(description).toContain("name: layer_0\n");
    expect(description).toContain("name: B_2\n");
    expect(description).toMatch(/eltwise: add\n {4}operands: 2\n/);
  });

  it("cover one-dimensional data, reshaping, depthwise and transposed kernels", () => {
    const lines = defineModel({ name: "test", device: "MAX78002", input: { shape: [6, 64], format: "HWC" } }, (x) =>
      x
        .conv1d(8, { name: "one", kernel: 3, padding: 1, activation: "relu" })
        .maxPool1d(2)
        .conv1d(8, { name: "two", kernel: 1, activation: "abs" })
        .reshape(8, 4)
        .conv2d(8, { name: "three", kernel: 3, padding: 1, groups: 8 })
        .convTranspose2d(4, { name: "four", kernel: 3, padding: 1 }),
    );
    const { description, files, diagnostics } = writeModel(lines);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect([...files!.keys()]).toEqual(["test_net.yaml", "test_net.pth.tar", "sample_test_net.npy"]);
    expect(description).toMatch(/max_pool: 2\n {4}pool_stride: 2\n {4}operation: Conv1d\n {4}kernel_size: 1\n/);
    expect(description).toContain("in_dim: [8, 4]\n");
    expect(description).toContain("groups: 8\n");
    expect(description).toContain("operation: ConvTranspose2d\n");
  });

  it("name the FIFO and rounding among the generator's options", () => {
    const model = defineModel({ ...small, input: { shape: [4, 8, 8], format: "HWC" } }, (x) =>
      x.conv2d(4, { kernel: 3, padding: 1 }).avgPool2d(2),
    );
    const { generatorOptions } = writeModel(model, { network: { fifo: "standard", averagePoolRounding: true } });
    expect(generatorOptions).toContain("--fifo");
    expect(generatorOptions).toContain("--avg-pool-rounding");
  });

  it("name the core that feeds a fast FIFO", () => {
    const model = defineModel(small, (x) => x.conv2d(4, { kernel: 3, padding: 1 }));
    for (const fifo of ["fast", "fast-quad"] as const) {
      const { generatorOptions } = writeModel(model, { network: { fifo } });
      expect(generatorOptions).toContain(fifo === "fast" ? "--fast-fifo" : "--fast-fifo-quad");
      expect(generatorOptions).toContain("--riscv");
    }
  });

  it("let results lie where the generator takes the second pass of the input to be", () => {
    const wideInput = { name: "wide", device: "MAX78000", input: { shape: [72, 4, 4], format: "HWC" } } as const;
    const at = (inputOffset: number) =>
      defineModel(wideInput, (x) => x.conv2d(4, { name: "one", kernel: 1 }), {
        one: { inputOffset, outputOffset: 0x2000 },
      });
    expect(writeModel(at(0x1000)).generatorOptions).toContain("--overlap-data");
    expect(writeModel(at(0)).generatorOptions).not.toContain("--overlap-data");
  });

  it("give a pool over one column the same stride along rows and columns", () => {
    const line = { name: "line", device: "MAX78000", input: { shape: [4, 18], format: "HWC" } } as const;
    const model = defineModel(line, (x) => x.maxPool1d(7, { stride: 3 }).conv2d(4, { kernel: 3, padding: 1 }));
    const { description, diagnostics } = writeModel(model);
    expect(diagnostics).toEqual([]);
    expect(description).toMatch(/max_pool: \[7, 1\]\n {4}pool_stride: 3\n {4}operation: Conv2d\n/);
  });

  it("count all inputs of a flattened layer that names its sources", () => {
    const model = defineModel(small, (x) => {
      const [a, b] = [x.maxPool2d(4).conv2d(4, { kernel: 1 }), x.avgPool2d(4).conv2d(4, { kernel: 1 })];
      return concat(a, b).flatten().linear(3, { name: "last" });
    });
    const { description, diagnostics } = writeModel(model);
    expect(diagnostics).toEqual([]);
    expect(description).toMatch(/- name: last\n {4}in_sequences: \[\w+, \w+\]\n {4}in_channels: 32\n/);
  });

  it("give a far dilated layer a size of its own", () => {
    const line = { name: "line", device: "MAX78000", input: { shape: [4, 18], format: "HWC" } } as const;
    const model = defineModel(line, (x) => [x.conv1d(4, { kernel: 3, dilation: 5 }), x.conv1d(4, { kernel: 3 })]);
    const { description, diagnostics } = writeModel(model);
    expect(diagnostics).toEqual([]);
    expect(description.match(/in_dim: \[18, 1\]/g)).toHaveLength(1);
  });

  it("say no order of a pool that only strides", () => {
    const model = defineModel(small, (x) => {
      const [a, b] = [x.conv2d(4, { kernel: 1 }), x.conv2d(4, { kernel: 1 })];
      return add(a, b).maxPool2d(1, { stride: 2 });
    });
    const { description, diagnostics } = writeModel(model);
    expect(diagnostics).toEqual([]);
    expect(description).toMatch(/operands: 2\n {4}max_pool: 1\n {4}pool_stride: 2\n/);
  });

  it("dilate the windows of a single column along rows only", () => {
    const line = { name: "line", device: "MAX78002", input: { shape: [4, 18], format: "HWC" } } as const;
    const model = defineModel(line, (x) => x.maxPool1d(2, { stride: 3, dilation: 3 }));
    const { description, diagnostics } = writeModel(model);
    expect(diagnostics).toEqual([]);
    expect(description).toContain("pool_dilation: [3, 1]\n");
  });

  it("store kernels of +1 and -1 in the bits they take on the hardware", () => {
    const both = defineModel({ ...small, device: "MAX78002", input: { shape: [4, 12], format: "HWC" } }, (x) =>
      x
        .conv1d(5, { name: "taps", kernel: 3, weightBits: 1, binary: true })
        .conv1d(4, { name: "far", kernel: 2, dilation: 3, weightBits: 1, binary: true }),
    );
    const { description, diagnostics, checkpoint } = writeModel(both);
    expect(diagnostics).toEqual([]);
    expect(description.match(/quantization: \w+/g)).toEqual(["quantization: bin", "quantization: 2"]);
    const bits = readCheckpoint(checkpoint, "small.pth.tar").checkpoint!.tensors.get("far.weight_bits")!;
    expect([...bits.data]).toEqual([2]);
  });
});

describe("networks of which the generator makes something else", () => {
  const warnings = (
    build: (x: TensorHandle) => TensorHandle | readonly TensorHandle[],
    device = "MAX78000",
  ): string[] => {
    const { files, diagnostics } = writeModel(buildModel({ ...small, device }, build, writeModel));
    expect(files).toBeDefined();
    expect(new Set(diagnostics.map(({ severity }) => severity))).toEqual(new Set(["warning"]));
    return diagnostics.map(({ code, message }) => `${code} ${message.replace("the reference generator makes ", "")}`);
  };

  it.each<[string, (x: TensorHandle) => TensorHandle | readonly TensorHandle[], RegExp]>([
    [
      "few bits over a pass that is not full",
      (x) => x.conv2d(65, { kernel: 1 }).conv2d(4, { kernel: 1, weightBits: 4 }),
      /^AI6215 something else of 'conv2d_2': kernels of fewer than 8 bits are shifted/,
    ],
    [
      "wide and narrow outputs",
      (x) => [x.conv2d(4, { kernel: 1 }), x.conv2d(4, { kernel: 1, wide: true })],
      /^AI6215 something else of 'conv2d_2': cnn_unload\(\) delivers the bytes/,
    ],
    [
      "a wide output of six channels",
      (x) => x.conv2d(6, { kernel: 1, wide: true }),
      /^AI6215 something else of 'conv2d_1': cnn_unload\(\) reads words between/,
    ],
    [
      "equal biases, one of them pinned to a quadrant",
      (x) => [
        x.conv2d(4, { kernel: 1, name: "one" }).pin({ biasQuadrants: [0] }),
        x.maxPool2d(2).conv2d(4, { kernel: 1, weightsOf: "one" }),
      ],
      /^AI6215 something else of 'conv2d_1': it adds the bias of an earlier layer/,
    ],
  ])("say so: %s", (_, build, message) => {
    expect(warnings(build).some((warning) => message.test(warning))).toBe(true);
  });
});

describe("networks that a description cannot say", () => {
  it("join tensors of different channel counts", () => {
    const model = defineModel(small, (x) => {
      const a = x.conv2d(8, { name: "a", kernel: 3, padding: 1 });
      return concat(a, a.conv2d(4, { name: "b", kernel: 3, padding: 1 })).conv2d(4, { name: "joined", kernel: 1 });
    });
    const { files, diagnostics } = writeModel(model);
    expect(files).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(["AI6214"]);
    expect(diagnostics[0]!.message).toContain(
      "'joined' cannot be written as a network description: it reads 2 tensors",
    );
    expect(diagnostics[0]!.message).toContain("8 and 4 channels");
  });

  it.each<[string, (x: TensorHandle) => TensorHandle, RegExp]>([
    [
      "crop rows at the front only",
      (x) => x.conv2d(4, { kernel: 1 }).crop(1, 0).conv2d(4, { kernel: 1 }),
      /front only/,
    ],
    [
      "crop rows and reshape at once",
      (x) => x.conv2d(4, { kernel: 1 }).crop(2, 1).reshape(4, 12).conv2d(4, { kernel: 1 }),
      /crops rows and reshapes/,
    ],
    [
      "flatten passes that are not full",
      (x) => x.conv2d(65, { kernel: 1 }).flatten().linear(3),
      /flattens 65 channels in 2 passes, which the generator can only if they are 72/,
    ],
    ["bypass kernels", (x) => x.conv2d(4, { kernel: 3, bypass: true }), /bypasses its kernels/],
    [
      "pool dilated windows that the generator overlooks",
      (x) => x.maxPool2d(2, { stride: 3, dilation: [2, 1] }).conv2d(4, { kernel: 1 }),
      /pools 3x3 dilated windows, of which the generator calculates 2x3/,
    ],
  ])("%s", (_, build, message) => {
    const { files, diagnostics } = writeModel(
      buildModel({ ...small, device: "MAX78002", input: { shape: [4, 9, 8], format: "HWC" } }, build, writeModel),
    );
    expect(files).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(["AI6214"]);
    expect(diagnostics[0]?.message).toMatch(message);
  });

  it("keep few kernels at the end of long weight memories", () => {
    const single = { name: "few", device: "MAX78002", input: { shape: [1, 6, 6], format: "HWC" } } as const;
    const model = defineModel(single, (x) => [x.conv2d(4, { kernel: 1 }), x.conv2d(4, { kernel: 1 })]);
    const { files, diagnostics } = writeModel(model);
    expect(files).toBeUndefined();
    expect(diagnostics.map(({ message }) => message).join()).toMatch(/'conv2d_2' .* onto those of another layer/);
  });

  it("join the input and another tensor in a last layer without weights", () => {
    const model = defineModel(small, (x) => concat(x.conv2d(4, { kernel: 1 }), x));
    const { files, diagnostics } = writeModel(model);
    expect(files).toBeUndefined();
    expect(diagnostics.map(({ message }) => message).join()).toContain("the input counts as 0, like the last layer");
  });

  it("reshape the network input", () => {
    const model = defineModel(small, (x) => x.reshape(16, 4).conv2d(4, { kernel: 3, padding: 1 }));
    const { files, diagnostics } = writeModel(model);
    expect(files).toBeUndefined();
    expect(diagnostics.map(({ code }) => code)).toEqual(["AI6214"]);
  });
});
