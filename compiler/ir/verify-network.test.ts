import { describe, expect, it } from "vitest";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { devices } from "../../targets/index.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import type { Layer, Network, NetworkOptions } from "./network.ts";
import { printNetwork } from "./print-network.ts";
import { verifyNetwork } from "./verify-network.ts";

const { MAX78000, MAX78002 } = devices;

interface Sizes {
  readonly channels?: number;
  readonly outputs?: number;
  readonly height?: number;
  readonly width?: number;
}

function convolution(inputs: number, outputs: number, fields: Partial<LayerConvolution> = {}): LayerConvolution {
  const kernel = fields.kernel ?? [3, 3];
  const groups = fields.groups ?? 1;
  const length = outputs * (inputs / groups) * kernel[0] * kernel[1];
  return {
    kind: "conv2d",
    kernel,
    padding: [1, 1],
    dilation: 1,
    stride: 1,
    outputPadding: 0,
    groups,
    weights: { outputs, inputs: inputs / groups, data: new Int8Array(length).fill(-1), bits: 8, binary: false },
    bypass: false,
    bias: null,
    shift: 0,
    ...fields,
  };
}

/** A layer whose shapes agree, before `fields` are changed. */
function layer(index: number, sizes: Sizes = {}, fields: Partial<Layer> = {}): Layer {
  const { channels = 4, outputs = 4, height = 8, width = 8 } = sizes;
  const input = { channels, height, width };
  return {
    index,
    name: `layer${index}`,
    origins: [{ name: `op${index}`, source: { file: "model.ts", line: index + 1, column: 3 } }],
    sources: [index === 0 ? "input" : index - 1],
    crop: [0, 0],
    input,
    eltwise: null,
    pool: null,
    pooled: input,
    flatten: false,
    convolution: convolution(channels, outputs),
    activation: null,
    outputBits: 8,
    output: { channels: outputs, height, width },
    isOutput: false,
    streaming: false,
    calcx4: false,
    readAhead: false,
    tcalc: null,
    pins: {},
    finalScale: 0,
    ...fields,
  };
}

function network(
  layers: readonly Layer[],
  options: Partial<NetworkOptions> = {},
  format: "CHW" | "HWC" = "HWC",
): Network {
  const input = layers[0]?.input ?? { channels: 4, height: 8, width: 8 };
  const operands = layers[0]?.eltwise && layers[0].sources.length === 1 ? layers[0].eltwise.operands : 1;
  const last = layers.length - 1;
  return {
    name: "net",
    device: "MAX78000",
    input: { ...input, channels: input.channels * operands, format },
    layers: layers.map((each, index) => (index === last ? { ...each, isOutput: true } : each)),
    options: { averagePoolRounding: false, fifo: "none", ...options },
  };
}

const codes = (given: Network, device: DeviceSpec = MAX78000) => [
  ...new Set(verifyNetwork(given, device).map(({ code }) => code)),
];
const single = (sizes: Sizes, fields: Partial<Layer> = {}, device: DeviceSpec = MAX78000) =>
  codes(network([layer(0, sizes, fields)]), device);
const convolved = (fields: Partial<LayerConvolution>, others: Partial<Layer> = {}, device: DeviceSpec = MAX78000) =>
  single({}, { convolution: convolution(4, 4, fields), ...others }, device);

const square = (channels: number, side: number) => ({ channels, height: side, width: side });
const maxPool = (size: number, stride = size, dilation = 1) =>
  ({ kind: "max", size: [size, size], stride: [stride, stride], dilation: [dilation, dilation] }) as const;
const plain = { convolution: null } as const;
const sum = (operands: number, poolFirst = true) => ({ operation: "add", operands, poolFirst }) as const;

