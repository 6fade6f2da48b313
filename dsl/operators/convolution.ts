import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Pair, WeightedNode } from "../model.ts";
import type { Facts } from "../rules/rule.ts";
import { turnedChannels, whole } from "../sizes.ts";
import type { Larger, Product, Whole } from "../types/arithmetic.ts";
import type { CallOf, Option } from "../types/call.ts";
import type { TurnedChannels } from "../types/sizes.ts";
import type { FactContext } from "./context.ts";
import { weightedFacts, type WeightedFacts } from "./weighted.ts";

/** Sizes of a convolution's result as the formula gives them: 0 where the kernel does not fit. */
export interface OutputSizes {
  readonly height: number;
  readonly width: number;
  /** Weights of one kernel. */
  readonly kernelWords: number;
  /** Words written per channel beyond rows x columns. */
  readonly extraWords: number;
}

/** Facts that all kinds of convolution share, for `rules/convolution.ts`. `onlyStride` is what the hardware has. */
export function convolutionFacts(
  node: WeightedNode,
  context: FactContext,
  output: OutputSizes,
  onlyStride: number,
): Facts {
  const { shape } = context.input;
  const padding: Pair = node.kind === "conv1d" ? [node.padding[0], node.padding[0]] : node.padding;
  const stride = sizeOf(node.stride ?? [onlyStride, onlyStride]);
  const inputsPerKernel = node.groups === 1 ? shape.channels : 1;
  return {
    ...weightedFacts(node, context, {
      weights: whole(node.shape.channels) * inputsPerKernel * output.kernelWords,
      outputWords: node.shape.height * node.shape.width + output.extraWords,
    }),
    data: `${shape.height}x${shape.width}`,
    channelsIn: shape.channels,
    summedChannels: turnedChannels(shape.channels, context.device),
    padding: sizeOf(padding),
    paddingRows: padding[0],
    paddingColumns: padding[1],
    fits: output.height !== 0 && output.width !== 0,
    largestOutput: Math.max(output.height, output.width),
    paddingCounts: context.device.capabilities.paddingInRowCounter,
    stride,
    strideText: `${stride}`,
    dilation: node.dilation,
    groups: node.groups,
    grouped: node.groups !== 1,
    depthwise: node.groups === shape.channels && node.groups === node.shape.channels,
    depthwiseAvailable: context.device.capabilities.depthwise,
  };
}

/** Twin of `convolutionFacts`: `Height` and `Width` as in `OutputSizes`, `UsedHeight` x `UsedWidth` at least 1. */
export interface ConvolutionFacts<
  C extends CallOf,
  Spec extends DeviceSpec,
  Weights,
  OutputWords,
  Height,
  Width,
  OnlyStride,
> extends WeightedFacts<C, Spec, Weights, OutputWords, Height, Width> {
  readonly data: `${C["shape"][1]}x${C["shape"][2]}`;
  readonly channelsIn: C["shape"][0];
  readonly summedChannels: TurnedChannels<C["shape"][0], Spec["processors"], Spec["processorsPerDataInstance"]>;
  readonly padding: SizeOf<PaddingOf<C>>;
  readonly paddingRows: RowsOf<PaddingOf<C>>;
  readonly paddingColumns: ColumnsOf<PaddingOf<C>>;
  readonly fits: Height extends 0 ? false : Width extends 0 ? false : true;
  readonly largestOutput: Larger<Height, Width>;
  readonly paddingCounts: Spec["capabilities"]["paddingInRowCounter"];
  readonly stride: SizeOf<Option<C["options"], "stride", OnlyStride>>;
  readonly strideText: `${SizeOf<Option<C["options"], "stride", OnlyStride>> & (number | string)}`;
  readonly dilation: Option<C["options"], "dilation", 1>;
  readonly groups: GroupsOf<C>;
  readonly grouped: number extends GroupsOf<C> ? boolean : GroupsOf<C> extends 1 ? false : true;
  readonly depthwise: Same<GroupsOf<C>, C["shape"][0]> extends true ? Same<GroupsOf<C>, C["argument"]> : false;
  readonly depthwiseAvailable: Spec["capabilities"]["depthwise"];
}

/** Number of weights for kernels of `KernelWords` values. */
export type ConvolutionWeights<C extends CallOf, KernelWords> = Product<
  GroupsOf<C> extends 1 ? Product<Whole<C["argument"]>, C["shape"][0]> : Whole<C["argument"]>,
  KernelWords
>;

export type PaddingOf<C extends CallOf> = Option<C["options"], "padding", 0>;
export type RowsOf<K> = K extends readonly [infer R, unknown] ? R : K;
export type ColumnsOf<K> = K extends readonly [unknown, infer R] ? R : K;
export type GroupsOf<C extends CallOf> = Option<C["options"], "groups", 1>;
type Same<A, B> = number extends A | B ? boolean : A extends B ? true : false;

/** A size as one number, or as text where rows and columns differ. */
export const sizeOf = (size: Pair): number | string => (size[0] === size[1] ? size[0] : sizeText(size));

/** [1, 3] -> "1x3". */
export const sizeText = ([rows, columns]: Pair): string => `${rows}x${columns}`;

export type SizeOf<K> = K extends readonly [infer A, infer B] ? (A extends B ? A : SizeText<K>) : K;
export type SizeText<K> = K extends readonly [infer A extends number, infer B extends number]
  ? `${A}x${B}`
  : `${K & number}x${K & number}`;

/** The node's `stride` field, present only where it breaks the rule. */
export const strideOtherThan = (only: number, stride: Pair): { stride?: Pair } =>
  stride[0] === only && stride[1] === only ? {} : { stride };
