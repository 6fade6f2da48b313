import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Pair, WeightedNode } from "../model.ts";
import { type Call, OptionReader, type Parameters, type Size } from "../options.ts";
import type { Facts, RuleTable } from "../rules/rule.ts";
import { outputChannels, outputMemory, weightedOptionRules, weightMemory } from "../rules/weighted.ts";
import { convOutputSize } from "../sizes.ts";
import type { Larger, Product, Sum, Whole } from "../types/arithmetic.ts";
import type { CallOf, Option } from "../types/call.ts";
import type { ConvOutputSize, UsableSize } from "../types/sizes.ts";
import type { FactContext } from "./context.ts";
import {
  inputNode,
  readWeighted,
  usableSize,
  weightedFacts,
  type WeightedFacts,
  type WeightedOptions,
  weightedParameters,
} from "./weighted.ts";

/** Options of `conv2d`. */
export interface Conv2dOptions extends WeightedOptions {
  /** Kernel size. */
  readonly kernel: Size;
  /** Rows and columns of zeros added on each side. Default 0. */
  readonly padding?: number;
  readonly stride?: Size;
  readonly dilation?: number;
  /** 1, or the number of channels for a depthwise convolution. Default 1. */
  readonly groups?: number;
}

export const conv2dParameters = {
  kernel: { type: "size", doc: "Kernel size, the same in both dimensions." },
  padding: { type: "number", doc: "Zeros added on each side; 0 by default." },
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
  const padding = reader.number("padding", 0);
  const dilation = reader.number("dilation", 1);
  const stride = reader.size("stride", [1, 1]);
  const size = (axis: 0 | 1, length: number) => usableSize(convOutputSize(length, kernel[axis], padding, dilation));
  return call.builder.add(
    {
      kind: "conv2d",
      inputs: [input],
      kernel,
      padding: [padding, padding],
      dilation,
      groups: reader.number("groups", 1),
      ...strideOtherThan(1, stride),
      ...readWeighted(reader),
      shape: { channels: outputs, height: size(0, shape.height), width: size(1, shape.width) },
    },
    call.captured,
  );
}

/** The node's `stride` field, present only where it breaks the rule. */
export const strideOtherThan = (only: number, stride: Pair): { stride?: Pair } =>
  stride[0] === only && stride[1] === only ? {} : { stride };

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
    {
      id: "SHAPE-06",
      code: "AI1011",
      value: "fits",
      check: "is",
      limit: true,
      say: "kernel {kernel} with padding {padding} does not fit {data}",
      hint: "pool less before, or add padding",
    },
  ],
  padding: [
    {
      id: "CONV-03",
      code: "AI2002",
      value: "padding",
      check: "between",
      limit: { device: ["limits", "padding"] },
      say: "padding {padding} is not available on {device}; use {limit}",
      hint: "padding 1 keeps the size with a 3x3 kernel",
    },
    {
      id: "CONV-02",
      code: "AI2003",
      value: "padding",
      check: "below",
      limit: "kernelSize",
      say: "padding {padding} must be smaller than kernel {kernel}",
      hint: "use padding 0 with a 1x1 kernel",
    },
    {
      id: "SHAPE-03",
      code: "AI2018",
      when: "paddingCounts",
      value: "paddedSide",
      check: "atMost",
      limit: { device: ["limits", "rowsOrColumns"] },
      say: "{data} with padding {padding} counts to {paddedSide}; {device} counts to {limit}",
      hint: "use less padding or a smaller input",
    },
    {
      id: "SHAPE-02",
      code: "AI2017",
      value: "largestOutput",
      check: "atMost",
      limit: { device: ["limits", "rowsOrColumns"] },
      say: "the output would be {result}; {device} takes at most {limit} rows or columns",
      hint: "use less padding",
    },
  ],
  stride: [
    {
      id: "CONV-04",
      code: "AI2004",
      value: "stride",
      check: "is",
      limit: 1,
      say: "stride {strideText} is not available on {device}; convolutions step by {limit}",
      hint: "pool right before the convolution: that costs nothing",
    },
  ],
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
  groups: [
    {
      id: "DW-01",
      code: "AI2009",
      when: "grouped",
      value: "depthwiseAvailable",
      check: "is",
      limit: true,
      say: "groups {groups} is not available on {device}; use 1",
      hint: "depthwise convolutions need a device that has them",
    },
    {
      id: "DW-02",
      code: "AI2010",
      when: "grouped",
      value: "depthwise",
      check: "is",
      limit: true,
      say: "groups {groups} must be 1, or equal to both input channels ({channelsIn}) and output channels ({channels})",
      hint: "a depthwise convolution has as many groups as channels",
    },
  ],
  ...weightedOptionRules,
} as const satisfies RuleTable;