describe("structure", () => {
  it("accepts a sound network", () => {
    expect(codes(network([layer(0), layer(1)]))).toEqual([]);
  });

  it("recomputes sources and shapes", () => {
    expect(codes(network([layer(0), layer(1, {}, { sources: [1] })]))).toEqual(["AI1520"]);
    expect(codes(network([layer(0), layer(1, {}, { sources: [7] })]))).toEqual(["AI1520"]);
    expect(codes(network([layer(0), layer(1, {}, { sources: [] })]))).toEqual(["AI1520"]);
    expect(codes(network([layer(0), layer(1, { channels: 8 })]))).toEqual(["AI1521"]);
    expect(single({}, { output: square(4, 7) })).toEqual(["AI1521"]);
    expect(single({}, { pool: maxPool(2) })).toEqual(["AI1521"]);
    expect(codes(network([]))).toEqual(["AI1523"]);
  });

  it("compares weights with shapes and bits", () => {
    const weights = { outputs: 4, inputs: 4, data: new Int8Array(144).fill(8), bits: 4, binary: false } as const;
    expect(convolved({ weights })).toEqual(["AI1522"]);
    expect(convolved({ weights: { ...weights, data: new Int8Array(143) } })).toEqual(["AI1522"]);
    expect(convolved({ weights: null })).toEqual(["AI1522"]);
    expect(convolved({ bias: Int8Array.of(1, 2) })).toEqual(["AI1522"]);
  });

  it("points at the operator in the source", () => {
    const [found] = verifyNetwork(network([layer(0, {}, { activation: "relu", ...plain })]), MAX78000);
    expect(found).toMatchObject({ code: "AI2515", location: { file: "model.ts", line: 1, column: 3 } });
  });
});

describe("sizes, at the limit and one past it", () => {
  const column = (height: number, padding: number) => {
    const output = height + 2 * padding - 2;
    const conv = convolution(4, 4, { padding: [padding, padding] });
    const shape = { channels: 4, height, width: 3 };
    return {
      input: shape,
      pooled: shape,
      convolution: conv,
      output: { channels: 4, height: output, width: 1 + 2 * padding },
    };
  };
  const check = (height: number, padding: number, device: DeviceSpec) =>
    codes(network([layer(0, {}, column(height, padding))]), device);

  it("counts rows with their padding on one device", () => {
    expect(check(1022, 1, MAX78000)).toEqual([]);
    expect(check(1023, 1, MAX78000)).toEqual(["AI2504"]);
    expect(check(1024, 0, MAX78000)).toEqual([]);
    expect(check(1025, 0, MAX78000)).toEqual(["AI2503", "AI2504"]);
    expect(check(1025, 1, MAX78002)).toEqual([]);
    expect(check(2049, 0, MAX78002)).toContain("AI2503");
  });

  it("limits channels, frames and biases", () => {
    const tiny = { height: 1, width: 1, outputs: 1 };
    const one = (channels: number) => convolution(channels, 1, { kernel: [1, 1], padding: [0, 0] });
    expect(single({ ...tiny, channels: 1024 }, { convolution: one(1024) })).toEqual([]);
    expect(single({ ...tiny, channels: 1025 }, { convolution: one(1025) })).toEqual(["AI2502"]);
    const biased = (outputs: number) => convolution(4, outputs, { bias: new Int8Array(outputs).fill(1) });
    expect(single({ outputs: 512 }, { convolution: biased(512) })).toEqual([]);
    expect(single({ outputs: 513 }, { convolution: biased(513) })).toEqual(["AI2528"]);
    expect(single({ height: 1024, width: 1024, channels: 128, outputs: 128 }, plain)).toEqual(["AI2505"]);
  });
});

