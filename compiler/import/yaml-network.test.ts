import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import type { CheckpointLayer } from "./checkpoint-layers.ts";
import type { NpyArray } from "./npy.ts";
import { parseYamlNetwork } from "./yaml.ts";
import { yamlToNetwork } from "./yaml-network.ts";
import type { YamlOptions, YamlWeights } from "./yaml-options.ts";

const array = (...shape: number[]): NpyArray => ({
  shape,
  dtype: "int64",
  data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 11) - 5 || 1),
});

const test = (...weights: NpyArray[]): YamlWeights => ({ kind: "test", weights: [...weights, array(1)], bias: null });

interface Setup {
  readonly weights?: YamlWeights;
  readonly shape?: readonly number[];
  readonly options?: Partial<YamlOptions>;
  readonly device?: keyof typeof devices;
  readonly head?: string;
}

function read(layers: string, { weights = test(), shape = [3, 8, 8], options, device, head = "" }: Setup = {}) {
  const text = `arch: test\ndataset: d\n${head}layers:\n${layers}`;
  const { description, diagnostics } = parseYamlNetwork(text, "n.yaml");
  if (description === undefined) throw new Error(JSON.stringify(diagnostics));
  return yamlToNetwork(description, {
    device: devices[device ?? "MAX78000"],
    weights,
    sample: { shape },
    ...(options ? { options } : {}),
  });
}

const layersOf = (...args: Parameters<typeof read>) => {
  const { network, diagnostics } = read(...args);
  if (network === undefined) throw new Error(JSON.stringify(diagnostics));
  return network.layers;
};
const sizes = (layers: ReturnType<typeof layersOf>) =>
  layers.map(({ output }) => [output.channels, output.height, output.width]);
const errors = (...args: Parameters<typeof read>) =>
  read(...args)
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, location }) => `${code}@${location?.line}`);

const conv = "  - { op: conv2d, processors: 0x7, out_offset: 0x2000, pad: 1, activate: relu }\n";
const pooled = "  - { op: conv2d, processors: 0xf0, out_offset: 0x100, pad: 2, max_pool: 2, pool_stride: 2 }\n";
const fc = "  - { op: mlp, processors: 0xff00, out_offset: 0x2000, flatten: true, output_width: 32 }\n";
const threeLayers = test(array(4, 3, 3, 3), array(8, 4, 3, 3), array(10, 8 * 36));

