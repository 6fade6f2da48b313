import type { DeviceName } from "../../targets/index.ts";
import type { DescriptionFixture } from "./descriptions.ts";

/**
 * Descriptions of our own that use every key, value and combination of a network description that the reference
 * generator takes, most of them in a layer or two. By name; on one device where the other refuses it.
 */
export const features: ReadonlyMap<string, DescriptionFixture> = new Map();

const both: readonly DeviceName[] = ["MAX78000", "MAX78002"];
const larger: readonly DeviceName[] = ["MAX78002"];
const smaller: readonly DeviceName[] = ["MAX78000"];

type Shape = readonly number[];

/** Layers as the inside of their mappings. */
function feature(
  name: string,
  sample: Shape,
  weights: readonly Shape[],
  layers: readonly string[],
  on = both,
  numbers: Partial<DescriptionFixture> = {},
): void {
  const lines = layers.map((layer) => `  - { ${layer} }\n`).join("");
  for (const device of on) {
    const yaml = `arch: fixture\ndataset: fixture\nlayers:\n${lines}`;
    const bias = !/convtranspose2d|eltwise/.test(yaml);
    const fifo = yaml.includes("streaming");
    const fixture = { device, sample, weights, yaml, bias, fifo, ...numbers };
    (features as Map<string, DescriptionFixture>).set(`${name} on ${device}`, fixture);
  }
}

/** The usual first and second places: four channels in, data memory from the start and from the middle. */
const first = "processors: 0xf, out_offset: 0x2000";
const second = "processors: 0xf, out_offset: 0";
const conv = "op: conv2d, pad: 1";
const point = "op: conv2d, kernel_size: 1x1, pad: 0";
const [image, column] = [
  [4, 8, 8],
  [4, 40],
];

// Kernels, paddings and dilations of every operator.
for (let length = 1; length <= 9; length++) {
  feature(
    `conv1d of length ${length}`,
    column,
    [[6, 4, length]],
    [`op: conv1d, kernel_size: ${length}, pad: 0, ${first}`],
  );
}
for (const [length, pad, dilation] of [
  [5, 2, 1],
  [3, 0, 2],
  [3, 1, 4],
  [5, 0, 2],
  [3, 0, 8],
  [2, 0, 9],
] as const) {
  const keys = `kernel_size: ${length}, pad: ${pad}, dilation: ${dilation}`;
  feature(`conv1d with ${keys}`, column, [[6, 4, length]], [`op: conv1d, ${keys}, ${first}`]);
}
for (const pad of [0, 1, 2]) {
  feature(`conv2d with pad ${pad}`, image, [[6, 4, 3, 3]], [`op: conv2d, pad: ${pad}, ${first}`]);
  feature(`convtranspose2d with pad ${pad}`, image, [[4, 6, 3, 3]], [`op: convtranspose2d, pad: ${pad}, ${first}`]);
}
for (const activation of ["ReLU", "Abs", "None"]) {
  feature(`activation ${activation}`, image, [[6, 4, 3, 3]], [`${conv}, activate: ${activation}, ${first}`]);
}
feature(
  "pooled convtranspose2d",
  image,
  [[4, 6, 3, 3]],
  [`op: convtranspose2d, pad: 1, max_pool: 2, pool_stride: 2, ${first}`],
);
feature(
  "averaged convtranspose2d",
  image,
  [[4, 6, 3, 3]],
  [`op: convtranspose2d, pad: 1, avg_pool: 2, pool_stride: 2, ${first}`],
);
feature(
  "convtranspose2d of overlapping windows",
  [4, 9, 9],
  [[4, 6, 3, 3]],
  [`op: convtranspose2d, pad: 1, max_pool: 3, pool_stride: 2, ${first}`],
  larger,
);
feature("linear on pixels", [4, 4, 3], [[5, 4]], [`op: linear, ${first}`]);
feature("pooled linear", [4, 4, 4], [[5, 4]], [`op: fc, max_pool: 4, pool_stride: 4, ${first}`]);
feature("flattened", [4, 4, 3], [[5, 48]], [`op: mlp, flatten: true, activate: ReLU, ${first}`]);
feature("flattened pixel", [4, 1, 1], [[5, 4]], [`op: linear, flatten: true, ${first}`]);
feature("flattened conv2d", [4, 4, 3], [[5, 48, 1, 1]], [`${point}, flatten: true, ${first}`]);
feature(
  "flattened passes",
  [4, 4, 3],
  [
    [128, 4, 1, 1],
    [5, 1536],
  ],
  [`${point}, ${first}`, "op: linear, flatten: true, processors: 0xffffffffffffffff, out_offset: 0"],
);