describe("convolutions", () => {
  const away = (fields: Partial<LayerConvolution>, side: number) => convolved(fields, { output: square(4, side) });

  it("have the kernels and padding of the device", () => {
    expect(away({ kernel: [5, 5], padding: [2, 2] }, 8)).toEqual(["AI2506"]);
    expect(away({ kernel: [1, 1], padding: [0, 0] }, 8)).toEqual([]);
    expect(away({ kernel: [1, 1], padding: [1, 1] }, 10)).toEqual(["AI2507"]);
    expect(away({ padding: [2, 2] }, 10)).toEqual([]);
    expect(away({ padding: [3, 3] }, 12)).toEqual(["AI2507"]);
    expect(away({ stride: 2 }, 4)).toEqual(["AI2509"]);
    expect(away({ dilation: 2, padding: [2, 2] }, 8)).toEqual(["AI2508"]);
  });

  it("transpose with stride 2 and output padding 1", () => {
    const transposed = (fields: Partial<LayerConvolution>, side: number) =>
      away({ kind: "convTranspose2d", stride: 2, outputPadding: 1, ...fields }, side);
    expect(transposed({}, 16)).toEqual([]);
    expect(transposed({ outputPadding: 0 }, 15)).toEqual(["AI2509"]);
    expect(transposed({ kernel: [1, 1], padding: [0, 0] }, 16)).toEqual(["AI2506"]);
  });

  const line = (length: number, dilation: number, fields: Partial<Layer> = {}, padding = 0, channels = 4) => {
    const conv = convolution(channels, 4, { kind: "conv1d", kernel: [length, 1], padding: [padding, 0], dilation });
    const output = { channels: 4, height: 64 + 2 * padding - (length - 1) * dilation, width: 1 };
    return layer(0, { channels, height: 64, width: 1 }, { convolution: conv, output, ...fields });
  };
  it("dilate in one dimension only, far with few taps and alone", () => {
    expect(codes(network([line(5, 2)]))).toEqual([]);
    expect(codes(network([line(5, 3)]))).toEqual(["AI2508"]);
    expect(codes(network([line(3, 5)]))).toEqual([]);
    expect(codes(network([line(3, 5, {}, 1)]))).toEqual(["AI2508"]);
    expect(codes(network([line(1, 2)]))).toEqual(["AI2508"]);
    expect(codes(network([line(10, 1)]))).toEqual(["AI2506"]);
  });

  it("pad many channels in one dimension on one device only", () => {
    expect(codes(network([line(3, 1, {}, 1, 65)]), MAX78000)).toEqual([]);
    expect(codes(network([line(3, 1, {}, 1, 65)]), MAX78002)).toEqual(["AI2507"]);
    expect(codes(network([line(3, 1, {}, 1, 64)]), MAX78002)).toEqual([]);
  });

  it("work in groups, bypass kernels and take +1/-1 on one device only", () => {
    expect(convolved({ groups: 4 }, {}, MAX78000)).toEqual(["AI2510"]);
    expect(convolved({ groups: 4 }, {}, MAX78002)).toEqual([]);
    expect(convolved({ groups: 2 }, {}, MAX78002)).toEqual(["AI2510"]);
    expect(convolved({ bypass: true, weights: null }, {}, MAX78000)).toEqual(["AI2526"]);
    expect(convolved({ bypass: true, weights: null }, {}, MAX78002)).toEqual([]);
    const binary = { outputs: 4, inputs: 4, data: new Int8Array(144).fill(-1), bits: 1, binary: true } as const;
    expect(convolved({ weights: binary }, {}, MAX78000)).toEqual(["AI2524"]);
    expect(convolved({ weights: binary }, {}, MAX78002)).toEqual([]);
    const mixed = [binary, { ...binary, binary: false }].map((weights, index) =>
      layer(index, {}, { convolution: convolution(4, 4, { weights }) }),
    );
    expect(codes(network(mixed), MAX78002)).toEqual(["AI2524"]);
  });

  it("shift from -15 to 15", () => {
    expect(convolved({ shift: -15 })).toEqual([]);
    expect(convolved({ shift: 16 })).toEqual(["AI2525"]);
  });

  it("calculate in the modes of the device", () => {
    expect(convolved({}, { readAhead: true })).toEqual(["AI2527"]);
    expect(convolved({}, { calcx4: true })).toEqual(["AI2527"]);
    expect(convolved({}, { readAhead: true, calcx4: true }, MAX78002)).toEqual([]);
  });
});

