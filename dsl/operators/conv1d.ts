import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { WeightedNode } from "../model.ts";
import { type Call, OptionReader, type Parameters } from "../options.ts";
import {
  convOptionRules,
  countedRows,
  kernelFits,
  outputRows,
  paddingBelowKernel,
  paddingRange,
  strideOne,
} from "../rules/convolution.ts";
import { oneColumn } from "../rules/read.ts";
import type { Facts, RuleTable } from "../rules/rule.ts";
import { outputChannels, outputMemory, weightMemory } from "../rules/weighted.ts";
import { convOutputSize, whole } from "../sizes.ts";
import type { AtMost, Below, Difference, Product, Sum, Whole } from "../types/arithmetic.ts";
import type { CallOf, Option } from "../types/call.ts";
import type { ConvOutputSize, UsableSize } from "../types/sizes.ts";
import type { FactContext } from "./context.ts";
import { convolutionFacts, type ConvolutionFacts, type ConvolutionWeights, strideOtherThan } from "./convolution.ts";
import { inputNode, readWeighted, usableSize, type WeightedOptions, weightedParameters } from "./weighted.ts";

/** Options of `conv1d`. */
export interface Conv1dOptions extends WeightedOptions {
  /** Kernel length in samples. */
  readonly kernel: number;
  /** Samples of zeros added on each side. Default 0. */
  readonly padding?: number;
  readonly stride?: number;
  /** Distance between the samples a kernel reads. Default 1. */
  readonly dilation?: number;
  readonly groups?: number;
}

export const conv1dParameters = {
  kernel: { type: "number", doc: "Kernel length in samples." },
  padding: { type: "number", doc: "Zeros added on each side; 0 by default." },
  stride: { type: "number", doc: "Always 1; pool before the convolution to down-sample." },
  dilation: { type: "number", doc: "Distance between the samples a kernel reads; 1 by default." },
  groups: { type: "number", doc: "1, or the number of channels for a depthwise convolution." },
  ...weightedParameters,
} as const satisfies Parameters;

/** Adds a one-dimensional convolution to the graph and returns its node id. */
export function createConv1d(call: Call, input: number, channels: unknown, options: unknown): number {
  const reader = new OptionReader(call, conv1dParameters, options);
  if (!reader.has("kernel")) reader.missing("kernel");
  const { shape } = inputNode(call, input);
  const outputs = reader.argument("channels", channels, shape.channels);
  const kernel = reader.number("kernel", 1);
  const padding = reader.number("padding", 0);
  const dilation = reader.number("dilation", 1);
  const stride = reader.number("stride", 1);
  const height = usableSize(convOutputSize(shape.height, kernel, padding, dilation));
  return call.builder.add(
    {
      kind: "conv1d",
      inputs: [input],
      kernel: [kernel, 1],
      padding: [padding, 0],
      dilation,
      groups: reader.number("groups", 1),
      ...strideOtherThan(1, [stride, stride]),
      ...readWeighted(reader),
      shape: { channels: outputs, height, width: shape.width },
    },
    call.captured,
  );
}

export const conv1dRules = {
  channels: [oneColumn, outputChannels, weightMemory, outputMemory],
  kernel: [
    {
      id: "CONV-20",
      code: "AI2001",
      value: "kernel",
      check: "between",
      limit: { device: ["limits", "conv1dKernel"] },
      say: "kernel {kernel} is not available on {device}; use {limit}",
      hint: "several layers, or dilation, see a longer stretch",
    },
    kernelFits,
  ],
  padding: [
    paddingRange,
    paddingBelowKernel,
    {
      id: "CONV-22",
      code: "AI2007",
      when: "paddedMultiPass",
      value: "multiPassPadding",
      check: "is",
      limit: true,
      say: "padding {padding} with {channelsIn} input channels is not available on {device}; use 0",
      hint: "pad an earlier operator instead, or use no more channels than processors",
    },
    {
      id: "CONV-26",
      code: "AI2006",
      when: "wideDilation",
      value: "padding",
      check: "is",
      limit: 0,
      say: "padding {padding} is not available with dilation {dilation}; use {limit}",
      hint: "kernels that reach this far run on the 2-D hardware without padding",
    },
    countedRows,
    outputRows,
  ],
  stride: [strideOne],
  dilation: [
    {
      id: "CONV-30",
      code: "AI2006",
      value: "dilation",
      check: "between",
      limit: { min: 1, max: { device: ["limits", "conv1dDilation"] } },
      say: "dilation {dilation} is not available on {device}; use {limit}",
      hint: "pool before to see a longer stretch",
    },
    {
      id: "CONV-24",
      code: "AI2006",
      when: "dilated",
      value: "singleSample",
      check: "is",
      limit: false,
      say: "dilation {dilation} has no meaning for kernel {kernel}",
      hint: "leave the dilation out",
    },
    {
      id: "CONV-25",
      code: "AI2006",
      when: "dilatedLong",
      value: "span",
      check: "between",
      limit: { device: ["limits", "conv1dKernel"] },
      say: "kernel {kernel} with dilation {dilation} spans {span} samples; such kernels span {limit}",
      hint: "kernels of up to 3 samples can be dilated further",
    },
  ],
  ...convOptionRules,
  bypass: [
    ...convOptionRules.bypass,
    {
      id: "BYP-04",
      code: "AI2029",
      when: "bypass",
      value: "dilated",
      check: "is",
      limit: false,
      say: "a bypass cannot be dilated: kernel {kernel} with dilation {dilation} has zeros between its samples",
      hint: "use weights of 1, or leave the dilation out",
    },
  ],
} as const satisfies RuleTable;