// Depthwise, on the device that has it.
for (const keys of [
  conv,
  "op: conv2d, pad: 0",
  `${conv}, max_pool: 2, pool_stride: 2`,
  `${conv}, output_width: 32`,
  "op: convtranspose2d, pad: 1",
]) {
  feature(`depthwise ${keys}`, image, [[4, 1, 3, 3]], [`${keys}, groups: 4, ${first}`], larger);
}
feature("depthwise 1x1", image, [[4, 1, 1, 1]], [`${point}, conv_groups: 4, ${first}`], larger);
feature("depthwise conv1d", column, [[4, 1, 3]], [`op: conv1d, kernel_size: 3, groups: 4, pad: 1, ${first}`], larger);
feature("depthwise linear", [4, 3, 3], [[4, 1]], [`op: linear, groups: 4, ${first}`], larger);
feature(
  "depthwise passes",
  [80, 4, 4],
  [[80, 1, 3, 3]],
  [`${conv}, groups: 80, processors: 0xffffffffff, out_offset: 0x2000`],
  larger,
);
feature(
  "depthwise sum",
  [8, 8, 8],
  [[4, 1, 3, 3]],
  [`${conv}, groups: 4, eltwise: add, operands: 2, ${first}`],
  larger,
);

// Pooling alone and in front.
for (const keys of [
  "",
  "max_pool: 2, pool_stride: 2",
  "max_pool: [3, 2], pool_stride: 2",
  "avg_pool: 3, pool_stride: 1",
  "pool_stride: 2",
]) {
  const pooled = keys === "" ? "op: none" : `op: passthrough, ${keys}`;
  feature(`passthrough ${keys}`, image, [[3, 4, 1, 1]], [`${pooled}, ${first}`, `${point}, ${second}`]);
  if (keys !== "") feature(`conv2d ${keys}`, image, [[3, 4, 3, 3]], [`${conv}, ${keys}, ${first}`]);
}
for (const keys of ["max_pool: 4, pool_stride: 3", "avg_pool: 2, pool_stride: 2", "pool_stride: 3"]) {
  const after = `op: conv1d, kernel_size: 3, pad: 1, ${second}`;
  feature(`1-D passthrough ${keys}`, column, [[3, 4, 3]], [`op: passthrough, ${keys}, ${first}`, after]);
  feature(`conv1d ${keys}`, column, [[3, 4, 3]], [`op: conv1d, kernel_size: 3, pad: 1, ${keys}, ${first}`]);
}
feature(
  "dilated pooling",
  [4, 16, 16],
  [[4, 4, 3, 3]],
  [`${conv}, max_pool: 2, pool_stride: 2, pool_dilation: 3, ${first}`],
  larger,
);
feature(
  "passthrough of passes",
  image,
  [
    [128, 4, 1, 1],
    [3, 128, 1, 1],
  ],
  [
    `${point}, ${first}`,
    "op: passthrough, processors: 0xffffffffffffffff, out_offset: 0",
    "op: conv2d, kernel_size: 1x1, pad: 0, processors: 0xffffffffffffffff, out_offset: 0x2000",
  ],
);
feature(
  "passthrough as output",
  image,
  [[8, 4, 1, 1]],
  [`${point}, ${first}`, "op: passthrough, processors: 0xff, out_offset: 0"],
);

