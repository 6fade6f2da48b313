import type { IntegerRange } from "../../targets/accelerator/device.ts";
import type { Pair } from "../../dsl/model.ts";
import type { LayerPool } from "../../runtime/reference/layer.ts";
import { passesOf } from "./geometry.ts";
import type { LayerReport } from "./layer-report.ts";
import type { Layer, Network } from "./network.ts";

/** Limits of sizes: rows, columns, channels and the counters that go over them. */
export function verifySizes(layer: Layer, report: LayerReport): void {
  const { limits, name } = report.device;
  const { input, pooled, output, convolution } = layer;
  for (const [what, shape] of [
    ["input", input],
    ["pooled data", pooled],
    ["output", output],
  ] as const) {
    const smaller = Math.min(shape.height, shape.width);
    const larger = Math.max(shape.height, shape.width);
    const text = `the ${what} is ${shape.height}x${shape.width}`;
    report.require(
      smaller >= 1,
      "AI2503",
      `${text}: nothing is left`,
      "Use a smaller kernel or window, or more padding.",
    );
    report.require(
      larger <= limits.rowsOrColumns,
      "AI2503",
      `${text}; ${name} has at most ${limits.rowsOrColumns} rows and columns`,
      what === "input" ? "Crop, scale down or fold the input." : "Use less padding, or pool earlier.",
    );
  }
  for (const [what, channels] of [
    ["input", input.channels],
    ["output", output.channels],
  ] as const) {
    const text = `${channels} ${what} channels; ${name} has at most ${limits.channels}`;
    report.require(
      channels >= 1 && channels <= limits.channels,
      "AI2502",
      text,
      `Use at most ${limits.channels} channels.`,
    );
  }
  verifyCounters(layer, report);
  const words = input.height * input.width * passesOf(input.channels, report.device);
  const text = `${input.height}x${input.width} pixels are ${words} words; a frame has less than ${limits.frameWords}`;
  report.require(words < limits.frameWords, "AI2505", text, "Use smaller data or fewer channels.");
  const stored = convolution?.bias?.length ?? 0;
  const { bytesPerQuadrant } = report.device.biasMemory;
  report.require(
    stored <= bytesPerQuadrant,
    "AI2528",
    `${stored} bias values; a quadrant holds ${bytesPerQuadrant}`,
    "Drop the bias, or use fewer channels.",
  );
}

/** The row and column counters of the input, which on one kind of device count the padding, too. */
function verifyCounters({ input, pool, convolution }: Layer, report: LayerReport): void {
  const { limits, capabilities } = report.device;
  const last = 2 ** limits.rowColumnBits;
  for (const [axis, length] of [input.height, input.width].entries() as Iterable<[0 | 1, number]>) {
    const padding = convolution?.padding[axis] ?? 0;
    if (capabilities.streamingFormulas === "line") {
      const transposed = convolution?.kind === "convTranspose2d";
      const counted = transposed ? 2 * length + 2 * (2 - padding) : length + 2 * padding;
      const text = `${length} rows or columns and their padding are counted as ${counted}; the counter stops at ${last}`;
      report.require(counted <= last, "AI2504", text, "Use less padding or smaller data.");
    } else {
      const [window, stride, dilation] = [pool?.size[axis] ?? 1, pool?.stride[axis] ?? 1, pool?.dilation[axis] ?? 1];
      const stop = Math.floor((length - window - dilation + 1) / stride) * stride;
      report.require(
        stop < last,
        "AI2504",
        `${length} rows or columns are too many for the counter, which stops at ${last}`,
        "Use smaller data.",
      );
    }
  }
}

const inside = ([a, b]: Pair, { min, max }: IntegerRange) => Math.min(a, b) >= min && Math.max(a, b) <= max;
const range = ({ min, max }: IntegerRange) => `${min} to ${max}`;