describe("pooling and combining", () => {
  const pooled = (pool: Layer["pool"], side: number, channels: number, fields: Partial<Layer> = {}) =>
    layer(
      0,
      { channels, height: 32, width: 32 },
      { pool, pooled: square(channels, side), ...plain, output: square(channels, side), ...fields },
    );

  it("have windows of 1 to 16 pixels and one stride", () => {
    expect(codes(network([pooled(maxPool(16), 2, 4)]))).toEqual([]);
    expect(codes(network([pooled(maxPool(17), 1, 4)]))).toEqual(["AI2512"]);
    expect(codes(network([pooled(maxPool(2, 2, 2), 15, 4)]), MAX78000)).toEqual(["AI2512"]);
    expect(codes(network([pooled(maxPool(2, 2, 2), 15, 4)]), MAX78002)).toEqual([]);
    const uneven = pooled({ ...maxPool(2), stride: [2, 1] }, 16, 4, { pooled: { channels: 4, height: 16, width: 31 } });
    expect(codes(network([{ ...uneven, output: uneven.pooled }]))).toEqual(["AI2512"]);
  });

  it("have the windows that the convolution behind them leaves", () => {
    const behind = (pool: Layer["pool"], side: number, kernel: Partial<LayerConvolution>) =>
      pooled(pool, side, 4, { convolution: convolution(4, 4, kernel) });
    const transposed = (stride: number, side: number) => {
      const kernel = { kind: "convTranspose2d", padding: [1, 1], stride: 2, outputPadding: 1 } as const;
      return network([{ ...behind(maxPool(2, stride), side, kernel), output: square(4, 2 * side) }]);
    };
    expect(codes(transposed(2, 16), MAX78000)).toEqual([]);
    expect(codes(transposed(1, 31), MAX78000)).toEqual(["AI2512"]);
    expect(codes(transposed(1, 31), MAX78002)).toEqual([]);
    const column = (kind: "max" | "average", dilation: number) => {
      const samples = (height: number) => ({ channels: 4, height, width: 1 });
      const pool = { kind, size: [2, 1], stride: [1, 1], dilation: [dilation, 1] } as const;
      const length = samples(32 - dilation);
      const kernel = { kind: "conv1d", kernel: [1, 1], padding: [0, 0] } as const;
      const described = { input: samples(32), pooled: length, output: length };
      return network([{ ...behind(pool, 1, kernel), ...described }]);
    };
    expect(codes(column("max", 1), MAX78002)).toEqual([]);
    expect(codes(column("max", 2), MAX78002)).toEqual(["AI2512"]);
  });

  it("pool many channels alone on one device, or to one pixel", () => {
    expect(codes(network([pooled(maxPool(4), 8, 65)]), MAX78000)).toEqual(["AI2513"]);
    expect(codes(network([pooled(maxPool(4), 8, 65)]), MAX78002)).toEqual([]);
    expect(codes(network([pooled(maxPool(16, 16), 2, 64)]), MAX78000)).toEqual([]);
  });

  const combined = (operands: number, channels: number, fields: Partial<Layer> = {}) =>
    layer(0, { channels, outputs: channels }, { eltwise: sum(operands), ...plain, ...fields });
  it("combine 2 to 16 operands", () => {
    expect(codes(network([combined(16, 4)]))).toEqual([]);
    expect(codes(network([combined(17, 4)]))).toEqual(["AI2517"]);
  });

  it("combine and convolve within the rules of the device", () => {
    const conv = (operands: number, channels: number, fields: Partial<LayerConvolution> = {}) =>
      network([combined(operands, channels, { convolution: convolution(channels, channels, fields) })]);
    expect(codes(conv(2, 128))).toEqual([]);
    expect(codes(conv(3, 128))).toEqual(["AI2519"]);
    expect(codes(conv(2, 192))).toEqual(["AI2519"]);
    expect(codes(conv(3, 128), MAX78002)).toEqual([]);
    expect(codes(conv(2, 4, { bias: Int8Array.of(1, 2, 3, 4) }), MAX78000)).toEqual([]);
    expect(codes(conv(2, 4, { bias: Int8Array.of(1, 2, 3, 4) }), MAX78002)).toEqual(["AI2520"]);
    const oneDimensional = convolution(4, 4, { kind: "conv1d", kernel: [1, 1], padding: [0, 0] });
    // Besides, the data has more than one column.
    expect(codes(network([combined(2, 4, { convolution: oneDimensional })]))).toEqual(["AI2518", "AI2503"]);
  });

  it("combine two operands before pooling", () => {
    const late = (operands: number) =>
      combined(operands, 4, {
        eltwise: sum(operands, false),
        pool: maxPool(2),
        pooled: square(4, 4),
        output: square(4, 4),
      });
    expect(codes(network([late(2)]))).toEqual([]);
    expect(codes(network([late(3)]))).toEqual(["AI2521"]);
  });

  it("have wide and activated results only behind a convolution", () => {
    expect(single({}, { ...plain, activation: "relu" })).toEqual(["AI2515"]);
    expect(single({}, { ...plain, outputBits: 32 })).toEqual(["AI2516"]);
    expect(single({}, { outputBits: 32, activation: "abs" })).toEqual(["AI2516"]);
    const wide = [layer(0, {}, { outputBits: 32 }), layer(1)];
    expect(verifyNetwork(network(wide), MAX78000).map(({ code, severity }) => [code, severity])).toEqual([
      ["AI1504", "warning"],
    ]);
  });

  const flat = (channels: number, side: number, fields: Partial<Layer> = {}) => {
    const linear = convolution(channels * side * side, 2, { kind: "linear", kernel: [1, 1], padding: [0, 0] });
    return layer(
      0,
      { channels, height: side, width: side },
      { flatten: true, convolution: linear, output: square(2, 1), ...fields },
    );
  };
  it("flatten up to 256 words per processor", () => {
    expect(codes(network([flat(64, 16)]))).toEqual([]);
    expect(codes(network([flat(65, 16)]))).toEqual(["AI2522"]);
    expect(codes(network([flat(4, 17)]))).toEqual(["AI2522"]);
    const wide = convolution(4 * 16, 2, { kernel: [3, 3], padding: [1, 1] });
    expect(codes(network([flat(4, 4, { convolution: wide })]))).toEqual(["AI2523"]);
    const pooling = (side: number): Partial<Layer> => ({
      pool: { kind: "max", size: [side, side], stride: [2, 2], dilation: [1, 1] },
      pooled: { channels: 4, height: 2, width: 2 },
      convolution: convolution(4 * 4, 2, { kind: "linear", kernel: [1, 1], padding: [0, 0] }),
    });
    expect(codes(network([flat(4, 4, pooling(2))]))).toEqual(["AI2523"]);
    expect(codes(network([flat(4, 4, pooling(1))]))).toEqual([]);
    expect(codes(network([flat(4, 4, { ...plain, output: { channels: 64, height: 1, width: 1 } })]))).toEqual([
      "AI2523",
    ]);
  });
});