// Element-wise operators with all numbers of operands, before and after pooling, with a convolution.
for (const [operation, operands] of [
  ["add", 2],
  ["sub", 3],
  ["bitwise_xor", 4],
  ["bitwiseor", 5],
  ["add", 8],
  ["sub", 16],
] as const) {
  const inputs = [2 * operands, 6, 6];
  const place = "processors: 0x3, out_offset: 0x2000";
  const short = operation.replace("bitwise", "").replace("_", "");
  feature(
    `${operation} of ${operands}`,
    inputs,
    [[3, 2, 1, 1]],
    [`op: ${operation}, operands: ${operands}, ${place}`, `${point}, processors: 0x3, out_offset: 0`],
  );
  feature(
    `${operation} of ${operands} convolved`,
    inputs,
    [[3, 2, 3, 3]],
    [`${conv}, eltwise: ${short}, operands: ${operands}, ${place}`],
  );
  feature(
    `${operation} of ${operands} pooled`,
    inputs,
    [],
    [`op: ${operation}, operands: ${operands}, max_pool: 2, pool_stride: 2, ${place}`],
  );
}
feature(
  "pooled sum",
  [4, 6, 6],
  [],
  ["op: add, operands: 2, avg_pool: 2, pool_stride: 2, pool_first: false, processors: 0x3, out_offset: 0x2000"],
);
feature(
  "sum of layers",
  image,
  [
    [4, 4, 3, 3],
    [4, 4, 3, 3],
    [4, 4, 1, 1],
  ],
  [
    `${conv}, write_gap: 2, ${first}`,
    `${conv}, write_gap: 2, in_sequences: input, in_offset: 0, processors: 0xf, out_offset: 0x2004`,
    `${point}, write_gap: 2, in_sequences: -1, in_offset: 0, processors: 0xf, out_offset: 0x2008`,
    `op: sub, operands: 3, in_sequences: [0, 1, 2], in_offset: 0x2000, ${second}`,
  ],
);
feature(
  "flattened sum",
  [4, 4, 3],
  [[5, 24]],
  ["op: linear, eltwise: add, operands: 2, flatten: true, processors: 0x3, out_offset: 0x2000"],
);
feature(
  "parts of passes",
  image,
  [
    [128, 4, 1, 1],
    [3, 64, 3, 3],
  ],
  [`${point}, ${first}`, `${conv}, eltwise: add, operands: 2, processors: 0xffffffffffffffff, out_offset: 0`],
);
feature(
  "average of a sum",
  [8, 8, 6],
  [[3, 4, 3, 3]],
  [`op: add, operands: 2, ${first}`, `${conv}, avg_pool: 2, pool_stride: 2, ${second}`],
);

