import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { WeightedNode } from "../model.ts";
import { type Call, OptionReader, type Parameters, type Size } from "../options.ts";
import {
  columnPaddingBelowKernel,
  columnPaddingRange,
  convOptionRules,
  countedRows,
  kernelFits,
  outputRows,
  paddingBelowKernel,
  paddingRange,
  strideOne,
} from "../rules/convolution.ts";
import type { Facts, RuleTable } from "../rules/rule.ts";
import { outputChannels, outputMemory, weightMemory } from "../rules/weighted.ts";
import { convOutputSize, whole } from "../sizes.ts";
import type { Larger, Product, Sum, Whole } from "../types/arithmetic.ts";
import type { CallOf, Option } from "../types/call.ts";
import type { ConvOutputSize, UsableSize } from "../types/sizes.ts";
import type { FactContext } from "./context.ts";
import {
  type ColumnsOf,
  convolutionFacts,
  type ConvolutionFacts,
  type ConvolutionWeights,
  type PaddingOf,
  type RowsOf,
  sizeOf,
  type SizeOf,
  sizeText,
  type SizeText,
  strideOtherThan,
} from "./convolution.ts";
import { inputNode, readWeighted, usableSize, type WeightedOptions, weightedParameters } from "./weighted.ts";

/** Options of `conv2d`. */
export interface Conv2dOptions extends WeightedOptions {
  /** Kernel size. */
  readonly kernel: Size;
  /** Rows and columns of zeros added on each side. Default 0. */
  readonly padding?: Size;
  readonly stride?: Size;
  readonly dilation?: number;
  /** 1, or the number of channels for a depthwise convolution. Default 1. */
  readonly groups?: number;
}

export const conv2dParameters = {
  kernel: { type: "size", doc: "Kernel size, the same in both dimensions." },
  padding: { type: "size", doc: "Zeros added on each side; 0 by default." },
  stride: { type: "size", doc: "Always 1; pool before the convolution to down-sample." },
  dilation: { type: "number", doc: "Always 1." },
  groups: { type: "number", doc: "1, or the number of channels for a depthwise convolution." },
  ...weightedParameters,
} as const satisfies Parameters;

/** Adds a convolution to the graph and returns its node id. */
export function createConv2d(call: Call, input: number, channels: unknown, options: unknown): number {
  const reader = new OptionReader(call, conv2dParameters, options);
  if (!reader.has("kernel")) reader.missing("kernel");
  const { shape } = inputNode(call, input);
  const outputs = reader.argument("channels", channels, shape.channels);
  const kernel = reader.size("kernel", [1, 1]);
  const padding = reader.size("padding", [0, 0]);
  const dilation = reader.number("dilation", 1);
  const stride = reader.size("stride", [1, 1]);
  const size = (axis: 0 | 1, length: number) =>
    usableSize(convOutputSize(length, kernel[axis], padding[axis], dilation));
  return call.builder.add(
    {
      kind: "conv2d",
      inputs: [input],
      kernel,
      padding,
      dilation,
      groups: reader.number("groups", 1),
      ...strideOtherThan(1, stride),
      ...readWeighted(reader),
      shape: { channels: outputs, height: size(0, shape.height), width: size(1, shape.width) },
    },
    call.captured,
  );
}

export const conv2dRules = {
  channels: [outputChannels, weightMemory, outputMemory],
  kernel: [
    {
      id: "CONV-01",
      code: "AI2001",
      value: "kernelSize",
      check: "oneOf",
      limit: { device: ["limits", "conv2dKernels"] },
      say: "kernel {kernel} is not available on {device}; use {limit:square}",
      hint: "two 3x3 layers see the same area as one 5x5; a 2x2 kernel is a 3x3 kernel with zeros",
    },
    kernelFits,
  ],
  padding: [paddingRange, columnPaddingRange, paddingBelowKernel, columnPaddingBelowKernel, countedRows, outputRows],
  stride: [strideOne],
  dilation: [
    {
      id: "CONV-07",
      code: "AI2005",
      value: "dilation",
      check: "is",
      limit: 1,
      say: "dilation {dilation} is not available on {device}; conv2d takes {limit} only",
      hint: "stack 3x3 convolutions, or use conv1d, which can be dilated",
    },
  ],
  ...convOptionRules,
} as const satisfies RuleTable;

/** Facts of a `conv2d` node, for `conv2dRules`. */
export function conv2dFacts(node: WeightedNode, context: FactContext): Facts {
  const { height, width } = context.input.shape;
  const kernel = whole(sizeOf(node.kernel));
  const [rows, columns] = [whole(node.padding[0]), whole(node.padding[1])];
  const dilation = whole(node.dilation);
  const output = {
    height: convOutputSize(height, kernel, rows, dilation),
    width: convOutputSize(width, kernel, columns, dilation),
    kernelWords: kernel * kernel,
    extraWords: 0,
  };
  return {
    ...convolutionFacts(node, context, output, 1),
    kernel: sizeText(node.kernel),
    kernelSize: sizeOf(node.kernel),
    paddedSide: Math.max(height + 2 * rows, width + 2 * columns),
  };
}

/** Twin of `conv2dFacts`. */
export interface Conv2dFacts<C extends CallOf, Spec extends DeviceSpec> extends ConvolutionFacts<
  C,
  Spec,
  Conv2dWeights<C>,
  Product<UsableSize<Conv2dSize<C, 1>>, UsableSize<Conv2dSize<C, 2>>>,
  Conv2dSize<C, 1>,
  Conv2dSize<C, 2>,
  1
> {
  readonly kernel: SizeText<KernelOf<C>>;
  readonly kernelSize: SizeOf<KernelOf<C>>;
  readonly paddedSide: Larger<
    Padded<C["shape"][1], RowsOf<PaddingOf<C>>>,
    Padded<C["shape"][2], ColumnsOf<PaddingOf<C>>>
  >;
}

/** Rows (axis 1) or columns (axis 2) of the result. */
export type Conv2dSize<C extends CallOf, Axis extends 1 | 2> = ConvOutputSize<
  C["shape"][Axis],
  Whole<SizeOf<KernelOf<C>>>,
  Whole<Axis extends 1 ? RowsOf<PaddingOf<C>> : ColumnsOf<PaddingOf<C>>>,
  Whole<Option<C["options"], "dilation", 1>>
>;

export type Conv2dWeights<C extends CallOf> = ConvolutionWeights<
  C,
  Product<Whole<SizeOf<KernelOf<C>>>, Whole<SizeOf<KernelOf<C>>>>
>;

type KernelOf<C extends CallOf> = Option<C["options"], "kernel", number>;
type Padded<Length, Padding> = Sum<Length, Sum<Whole<Padding>, Whole<Padding>>>;