/** Longest kernel that can be dilated beyond the longest ordinary kernel: it runs on the 2-D hardware. */
const longestWide = 3;

/** Facts of a `conv1d` node, for `conv1dRules`. */
export function conv1dFacts(node: WeightedNode, context: FactContext): Facts {
  const { channels, height, width } = context.input.shape;
  const kernel = whole(node.kernel[0]);
  const padding = whole(node.padding[0]);
  const dilation = whole(node.dilation);
  const { device } = context;
  const output = {
    height: convOutputSize(height, kernel, padding, dilation),
    width,
    kernelWords: kernel,
    extraWords: 0,
  };
  const span = dilation * Math.max(0, kernel - 1) + 1;
  const dilated = dilation > 1;
  return {
    ...convolutionFacts(node, context, output, 1),
    width,
    kernel: node.kernel[0],
    kernelSize: node.kernel[0],
    paddedSide: height + 2 * padding,
    paddedMultiPass: padding > 0 && channels > device.processors,
    multiPassPadding: device.capabilities.multiPassConv1dPadding,
    span,
    dilated,
    singleSample: kernel === 1,
    dilatedLong: dilated && kernel > longestWide,
    wideDilation: dilated && span > device.limits.conv1dKernel.max,
  };
}

/** Twin of `conv1dFacts`. */
export interface Conv1dFacts<C extends CallOf, Spec extends DeviceSpec> extends ConvolutionFacts<
  C,
  Spec,
  Conv1dWeights<C>,
  Product<UsableSize<Conv1dSize<C>>, C["shape"][2]>,
  Conv1dSize<C>,
  C["shape"][2],
  1
> {
  readonly width: C["shape"][2];
  readonly kernel: KernelOf<C>;
  readonly kernelSize: KernelOf<C>;
  readonly paddedSide: Sum<C["shape"][1], Sum<Whole<PaddingOf<C>>, Whole<PaddingOf<C>>>>;
  readonly paddedMultiPass: AtMost<Whole<PaddingOf<C>>, 0> extends false
    ? Below<Spec["processors"], C["shape"][0]>
    : false;
  readonly multiPassPadding: Spec["capabilities"]["multiPassConv1dPadding"];
  readonly span: Span<C>;
  readonly dilated: Dilated<C>;
  readonly singleSample: Whole<KernelOf<C>> extends 1 ? true : false;
  readonly dilatedLong: Dilated<C> extends true ? Below<typeof longestWide, Whole<KernelOf<C>>> : false;
  readonly wideDilation: Dilated<C> extends true ? Below<Spec["limits"]["conv1dKernel"]["max"], Span<C>> : false;
}

/** Samples of the result. */
export type Conv1dSize<C extends CallOf> = ConvOutputSize<
  C["shape"][1],
  Whole<KernelOf<C>>,
  Whole<PaddingOf<C>>,
  Whole<DilationOf<C>>
>;

export type Conv1dWeights<C extends CallOf> = ConvolutionWeights<C, Whole<KernelOf<C>>>;

type Span<C extends CallOf> = Sum<Product<Whole<DilationOf<C>>, Difference<Whole<KernelOf<C>>, 1>>, 1>;
type Dilated<C extends CallOf> = Below<1, Whole<DilationOf<C>>>;
type KernelOf<C extends CallOf> = Option<C["options"], "kernel", number>;
type PaddingOf<C extends CallOf> = Option<C["options"], "padding", 0>;
type DilationOf<C extends CallOf> = Option<C["options"], "dilation", 1>;