// Reading: concatenation, crops, other shapes.
feature(
  "concatenation",
  image,
  [
    [4, 4, 3, 3],
    [4, 4, 3, 3],
    [3, 8, 3, 3],
  ],
  [
    `${conv}, ${first}`,
    `${conv}, in_sequences: input, in_offset: 0, output_processors: 0xf0, ${first}`,
    `${conv}, in_sequences: [0, 1], in_offset: 0x2000, max_pool: 2, pool_stride: 2, processors: 0xff, out_offset: 0`,
  ],
);
feature(
  "some channels",
  image,
  [
    [16, 4, 3, 3],
    [4, 8, 3, 3],
    [4, 4, 3, 3],
  ],
  [
    `${conv}, processors: 0xf, out_offset: 0x2000, output_processors: 0xffff`,
    `${conv}, in_sequences: 0, in_channels: 8, in_channel_skip: 4, in_offset: 0x2000, processors: 0xff0, output_processors: 0xf, out_offset: 0, output: true`,
    `${conv}, in_sequences: 0, in_channels: 4, in_channel_skip: 12, in_offset: 0x2000, processors: 0xf000, out_offset: 0, output_processors: 0xf0000, output: true`,
  ],
);
feature(
  "some channels of every operand",
  image,
  [
    [16, 4, 3, 3],
    [16, 4, 3, 3],
    [3, 4, 3, 3],
  ],
  [
    `${conv}, write_gap: 1, output_processors: 0xffff, ${first}`,
    `${conv}, write_gap: 1, in_sequences: input, in_offset: 0, output_processors: 0xffff, processors: 0xf, out_offset: 0x2004`,
    `${conv}, eltwise: add, operands: 2, in_sequences: [0, 1], in_channels: 4, in_channel_skip: 8, in_offset: 0x2000, processors: 0xf00, out_offset: 0`,
  ],
);
feature(
  "some channels of a part, side by side with others",
  image,
  [
    [8, 4, 3, 3],
    [8, 4, 3, 3],
    [3, 12, 3, 3],
  ],
  [
    `${conv}, output_processors: 0xff, ${first}`,
    `${conv}, in_sequences: input, in_offset: 0, output_processors: 0xff00, ${first}`,
    `${conv}, in_sequences: [0, 1], in_channels: 12, in_offset: 0x2000, processors: 0xfff0, out_offset: 0`,
  ],
  both,
  { reshapeInputs: true },
);
feature(
  "channels of the second pass",
  image,
  [
    [128, 4, 1, 1],
    [3, 32, 3, 3],
  ],
  [
    `${point}, output_processors: 0xffffffffffffffff, ${first}`,
    `${conv}, in_channels: 32, in_channel_skip: 96, read_gap: 1, in_sequences: 0, in_offset: 0x2004, processors: 0xffffffff00000000, out_offset: 0`,
  ],
  larger,
);
feature(
  "rows of two layers",
  image,
  [
    [8, 4, 3, 3],
    [8, 4, 1, 1],
    [3, 8, 3, 3],
  ],
  [
    `${conv}, output_processors: 0xff, ${first}`,
    `${point}, max_pool: [2, 1], pool_stride: 2, in_sequences: input, in_offset: 0, output_processors: 0xff, processors: 0xf, out_offset: 0x2100`,
    `${conv}, in_sequences: [0, 1], in_channels: 8, in_dim: [10, 8], in_offset: 0x2000, processors: 0xff, out_offset: 0`,
  ],
);
feature(
  "rows of two layers of one size, some channels of both",
  image,
  [
    [16, 4, 3, 3],
    [16, 4, 3, 3],
    [3, 8, 3, 3],
  ],
  [
    `${conv}, output_processors: 0xffff, ${first}`,
    `${conv}, in_sequences: input, in_offset: 0, output_processors: 0xffff, processors: 0xf, out_offset: 0x2100`,
    `${conv}, in_sequences: [0, 1], in_channels: 8, in_channel_skip: 4, in_dim: [16, 8], in_offset: 0x2000, processors: 0xff0, out_offset: 0`,
  ],
);
feature(
  "rows of a layer and of a part of the input",
  image,
  [
    [8, 4, 3, 3],
    [8, 4, 3, 3],
    [3, 8, 3, 3],
  ],
  [
    `${conv}, output_processors: 0xff, ${first}`,
    `${conv}, in_sequences: input, in_crop: [2, 2], in_dim: [4, 8], in_offset: 0x40, output_processors: 0xff, processors: 0xf, out_offset: 0x2100`,
    `${conv}, in_sequences: [0, 1], in_channels: 8, in_dim: [12, 8], in_offset: 0x2000, processors: 0xff, out_offset: 0`,
  ],
);
feature(
  "samples of several layers",
  column,
  [
    [4, 4, 3],
    [4, 4, 3],
    [3, 4, 3],
  ],
  [
    `op: conv1d, kernel_size: 3, pad: 0, ${first}`,
    `op: conv1d, kernel_size: 3, pad: 1, in_sequences: input, in_offset: 0, processors: 0xf, out_offset: 0x2098`,
    `op: conv1d, kernel_size: 3, pad: 1, in_sequences: [0, 1], in_channels: 4, in_dim: 78, in_offset: 0x2000, processors: 0xf, out_offset: 0`,
  ],
);
feature(
  "crop",
  [4, 10, 6],
  [
    [4, 4, 3, 3],
    [4, 4, 3, 3],
  ],
  [`${conv}, ${first}`, `${conv}, in_crop: [2, 3], in_dim: [5, 6], in_offset: 0x2030, in_sequences: 0, ${second}`],
);
feature(
  "crop of the input",
  [4, 10, 6],
  [[4, 4, 3, 3]],
  [`${conv}, in_crop: [2, 3], in_dim: [5, 6], in_offset: 0x30, ${first}`],
);
feature(
  "crop of samples",
  column,
  [
    [4, 4, 3],
    [4, 4, 3],
  ],
  [
    `op: conv1d, kernel_size: 3, pad: 1, ${first}`,
    `op: conv1d, kernel_size: 3, in_crop: [4, 6], in_dim: 30, in_sequences: 0, in_offset: 0x2010, pad: 1, ${second}`,
  ],
);
feature(
  "rows of samples",
  column,
  [
    [4, 4, 3],
    [4, 4, 3, 3],
    [4, 4, 3],
  ],
  [
    `op: conv1d, kernel_size: 3, pad: 1, ${first}`,
    `${conv}, in_dim: [8, 5], ${second}`,
    `op: conv1d, kernel_size: 3, in_dim: 40, pad: 0, ${first}`,
  ],
);
feature(
  "cropped operands",
  [4, 8, 6],
  [[3, 2, 3, 3]],
  [
    `${conv}, eltwise: add, operands: 2, in_crop: [1, 2], in_dim: [5, 6], in_offset: 0x30, processors: 0x3, out_offset: 0x2000`,
  ],
);
feature(
  "read gap",
  image,
  [
    [4, 4, 3, 3],
    [4, 4, 3, 3],
  ],
  [`${conv}, write_gap: 3, ${first}`, `${conv}, in_skip: 3, ${second}`],
  larger,
);

