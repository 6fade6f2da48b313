import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import { passesOf, processorsPerPass } from "./geometry.ts";
import type { LayerReport } from "./layer-report.ts";
import type { Layer } from "./network.ts";

/** Kernel, padding, dilation, stride and groups. */
export function verifyConvolution(layer: Layer, report: LayerReport): void {
  const { convolution } = layer;
  if (convolution === null) return;
  verifyKernel(layer, convolution, report);
  verifyPadding(layer, convolution, report);
  verifyDilation(layer, convolution, report);
  verifyStride(convolution, report);
  verifyGroups(layer, convolution, report);
}

function verifyKernel({ input }: Layer, { kind, kernel }: LayerConvolution, report: LayerReport): void {
  const { conv2dKernels, conv1dKernel } = report.device.limits;
  const text = `a kernel of ${kernel.join("x")}`;
  if (kind === "conv1d") {
    const columns = `a 1-D convolution reads ${input.width} columns; it walks along one`;
    report.require(input.width === 1, "AI2503", columns, "Pool to one column in a layer of its own.");
    const inside = kernel[0] >= conv1dKernel.min && kernel[0] <= conv1dKernel.max && kernel[1] === 1;
    return report.require(
      inside,
      "AI2506",
      `${text}; 1-D kernels have length ${conv1dKernel.min} to ${conv1dKernel.max}`,
      "Use a shorter kernel, or several layers.",
    );
  }
  if (kind === "linear")
    return report.require(kernel.join() === "1,1", "AI2506", `${text} in a linear operator`, "Use a convolution.");
  const largest = Math.max(...conv2dKernels);
  const allowed = kind === "convTranspose2d" ? [largest] : conv2dKernels;
  const inside = kernel[0] === kernel[1] && allowed.includes(kernel[0]);
  report.require(
    inside,
    "AI2506",
    `${text}; possible are ${allowed.map((side) => `${side}x${side}`).join(" and ")}`,
    "Use 3x3 kernels; two of them see as much as a 5x5.",
  );
}

function verifyPadding({ input }: Layer, { kind, kernel, padding }: LayerConvolution, report: LayerReport): void {
  const { limits, capabilities, name } = report.device;
  const { min, max } = limits.padding;
  const inside = padding.every((pixels, axis) => pixels >= min && pixels <= max && pixels < (kernel[axis] ?? 0));
  const text = `padding of ${padding.join("x")} around a kernel of ${kernel.join("x")}; it is ${min} to ${max} and less than the kernel`;
  const most = Math.min(max, Math.min(...kernel) - 1);
  report.require(inside, "AI2507", text, `Use padding of at most ${most}.`);
  const padded = kind === "conv1d" && padding[0] > 0 && passesOf(input.channels, report.device) > 1;
  if (padded && !capabilities.multiPassConv1dPadding) {
    const hint = `Use no padding, or at most ${report.device.processors} channels.`;
    report.error("AI2507", `a 1-D convolution of ${input.channels} channels cannot be padded on ${name}`, hint);
  }
}

function verifyDilation(
  layer: Layer,
  { kind, kernel, padding, dilation }: LayerConvolution,
  report: LayerReport,
): void {
  if (dilation === 1) return;
  if (kind !== "conv1d")
    return report.error(
      "AI2508",
      `dilation ${dilation}; only 1-D convolutions can be dilated`,
      "Stack 3x3 layers instead.",
    );
  const [length] = kernel;
  const { conv1dKernel, conv1dDilation, conv2dKernels } = report.device.limits;
  if (length === 1)
    return report.error(
      "AI2508",
      `dilation ${dilation} of a kernel of length 1 means nothing`,
      "Leave the dilation out.",
    );
  if ((length - 1) * dilation < conv1dKernel.max) return;
  const longest = Math.max(...conv2dKernels);
  const span = `a kernel of length ${length} with dilation ${dilation} spans more than ${conv1dKernel.max} samples`;
  report.require(
    length <= longest,
    "AI2508",
    `${span}; it can have at most ${longest} taps then`,
    `Use a kernel of length ${longest}.`,
  );
  report.require(
    dilation <= conv1dDilation,
    "AI2508",
    `dilation ${dilation}; at most ${conv1dDilation} is possible`,
    "Use less dilation.",
  );
  const others = [
    padding[0] > 0 ? "padding" : "",
    layer.pool !== null && Math.max(...layer.pool.size) > 1 ? "pooling" : "",
    layer.eltwise === null ? "" : "an element-wise operation",
    layer.flatten ? "flattening" : "",
    layer.convolution?.bypass === true ? "a bypassed kernel" : "",
    layer.readAhead ? "read-ahead" : "",
    layer.streaming ? "streaming" : "",
  ].filter(Boolean);
  report.require(
    others.length === 0,
    "AI2508",
    `${span}; it cannot be combined with ${others.join(", ")}`,
    "Use a layer of its own for the dilated convolution.",
  );
}