/** Window, stride and dilation of pooling, and what a pooling layer without convolution can do. */
export function verifyPooling(layer: Layer, report: LayerReport): void {
  const { pool, pooled, convolution } = layer;
  if (pool === null) return;
  const { limits, name } = report.device;
  const span: Pair = [(pool.size[0] - 1) * pool.dilation[0] + 1, (pool.size[1] - 1) * pool.dilation[1] + 1];
  const windows = `a window of ${pool.size.join("x")} with dilation ${pool.dilation.join("x")}`;
  report.require(
    inside(pool.size, limits.poolSize) && inside(span, limits.poolSize),
    "AI2512",
    `${windows}; windows span ${range(limits.poolSize)}`,
    "Use a smaller window, or pool twice.",
  );
  report.require(
    inside(pool.stride, limits.poolStride),
    "AI2512",
    `a pooling stride of ${pool.stride.join("x")}; strides are ${range(limits.poolStride)}`,
    "Use a smaller stride, or pool twice.",
  );
  report.require(
    inside(pool.dilation, limits.poolDilation),
    "AI2512",
    `a pooling dilation of ${pool.dilation.join("x")}; ${name} has ${range(limits.poolDilation)}`,
    "Leave the pooling dilation out.",
  );
  verifyDilatedWindows(layer, pool, report);
  verifyWindowsBefore(layer, pool, report);
  const column = layer.input.width === 1 || convolution?.kind === "conv1d";
  report.require(
    column || pool.stride[0] === pool.stride[1],
    "AI2512",
    `a pooling stride of ${pool.stride.join("x")}; both directions must have the same`,
    "Give one stride.",
  );
  const passes = passesOf(pooled.channels, report.device);
  const windowed = pool.size[0] > 1 || pool.size[1] > 1;
  if (convolution === null && windowed && passes > limits.poolPasses && (pooled.height > 1 || pooled.width > 1)) {
    const text = `${pooled.channels} channels are pooled without a convolution; ${name} can do ${limits.poolPasses * report.device.processors}`;
    report.error("AI2513", text, "Put a convolution behind the pooling, or pool to a single pixel.");
  }
}

/** Dilated windows: of maxima only, and only where the device counts as many of them as there are. */
function verifyDilatedWindows({ input, pooled }: Layer, pool: LayerPool, report: LayerReport): void {
  if (Math.max(...pool.dilation) === 1) return;
  const text = `${pool.kind} pooling over ${pool.size.join("x")} with dilation ${pool.dilation.join("x")}`;
  const hint = "Use a window of 2, or no dilation.";
  report.require(
    pool.kind === "max",
    "AI2512",
    `${text}; only maxima can be dilated`,
    "Leave the pooling dilation out.",
  );
  const counted = ([input.height, input.width] as const).map((length, axis) => {
    const [size, stride, dilation] = [pool.size[axis] ?? 1, pool.stride[axis] ?? 1, pool.dilation[axis] ?? 1];
    return Math.floor((length - size - dilation + 1) / stride) + 1;
  });
  const fits = counted[0] === pooled.height && counted[1] === pooled.width;
  const windows = `there are ${pooled.height}x${pooled.width} windows, of which the device counts ${counted.join("x")}`;
  report.require(fits, "AI2512", `${text}: ${windows}`, hint);
}

/** What the convolution in the same layer leaves of pooling. */
function verifyWindowsBefore({ convolution }: Layer, pool: LayerPool, report: LayerReport): void {
  const { capabilities, name } = report.device;
  const aside = pool.stride[0] === pool.size[0] && pool.stride[1] === pool.size[1];
  const steps = convolution?.kind === "convTranspose2d" && !capabilities.readGap && !aside;
  report.require(
    !steps,
    "AI2512",
    `pooling over ${pool.size.join("x")} with stride ${pool.stride.join("x")} in front of a transposed convolution; ${name} has no register for that stride`,
    "Pool one layer earlier.",
  );
  const dilates = convolution?.kind === "conv1d" && pool.kind === "max" && pool.dilation[0] > 1;
  report.require(
    !dilates,
    "AI2512",
    `maxima with dilation ${pool.dilation[0]} in front of a 1-D convolution, which reads them without`,
    "Pool one layer earlier.",
  );
}