describe("networks of descriptions", () => {
  it("infers channels, sizes and pins", () => {
    const layers = layersOf(conv + pooled + fc, { weights: threeLayers });
    expect(sizes(layers)).toEqual([
      [4, 8, 8],
      [8, 6, 6],
      [10, 1, 1],
    ]);
    expect(layers[2]?.input).toEqual({ channels: 8, height: 6, width: 6 });
    expect(layers.map(({ pins }) => pins)).toEqual([
      { processors: 0x7n, outputProcessors: 0xf0n, inputOffset: 0, outputOffset: 0x2000, writeGap: 0, readGap: 0 },
      {
        processors: 0xf0n,
        outputProcessors: 0xff00n,
        inputOffset: 0x2000,
        outputOffset: 0x100,
        writeGap: 0,
        readGap: 0,
      },
      {
        processors: 0xff00n,
        outputProcessors: 0x3ffn,
        inputOffset: 0x100,
        outputOffset: 0x2000,
        writeGap: 0,
        readGap: 0,
      },
    ]);
    expect(layers.map(({ isOutput, activation, outputBits }) => [isOutput, activation, outputBits])).toEqual([
      [false, "relu", 8],
      [false, null, 8],
      [true, null, 32],
    ]);
  });

  it("cuts the network; its last results stay on the processors they were meant for", () => {
    const layers = layersOf(conv + pooled + fc, { weights: threeLayers, options: { stopAfter: 1 } });
    expect(layers).toHaveLength(2);
    expect(layers[1]).toMatchObject({ isOutput: true, pins: { outputProcessors: 0xff00n } });
  });

  it("leaves out leading layers and drops biases where asked", () => {
    const bias = [array(4), array(8), array(10)];
    const weights: YamlWeights = { ...threeLayers, kind: "test", bias } as YamlWeights;
    const kept = (noBias: YamlOptions["noBias"]) =>
      layersOf(conv + pooled + fc, { weights, options: { noBias } }).map(
        ({ convolution }) => convolution?.bias !== null,
      );
    expect(kept([])).toEqual([true, true, true]);
    expect(kept([1])).toEqual([true, false, true]);
    expect(kept("all")).toEqual([false, false, false]);
    const skipped = layersOf(conv + pooled + fc, {
      shape: [4, 8, 8],
      weights: test(array(8, 4, 3, 3), array(10, 8 * 36)),
      options: { skipLayers: 1 },
    });
    expect(skipped.map(({ name }) => name)).toEqual(["layer_0", "layer_1"]);
  });

  it("joins and combines layers by number and by name", () => {
    const branch = (name: string) =>
      `  - { name: ${name}, op: conv2d, pad: 1, processors: 7, out_offset: 0, in_sequences: input, output_processors: 7 }\n`;
    const weights = test(array(3, 3, 3, 3), array(3, 3, 3, 3));
    const joined = layersOf(
      `${branch("a")}${branch("B")}  - { op: none, processors: 0x3f, out_offset: 0, in_sequences: [a, b] }\n`,
      { weights },
    );
    expect(joined[2]).toMatchObject({ sources: [0, 1], input: { channels: 6 }, eltwise: null, convolution: null });
    const added = layersOf(
      `${branch("a")}${branch("B")}  - { op: add, processors: 7, out_offset: 0, in_sequences: [1, 0] }\n`,
      { weights },
    );
    expect(added[2]).toMatchObject({
      sources: [1, 0],
      input: { channels: 3 },
      eltwise: { operation: "add", operands: 2, poolFirst: true },
    });
  });

  it("reads one-dimensional data", () => {
    const layers = layersOf(
      "  - { op: conv1d, kernel_size: 3, pad: 1, max_pool: 2, pool_stride: 2, processors: 7, out_offset: 0 }\n",
      {
        weights: test(array(5, 3, 3)),
        shape: [3, 20],
      },
    );
    expect(layers[0]).toMatchObject({
      input: { channels: 3, height: 20, width: 1 },
      pool: { kind: "max", size: [2, 1], stride: [2, 1] },
      output: { channels: 5, height: 10, width: 1 },
      convolution: { kernel: [3, 1], padding: [1, 0] },
    });
  });

  it("cuts transposed convolutions and re-cut inputs to size", () => {
    const up = "  - { op: convtranspose2d, pad: 1, processors: 7, out_offset: 0 }\n";
    expect(sizes(layersOf(up, { weights: test(array(2, 3, 3, 3)), shape: [3, 5, 6] }))).toEqual([[2, 10, 12]]);
    const recut =
      "  - { op: none, processors: 7, out_offset: 0 }\n  - { op: none, processors: 7, out_offset: 0, in_dim: [4, 16] }\n";
    expect(sizes(layersOf(recut))[1]).toEqual([3, 4, 16]);
  });

  it("removes columns of default padding where a Conv1d relies on it, and says so", () => {
    const text =
      "  - { op: conv1d, processors: 7, out_offset: 0 }\n  - { op: conv2d, processors: 0x1f, out_offset: 0, in_dim: [4, 4] }\n";
    const { network, diagnostics } = read(text, { weights: test(array(5, 3, 9), array(2, 5, 3, 3)), shape: [3, 22] });
    expect(network?.layers[1]?.convolution?.padding).toEqual([1, 0]);
    expect(diagnostics.filter(({ code }) => code === "AI6209").map(({ location }) => location?.line)).toEqual([5]);
  });

  it("gives a layer the weights, bias and shift of another one", () => {
    const text =
      "  - { op: conv2d, pad: 1, processors: 7, out_offset: 0, output_shift: 2, quantization: 4 }\n  - { op: conv2d, pad: 1, processors: 7, out_offset: 0, weight_source: 0 }\n";
    const [first, second] = layersOf(text, { weights: test(array(3, 3, 3, 3)) });
    expect(second?.convolution?.weights).toBe(first?.convolution?.weights);
    expect(second?.convolution?.shift).toBe(2 + 4);
  });

  it("takes bits, shifts and biases from a checkpoint", () => {
    const layer = (change: Partial<CheckpointLayer>): CheckpointLayer => ({
      key: "conv1.op.weight",
      weights: array(4, 3, 3, 3).data,
      shape: [4, 3, 3, 3],
      weightBits: 4,
      bias: Float64Array.of(1, 2, 3, -4),
      outputShift: -2,
      finalScale: 3,
      quantized: true,
      ...change,
    });
    const weights = (change: Partial<CheckpointLayer>, arch = "TEST"): YamlWeights => ({
      kind: "checkpoint",
      fileName: "c",
      arch,
      layers: [layer(change)],
    });
    const [found] = layersOf(conv, { weights: weights({}) });
    expect(found).toMatchObject({
      finalScale: 3,
      convolution: { shift: 2, bias: Int8Array.of(1, 2, 3, -4), weights: { bits: 4 } },
    });
    expect(errors(conv, { weights: weights({ quantized: false }) })).toEqual(["AI4112@4"]);
    expect(errors(conv, { weights: weights({}, "other") })).toEqual(["AI4113@1"]);
    expect(errors(conv, { weights: weights({ shape: [4, 3, 1, 1], weights: array(12).data }) })).toEqual(["AI4101@4"]);
    expect(errors(conv + conv, { weights: weights({}) })).toEqual(["AI1803@5"]);
  });

  it("need a layer behind those that are left out", () => {
    expect(errors(conv, { weights: threeLayers, options: { skipLayers: 1 } })).toEqual(["AI1801@4"]);
  });

  it("puts layers in the order in which links execute them", () => {
    const layer = (more: string) => `  - { op: none, processors: 7, out_offset: 0, ${more} }\n`;
    const text = layer("next_sequence: 2") + layer("next_sequence: stop") + layer("next_sequence: 1");
    const { network } = read(text, { device: "MAX78002" });
    expect(network?.layers.map(({ name, sources, isOutput }) => [name, sources, isOutput])).toEqual([
      ["layer_0", ["input"], false],
      ["layer_2", [0], false],
      ["layer_1", [1], true],
    ]);
    expect(network?.sequence).toEqual({ positions: [0, 2, 1], onSnoop: [], snoop: null, simulated: null });
  });

  it.each([
    ["no processors", "  - { op: none, out_offset: 0 }\n", "AI6204@4"],
    ["an unknown layer", "  - { op: none, processors: 7, in_sequences: nowhere }\n", "AI1801@4"],
    [
      "a name used twice",
      "  - { name: a, op: none, processors: 7 }\n  - { name: A, op: none, processors: 7 }\n",
      "AI6207@5",
    ],
    [
      "a number used twice",
      "  - { sequence: 1, op: none, processors: 7 }\n  - { sequence: 1, op: none, processors: 7 }\n",
      "AI6207@5",
    ],
    ["a loop", "  - { op: none, processors: 7, next_sequence: 0 }\n", "AI1802@4"],
    [
      "a layer never reached",
      "  - { op: none, processors: 7, next_sequence: stop }\n  - { op: none, processors: 7 }\n",
      "AI1802@5",
    ],
    [
      "pixels lost",
      "  - { op: none, processors: 7 }\n  - { op: none, processors: 7, in_sequences: 0, in_dim: [4, 4] }\n",
      "AI1804@5",
    ],
    ["another size of the input", "  - { op: none, processors: 7, in_dim: [16, 4] }\n", "AI1804@4"],
    ["a linear layer with padding", "  - { op: mlp, processors: 7, pad: 1 }\n", "AI6230@4"],
    ["padding without convolution", "  - { op: none, processors: 7, pad: 1 }\n", "AI6230@4"],
    ["a stride without convolution", "  - { op: none, processors: 7, stride: 2 }\n", "AI6230@4"],
    ["a window too large", "  - { op: none, processors: 7, max_pool: 9, pool_stride: 1 }\n", "AI1805@4"],
    ["a shift without convolution", "  - { op: none, processors: 7, output_shift: 1 }\n", "AI1806@4"],
    ["a rolling buffer", "  - { op: none, processors: 7, buffer_shift: 1 }\n", "AI6210@4"],
    ["weights that are missing", conv, "AI1803@4"],
  ])("reports %s", (_, text, expected) =>
    expect(errors(text, { weights: { kind: "test", weights: [], bias: null } })).toContain(expected),
  );
});