describe("sequences", () => {
  it("have as many layers as the device, hidden ones included", () => {
    const chain = (count: number) => Array.from({ length: count }, (_, index) => layer(index));
    expect(codes(network(chain(32)), MAX78000)).toEqual([]);
    expect(codes(network(chain(33)), MAX78000)).toEqual(["AI2501"]);
    const added = layer(126, {}, { eltwise: sum(2), sources: [124, 125], ...plain });
    const averaged = layer(
      127,
      {},
      { pool: { ...maxPool(2), kind: "average" }, pooled: square(4, 4), ...plain, output: square(4, 4) },
    );
    expect(codes(network([...chain(126), added, averaged]), MAX78002)).toEqual(["AI2501"]);
  });

  const streams = (count: number, fields: (index: number) => Partial<Layer> = () => ({})) =>
    Array.from({ length: count }, (_, index) => layer(index, {}, { streaming: true, ...fields(index) }));
  it("stream from the start in a row", () => {
    expect(codes(network(streams(8), { fifo: "standard" }))).toEqual([]);
    expect(codes(network(streams(9), { fifo: "standard" }))).toEqual(["AI2530"]);
    expect(codes(network([layer(0), layer(1, {}, { streaming: true })]))).toEqual(["AI2530"]);
    const branched = [...streams(2), layer(2, {}, { sources: [0] })];
    expect(codes(network(branched, { fifo: "standard" }))).toEqual(["AI2530"]);
  });

  it("end streaming with padding, convolve and do without bias where the device asks for it", () => {
    const unpadded = () => ({ convolution: convolution(4, 4, { padding: [0, 0] }), output: square(4, 6) });
    expect(codes(network(streams(1, unpadded), { fifo: "standard" }), MAX78000)).toEqual(["AI2530"]);
    expect(codes(network(streams(1, unpadded), { fifo: "standard" }), MAX78002)).toEqual([]);
    const copies = (...indices: readonly number[]) =>
      network(
        streams(2, (index) => (indices.includes(index) ? plain : {})),
        { fifo: "standard" },
      );
    expect(codes(copies(0), MAX78000)).toEqual([]);
    expect(codes(copies(1), MAX78000)).toEqual(["AI2530"]);
    expect(codes(copies(0), MAX78002)).toEqual(["AI2530"]);
    const biased = () => ({ convolution: convolution(4, 4, { bias: Int8Array.of(1, 2, 3, 4) }) });
    expect(codes(network(streams(1, biased), { fifo: "standard" }), MAX78000)).toEqual(["AI2531"]);
    expect(codes(network(streams(1, biased), { fifo: "standard" }), MAX78002)).toEqual([]);
  });

  it.each([
    // Padding as written, and as the hardware pads the convolution with which it computes a transposed one.
    ["transposed", "convTranspose2d", [3, 3], [1, 1], []],
    ["transposed, none in hardware", "convTranspose2d", [3, 3], [2, 2], ["AI2530"]],
    ["transposed, none written", "convTranspose2d", [3, 3], [0, 0], ["AI2530"]],
    ["transposed, columns only", "convTranspose2d", [3, 3], [2, 1], ["AI2530"]],
    ["columns only", "conv2d", [3, 3], [0, 1], ["AI2530"]],
    ["rows only", "conv2d", [3, 3], [1, 0], ["AI2530"]],
    ["a single pixel, convolved as nine", "conv2d", [1, 1], [0, 0], []],
    ["one dimension", "conv1d", [3, 1], [1, 0], ["AI2530"]],
    ["a linear operator", "linear", [1, 1], [0, 0], ["AI2530"]],
  ] as const)("end streaming with rows and columns of padding: %s", (_, kind, kernel, padding, expected) => {
    const transposed = kind === "convTranspose2d" ? { stride: 2, outputPadding: 1 } : {};
    const length = (size: number, axis: 0 | 1) =>
      kind === "convTranspose2d"
        ? 2 * size + 2 - 2 * padding[axis]
        : size + 2 * padding[axis] - (kernel[axis] as number) + 1;
    const input = { channels: 4, height: 8, width: kind === "conv1d" ? 1 : 8 };
    const only = () => ({
      input,
      pooled: input,
      convolution: convolution(4, 4, { kind, kernel, padding, ...transposed }),
      output: { channels: 4, height: length(8, 0), width: kind === "conv1d" ? 1 : length(8, 1) },
    });
    const given = { ...network(streams(1, only), { fifo: "standard" }), input: { ...input, format: "HWC" as const } };
    expect(codes(given, MAX78000)).toEqual(expected);
    expect(codes(given, MAX78002)).toEqual([]);
  });

  it("read from a FIFO once, and what it can deliver", () => {
    const first = (channels: number) => layer(0, { channels });
    expect(codes(network([first(16)], { fifo: "standard" }))).toEqual([]);
    expect(codes(network([first(17)], { fifo: "standard" }))).toEqual(["AI2529"]);
    expect(codes(network([first(5)], { fifo: "fast" }))).toEqual(["AI2529"]);
    expect(codes(network([first(5)], { fifo: "standard" }, "CHW"))).toEqual(["AI2529"]);
    expect(codes(network([layer(0), layer(1, {}, { sources: ["input"] })], { fifo: "standard" }))).toEqual(["AI2529"]);
    expect(codes(network([layer(0, {}, plain)], { fifo: "fast" }))).toEqual(["AI2529"]);
  });

  it("take planar input of up to 16 channels in one operand", () => {
    expect(codes(network([layer(0, { channels: 16 })], {}, "CHW"))).toEqual([]);
    expect(codes(network([layer(0, { channels: 17 })], {}, "CHW"))).toEqual(["AI2532"]);
    expect(codes(network([layer(0, {}, { eltwise: sum(2), ...plain })], {}, "CHW"))).toEqual(["AI2532"]);
  });
});

describe("text", () => {
  it("shows one aligned line per layer", () => {
    const pooled = layer(
      1,
      { outputs: 8 },
      {
        pool: maxPool(2),
        pooled: square(4, 4),
        output: square(8, 4),
        activation: "relu",
        outputBits: 8,
      },
    );
    expect(printNetwork(network([layer(0, {}, { crop: [1, 0] }), pooled]))).toBe(
      [
        "network net on MAX78000: input 4x8x8 HWC, FIFO none",
        "  layer0  <- input   4x8x8 cropped 1+0  conv2d 3x3 pad 1 8-bit shift 0                       -> 4x8x8",
        "  layer1  <- layer0  4x8x8              max 2x2/2x2 > conv2d 3x3 pad 1 8-bit shift 0 > relu  -> 8x4x4  output",
        "",
      ].join("\n"),
    );
  });
});