/** Facts of a `conv2d` node, for `conv2dRules`. */
export function conv2dFacts(node: WeightedNode, context: FactContext): Facts {
  const { shape } = context.input;
  const [kernel] = node.kernel;
  const padding = node.padding[0];
  const outputs = (["height", "width"] as const).map((axis, index) =>
    convOutputSize(shape[axis], node.kernel[index] as number, padding, node.dilation),
  );
  const stride = node.stride ?? [1, 1];
  const weights = node.shape.channels * node.kernel[0] * node.kernel[1] * (node.groups === 1 ? shape.channels : 1);
  return {
    ...weightedFacts(node, context, { weights, outputWords: node.shape.height * node.shape.width }),
    data: `${shape.height}x${shape.width}`,
    channelsIn: shape.channels,
    kernel: sizeText(node.kernel),
    kernelSize: kernel === node.kernel[1] ? kernel : sizeText(node.kernel),
    padding,
    fits: outputs.every((size) => size >= 1),
    paddingCounts: context.device.capabilities.paddingInRowCounter,
    paddedSide: Math.max(shape.height, shape.width) + 2 * padding,
    largestOutput: Math.max(...outputs),
    stride: stride[0] === stride[1] ? stride[0] : sizeText(stride),
    strideText: stride[0] === stride[1] ? `${stride[0]}` : sizeText(stride),
    dilation: node.dilation,
    groups: node.groups,
    grouped: node.groups !== 1,
    depthwise: node.groups === shape.channels && node.groups === node.shape.channels,
    depthwiseAvailable: context.device.capabilities.depthwise,
  };
}

/** 5 -> "5x5", [1, 3] -> "1x3". */
export const sizeText = ([rows, columns]: Pair): string => `${rows}x${columns}`;

/** Twin of `conv2dFacts`. */
export interface Conv2dFacts<C extends CallOf, Spec extends DeviceSpec> extends WeightedFacts<
  C,
  Spec,
  Conv2dWeights<C>,
  Product<OutHeight<C>, OutWidth<C>>,
  OutHeight<C>,
  OutWidth<C>
> {
  readonly data: `${C["shape"][1]}x${C["shape"][2]}`;
  readonly channelsIn: C["shape"][0];
  readonly kernel: SizeText<KernelOf<C>>;
  readonly kernelSize: SizeOf<KernelOf<C>>;
  readonly padding: PaddingOf<C>;
  readonly fits: OutSize<C, 1> extends 0 ? false : OutSize<C, 2> extends 0 ? false : true;
  readonly paddingCounts: Spec["capabilities"]["paddingInRowCounter"];
  readonly paddedSide: Sum<Larger<C["shape"][1], C["shape"][2]>, Sum<Whole<PaddingOf<C>>, Whole<PaddingOf<C>>>>;
  readonly largestOutput: Larger<OutSize<C, 1>, OutSize<C, 2>>;
  readonly stride: SizeOf<Option<C["options"], "stride", 1>>;
  readonly strideText: `${SizeOf<Option<C["options"], "stride", 1>> & (number | string)}`;
  readonly dilation: DilationOf<C>;
  readonly groups: GroupsOf<C>;
  readonly grouped: number extends GroupsOf<C> ? boolean : GroupsOf<C> extends 1 ? false : true;
  readonly depthwise: Same<GroupsOf<C>, C["shape"][0]> extends true ? Same<GroupsOf<C>, C["channels"]> : false;
  readonly depthwiseAvailable: Spec["capabilities"]["depthwise"];
}

/** Shape of the result of a `conv2d` call. */
export type Conv2dShape<C extends CallOf> = [C["channels"], OutHeight<C>, OutWidth<C>];

/** Number of weights of a `conv2d` call. */
export type Conv2dWeights<C extends CallOf> = Product<
  Product<Whole<C["channels"]>, GroupsOf<C> extends 1 ? C["shape"][0] : 1>,
  Product<Whole<SizeOf<KernelOf<C>>>, Whole<SizeOf<KernelOf<C>>>>
>;

type KernelOf<C extends CallOf> = Option<C["options"], "kernel", number>;
type PaddingOf<C extends CallOf> = Option<C["options"], "padding", 0>;
type DilationOf<C extends CallOf> = Option<C["options"], "dilation", 1>;
type GroupsOf<C extends CallOf> = Option<C["options"], "groups", 1>;
type OutSize<C extends CallOf, Axis extends 1 | 2> = ConvOutputSize<
  C["shape"][Axis],
  Whole<SizeOf<KernelOf<C>>>,
  Whole<PaddingOf<C>>,
  Whole<DilationOf<C>>
>;
export type OutHeight<C extends CallOf> = UsableSize<OutSize<C, 1>>;
export type OutWidth<C extends CallOf> = UsableSize<OutSize<C, 2>>;

/** A size along both axes as one number, or as text where they differ. */
export type SizeOf<K> = K extends readonly [infer A, infer B] ? (A extends B ? A : SizeText<K>) : K;
export type SizeText<K> = K extends readonly [infer A extends number, infer B extends number]
  ? `${A}x${B}`
  : `${K & number}x${K & number}`;
type Same<A, B> = number extends A | B ? boolean : A extends B ? true : false;