// Results: several, wide, gapped, on other processors; weights shared or of fewer bits; places of the bias.
feature(
  "outputs",
  image,
  [
    [4, 4, 3, 3],
    [6, 4, 3, 3],
  ],
  [`${conv}, output: true, ${first}`, `${conv}, output: true, output_width: 32, ${second}`],
);
feature(
  "an output before the end",
  image,
  [
    [4, 4, 3, 3],
    [6, 4, 3, 3],
  ],
  [`${conv}, output: true, ${first}`, `${conv}, ${second}`],
);
feature("wide output", image, [[4, 4, 3, 3]], [`${conv}, output_width: 32, ${first}`]);
feature("output with gaps", image, [[4, 4, 3, 3]], [`${conv}, write_gap: 3, ${first}`]);
feature(
  "shared weights",
  image,
  [[4, 4, 3, 3]],
  [
    `name: a, ${conv}, ${first}`,
    `op: conv2d, weight_source: A, pad: 2, activate: ReLU, ${second}`,
    `op: conv2d, weight_source: 1, pad: 0, ${first}`,
  ],
);
feature("fixed shift", image, [[4, 4, 3, 3]], [`${conv}, output_shift: -2, ${first}`]);
feature(
  "bias places",
  image,
  [
    [40, 4, 3, 3],
    [4, 40, 3, 3],
  ],
  [`${conv}, bias_group: 0, ${first}`, `${conv}, bias_quadrant: [2, 0], processors: 0xffffffffff, out_offset: 0`],
);
feature(
  "planar input",
  [2, 16, 16],
  [[4, 2, 3, 3]],
  [`${conv}, data_format: big, max_pool: 2, pool_stride: 2, processors: 0x11, out_offset: 0x2000`],
);
feature(
  "names and spellings",
  image,
  [
    [4, 4, 3, 3],
    [4, 4, 3, 3],
  ],
  [
    `name: First, op: CONV2D, pad: 1, activate: RELU, processors: "0x0000.0000.0000.000f", out_offset: 0x2000`,
    `name: Second, operation: Conv2d, in_sequences: FIRST, in_offset: 0x2000, pad: 1, ${second}`,
  ],
);