function verifyStride({ kind, stride, outputPadding }: LayerConvolution, report: LayerReport): void {
  const [wantedStride, wantedPadding] = kind === "convTranspose2d" ? [2, 1] : [1, 0];
  report.require(
    stride === wantedStride,
    "AI2509",
    `stride ${stride}; it is always ${wantedStride} here`,
    kind === "convTranspose2d" ? `Use stride ${wantedStride}.` : "Pool to reduce the size.",
  );
  report.require(
    outputPadding === wantedPadding,
    "AI2509",
    `output padding ${outputPadding}; it is always ${wantedPadding} here`,
    "Leave it out.",
  );
}

function verifyGroups({ pooled, output }: Layer, { groups }: LayerConvolution, report: LayerReport): void {
  if (groups === 1) return;
  const { capabilities, name } = report.device;
  if (!capabilities.depthwise)
    return report.error("AI2510", `${groups} groups; ${name} has no depthwise convolution`, "Use 1 group.");
  const depthwise = groups === pooled.channels && groups === output.channels;
  const text = `${groups} groups for ${pooled.channels} input and ${output.channels} output channels; groups are 1, or equal to both`;
  report.require(depthwise, "AI2510", text, "Use 1 group, or as many as there are channels.");
}

/** Weights, bias and shift: sizes, ranges and what the device can store. */
export function verifyNumbers(layer: Layer, report: LayerReport): void {
  const { convolution } = layer;
  const { capabilities, limits, name } = report.device;
  if (layer.readAhead && !capabilities.readAhead)
    report.error("AI2527", `${name} has no read-ahead`, "Leave it out: results are the same.");
  if (layer.calcx4 && !capabilities.calcx4)
    report.error(
      "AI2527",
      `${name} cannot calculate four outputs at once (calcx4)`,
      "Leave it out: results are the same.",
    );
  if (layer.calcx4)
    report.require(
      layer.output.channels % 4 === 0,
      "AI2527",
      `${layer.output.channels} outputs cannot be calculated four at a time (calcx4)`,
      "Use a multiple of 4 outputs, or leave it out.",
    );
  if (convolution === null) return;
  const { weights, bypass, bias, shift } = convolution;
  if (bypass && layer.calcx4 && convolution.groups > 1) {
    const message = "bypassed kernels of single channels cannot be calculated four at a time (calcx4)";
    report.error("AI2527", message, "Leave it out: results are the same.");
  }
  if (bypass && convolution.dilation > 1) {
    const message = `a bypassed kernel of dilation ${convolution.dilation} would have zeros, but sums all that is under it`;
    report.error("AI2526", message, "Use weights of 1, or no dilation.");
  }
  report.require(
    (weights === null) === bypass,
    "AI1522",
    bypass ? "a bypassed kernel has weights" : "it has no weights",
  );
  if (bypass)
    report.require(capabilities.bypass, "AI2526", `${name} cannot bypass kernels`, "Use a passthrough layer.");
  // Where processors have no channel left, their data is summed all the same; stored weights are zero there.
  const { channels } = layer.input;
  const summed = passesOf(channels, report.device) * processorsPerPass(channels, report.device);
  const text = `a bypassed kernel sums ${summed} channels where the input has ${channels}`;
  const full = Math.floor(channels / report.device.processors) * report.device.processors;
  if (bypass)
    report.require(summed === channels, "AI2526", text, `Use weights of 1, or passes that are full: ${full} channels.`);
  const { min, max } = limits.outputShift;
  report.require(
    shift >= min && shift <= max,
    "AI2525",
    `a total output shift of ${shift}; ${min} to ${max} are possible`,
    "The shift of the layer and 8 minus its weight bits are added: change either.",
  );
  if (bias !== null)
    report.require(
      bias.length === layer.output.channels,
      "AI1522",
      `${bias.length} bias values for ${layer.output.channels} channels`,
    );
  if (weights === null) return;
  report.require(
    limits.weightBits.includes(weights.bits),
    "AI2524",
    `weights of ${weights.bits} bits; possible are ${limits.weightBits.join(", ")}`,
    `Quantize to ${limits.weightBits.at(-1)} bits.`,
  );
  report.require(
    !weights.binary || capabilities.binaryWeights,
    "AI2524",
    `${name} has no weights of +1 and -1`,
    "Use 1-bit weights of 0 and -1, or more bits.",
  );
  verifyWeights(layer, convolution, report);
}

function verifyWeights(layer: Layer, { weights, kernel, groups }: LayerConvolution, report: LayerReport): void {
  if (weights === null) return;
  const { pooled, flatten } = layer;
  const inputs = (flatten ? pooled.channels * pooled.height * pooled.width : pooled.channels) / groups;
  const expected = layer.output.channels * inputs * kernel[0] * kernel[1];
  if (weights.inputs !== inputs || weights.data.length !== expected) {
    report.error(
      "AI1522",
      `${weights.data.length} weights of ${weights.inputs} inputs; it needs ${expected} of ${inputs}`,
    );
  }
  const [low, high] = [-(2 ** (weights.bits - 1)), 2 ** (weights.bits - 1) - 1];
  const fits = (weight: number) => (weights.binary ? Math.abs(weight) === 1 : weight >= low && weight <= high);
  const wrong = fits(-128) && fits(127) ? undefined : weights.data.find((weight) => !fits(weight));
  if (wrong !== undefined) report.error("AI1522", `a weight of ${wrong} does not fit ${weights.bits} bits`);
}