/** Element-wise operations, flattening, activation and output width: what goes together in one layer. */
export function verifyCombination(network: Network, layer: Layer, report: LayerReport): void {
  const { eltwise, pool, flatten, convolution, activation, outputBits, pooled, sources, input } = layer;
  const { limits } = report.device;
  report.require(
    convolution !== null || activation === null,
    "AI2515",
    `the activation '${activation}' needs a convolution in the same layer`,
    "Remove the activation, or put it into the layer in front.",
  );
  report.require(
    outputBits === 8 || outputBits === 32,
    "AI2516",
    `results of ${outputBits} bits; 8 and 32 are possible`,
    "Use 8 bits.",
  );
  if (outputBits === 32) {
    const hint = "Use 8 bits.";
    report.require(convolution !== null, "AI2516", "a 32-bit result needs a convolution in the same layer", hint);
    const activated = `a 32-bit result cannot be activated; it has '${activation}'`;
    report.require(activation === null, "AI2516", activated, "Remove the activation, or use 8 bits.");
  }
  if (eltwise !== null) verifyEltwise(layer, report);
  if (flatten) {
    const pixels = pooled.height * pooled.width * passesOf(pooled.channels, report.device);
    const text = `flattening ${pooled.channels}x${pooled.height}x${pooled.width} needs ${pixels} words; at most ${limits.flattenPixels} are possible`;
    report.require(pixels <= limits.flattenPixels, "AI2522", text, "Pool or convolve to a smaller size first.");
    report.require(
      convolution !== null,
      "AI2523",
      "flattening needs a linear operator in the same layer",
      "Use a linear operator.",
    );
    const combines = pool !== null && Math.max(...pool.size) > 1;
    report.require(!combines, "AI2523", "flattening and pooling cannot share a layer", "Pool one layer earlier.");
    report.require(!layer.streaming, "AI2523", "a streaming layer cannot flatten", "Do not stream this layer.");
    const groups = convolution?.groups ?? 1;
    report.require(groups === 1, "AI2523", `flattened data cannot be convolved in ${groups} groups`, "Use 1 group.");
    const { kernel: [rows, columns] = [1, 1] } = convolution ?? {};
    const windows = `flattened data is one pixel; the kernel has ${rows}x${columns}`;
    report.require(rows * columns === 1, "AI2523", windows, "Use a linear operator or a 1x1 kernel.");
  }
  const special = sources.includes("input") && (network.input.format === "CHW" || network.options.fifo !== "none");
  if (special && eltwise !== null) {
    const text = `CHW and FIFO input cannot be split into ${eltwise.operands} operands`;
    report.error("AI2532", text, "Load HWC input into data memory.");
  }
  if (
    sources.includes("input") &&
    network.input.format === "CHW" &&
    input.channels > report.device.processors / report.device.processorsPerDataInstance
  ) {
    report.error(
      "AI2532",
      `${input.channels} channels in CHW format; one per data memory instance is possible`,
      "Use HWC format.",
    );
  }
}

function verifyEltwise(layer: Layer, report: LayerReport): void {
  const { eltwise, pool, convolution, input, sources } = layer;
  if (eltwise === null) return;
  const { limits, capabilities, name } = report.device;
  const { operands, poolFirst } = eltwise;
  const { min, max } = limits.operands;
  report.require(
    operands >= min && operands <= max,
    "AI2517",
    `${operands} operands; ${min} to ${max} are possible`,
    "Combine in several layers.",
  );
  report.require(
    sources.length === 1 || sources.length === operands,
    "AI2517",
    `${sources.length} tensors for ${operands} operands`,
    `Give ${operands} tensors, or one that holds all operands.`,
  );
  report.require(
    convolution?.kind !== "conv1d",
    "AI2518",
    "an element-wise operation and a 1-D convolution cannot share a layer",
    "Use a passthrough layer between them.",
  );
  const passes = passesOf(input.channels, report.device);
  const more = convolution !== null || (pool !== null && Math.max(...pool.size, ...pool.stride) > 1);
  // Two operands of two passes are as many words as the hardware interleaves anyway.
  if (!capabilities.multiPassEltwise && passes > 1 && operands * passes !== operands + passes && more) {
    const text = `${operands} operands of ${input.channels} channels cannot also be pooled or convolved on ${name}`;
    report.error("AI2519", text, "Do the element-wise operation in a layer of its own.");
  }
  const biased = convolution !== null && convolution.bias !== null && convolution.groups === 1;
  if (biased && !capabilities.eltwiseConvBias) {
    report.error(
      "AI2520",
      `an element-wise operation and a convolution with bias cannot share a layer on ${name}`,
      "Drop the bias, or use two layers.",
    );
  }
  if (!poolFirst && pool !== null && Math.max(...pool.size) > 1) {
    const text = `${operands} operands are combined before pooling; at most ${limits.operandsBeforePool} can be`;
    report.require(operands <= limits.operandsBeforePool, "AI2521", text, "Pool first, or use two layers.");
  }
}