for (const bits of [1, 2, 4]) {
  feature(`${bits}-bit weights`, image, [[4, 4, 3, 3]], [`${conv}, quantization: ${bits}, ${first}`], both, { bits });
  feature(
    `${bits}-bit weights by the file`,
    column,
    [[6, 4, 3]],
    [`op: conv1d, kernel_size: 3, pad: 1, ${first}`],
    both,
    { bits },
  );
  feature(
    `${bits}-bit flattened`,
    [4, 4, 3],
    [[5, 48]],
    [`op: linear, flatten: true, quantization: ${bits}, ${first}`],
    both,
    { bits },
  );
}
feature("binary weights", image, [[4, 4, 3, 3]], [`${conv}, quantization: bin, ${first}`], larger, {
  bits: 1,
  binary: true,
});
feature("binary weights by their values", image, [[4, 4, 3, 3]], [`${conv}, ${first}`], larger, {
  bits: 1,
  binary: true,
});

// How layers run.
for (const keys of [
  "calcx4: true",
  "readahead: true",
  "calcx4: true, readahead: true",
  "readahead: true, tcalc: false",
  "tcalc: true",
]) {
  const aside = "processors: 0xf, out_offset: 0x4000";
  feature(`conv2d ${keys}`, image, [[4, 4, 3, 3]], [`${conv}, ${keys}, ${aside}`], larger);
  feature(
    `pool ${keys}`,
    image,
    [[8, 4, 3, 3]],
    [`op: passthrough, max_pool: 2, pool_stride: 2, ${keys}, ${aside}`, `${conv}, ${second}`],
    larger,
  );
  feature(
    `sum ${keys}`,
    [8, 8, 8],
    [[8, 4, 3, 3]],
    [`op: add, operands: 2, ${keys}, ${aside}`, `${conv}, ${second}`],
    larger,
  );
}
for (const keys of ["", "max_pool: 2, pool_stride: 2, ", "pool_stride: 2, "]) {
  const before = `op: passthrough, streaming: true, ${keys}processors: 0xf, out_offset: 0x1000`;
  const streamed = [before, `${conv}, streaming: true, ${first}`, `${conv}, processors: 0xf, out_offset: 0x4000`];
  feature(
    `streamed passthrough ${keys}`,
    [4, 32, 32],
    [
      [4, 4, 3, 3],
      [4, 4, 3, 3],
    ],
    streamed,
    smaller,
  );
}
feature(
  "bypass of other operators",
  image,
  [],
  [
    `op: convtranspose2d, kernel_size: 3x3, pad: 1, bypass: true, output_shift: 2, ${first}`,
    `${conv}, bypass: true, calcx4: true, max_pool: 4, pool_stride: 4, out_channels: 8, output_processors: 0xff, ${second}`,
    `op: linear, flatten: true, bypass: true, calcx4: true, out_channels: 12, processors: 0xff, out_offset: 0x4000`,
  ],
  larger,
);
feature(
  "bypass of samples",
  column,
  [],
  [
    `op: conv1d, kernel_size: 5, pad: 2, bypass: true, output_shift: 4, ${first}`,
    `op: conv1d, kernel_size: 3, pad: 0, bypass: true, calcx4: true, out_channels: 4, ${second}`,
  ],
  larger,
);
feature("bypass", image, [], [`${conv}, bypass: true, ${first}`], larger);
feature(
  "pooled bypass of a sum",
  [8, 8, 8],
  [],
  [`${conv}, bypass: true, eltwise: add, operands: 2, max_pool: 2, pool_stride: 2, activate: ReLU, ${first}`],
  larger,
);
