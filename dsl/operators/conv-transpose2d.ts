import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { WeightedNode } from "../model.ts";
import { type Call, OptionReader, type Parameters, type Size } from "../options.ts";
import { columnPaddingRange, convOptionRules, kernelFits, outputRows, paddingRange } from "../rules/convolution.ts";
import type { Facts, RuleTable } from "../rules/rule.ts";
import { outputChannels, outputMemory, weightMemory } from "../rules/weighted.ts";
import { convTransposeOutputSize, whole } from "../sizes.ts";
import type { Difference, Larger, Product, Sum, Whole } from "../types/arithmetic.ts";
import type { CallOf, Option } from "../types/call.ts";
import type { ConvTransposeOutputSize, UsableSize } from "../types/sizes.ts";
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

/** Options of `convTranspose2d`. */
export interface ConvTranspose2dOptions extends WeightedOptions {
  readonly kernel: Size;
  /** As PyTorch counts it: 1 doubles the size exactly. Default 0. */
  readonly padding?: Size;
  /** Always 2, the default. */
  readonly stride?: Size;
  /** Always 1, the default. */
  readonly outputPadding?: number;
  readonly groups?: number;
}

export const convTranspose2dParameters = {
  kernel: { type: "size", doc: "Kernel size, 3 in both dimensions." },
  padding: { type: "size", doc: "As PyTorch counts it: 1 doubles the size exactly; 0 by default." },
  stride: { type: "size", doc: "Always 2." },
  outputPadding: { type: "number", doc: "Always 1." },
  groups: { type: "number", doc: "1, or the number of channels for a depthwise convolution." },
  ...weightedParameters,
} as const satisfies Parameters;

/** Adds a transposed convolution to the graph and returns its node id. */
export function createConvTranspose2d(call: Call, input: number, channels: unknown, options: unknown): number {
  const reader = new OptionReader(call, convTranspose2dParameters, options);
  if (!reader.has("kernel")) reader.missing("kernel");
  const { shape } = inputNode(call, input);
  const outputs = reader.argument("channels", channels, shape.channels);
  const kernel = reader.size("kernel", [3, 3]);
  const padding = reader.size("padding", [0, 0]);
  const outputPadding = reader.number("outputPadding", 1);
  const size = (axis: 0 | 1, length: number) =>
    usableSize(convTransposeOutputSize(length, kernel[axis], padding[axis]));
  return call.builder.add(
    {
      kind: "convTranspose2d",
      inputs: [input],
      kernel,
      padding,
      dilation: 1,
      groups: reader.number("groups", 1),
      ...strideOtherThan(2, reader.size("stride", [2, 2])),
      ...(outputPadding === 1 ? {} : { outputPadding }),
      ...readWeighted(reader),
      shape: { channels: outputs, height: size(0, shape.height), width: size(1, shape.width) },
    },
    call.captured,
  );
}

export const convTranspose2dRules = {
  channels: [
    outputChannels,
    outputRows,
    {
      id: "SHAPE-04",
      code: "AI2018",
      value: "countedSide",
      check: "atMost",
      limit: { device: ["limits", "rowsOrColumns"] },
      say: "{data} with padding {padding} counts to {countedSide} when its size is doubled; {device} counts to {limit}",
      hint: "use a smaller input",
    },
    weightMemory,
    outputMemory,
  ],
  kernel: [
    {
      id: "CONV-40",
      code: "AI2001",
      value: "kernelSize",
      check: "is",
      limit: 3,
      say: "kernel {kernel} is not available on {device}; convTranspose2d uses {limit:square}",
      hint: "set unused weights to zero for a smaller kernel",
    },
    kernelFits,
  ],
  padding: [paddingRange, columnPaddingRange],
  stride: [
    {
      id: "CONV-41",
      code: "AI2004",
      value: "stride",
      check: "is",
      limit: 2,
      say: "stride {strideText} is not available on {device}; convTranspose2d steps by {limit}",
      hint: "leave the stride out: the size always doubles",
    },
  ],
  outputPadding: [
    {
      id: "CONV-43",
      code: "AI2008",
      value: "outputPadding",
      check: "is",
      limit: 1,
      say: "outputPadding {outputPadding} is not available on {device}; it is {limit}",
      hint: "leave it out; padding 1 doubles the size exactly",
    },
  ],
  ...convOptionRules,
} as const satisfies RuleTable;

/** Hardware padding of the up-sampled rows is this less the PyTorch padding. */
const fullPadding = 2;

/** Facts of a `convTranspose2d` node, for `convTranspose2dRules`. */
export function convTranspose2dFacts(node: WeightedNode, context: FactContext): Facts {
  const { height, width } = context.input.shape;
  const kernel = whole(sizeOf(node.kernel));
  const [rows, columns] = [whole(node.padding[0]), whole(node.padding[1])];
  const output = {
    height: convTransposeOutputSize(height, kernel, rows),
    width: convTransposeOutputSize(width, kernel, columns),
    kernelWords: kernel * kernel,
    extraWords: 1,
  };
  const counted = (padding: number) =>
    context.device.capabilities.paddingInRowCounter ? Math.max(0, fullPadding - padding) : 0;
  return {
    ...convolutionFacts(node, context, output, 2),
    kernel: sizeText(node.kernel),
    kernelSize: sizeOf(node.kernel),
    outputPadding: node.outputPadding ?? 1,
    countedSide: 2 * Math.max(height + counted(rows), width + counted(columns)),
  };
}

/** Twin of `convTranspose2dFacts`. */
export interface ConvTranspose2dFacts<C extends CallOf, Spec extends DeviceSpec> extends ConvolutionFacts<
  C,
  Spec,
  ConvTranspose2dWeights<C>,
  Sum<Product<UsableSize<ConvTranspose2dSize<C, 1>>, UsableSize<ConvTranspose2dSize<C, 2>>>, 1>,
  ConvTranspose2dSize<C, 1>,
  ConvTranspose2dSize<C, 2>,
  2
> {
  readonly kernel: SizeText<KernelOf<C>>;
  readonly kernelSize: SizeOf<KernelOf<C>>;
  readonly outputPadding: Option<C["options"], "outputPadding", 1>;
  readonly countedSide: Twice<
    Larger<Counted<C["shape"][1], RowsOf<PaddingOf<C>>, Spec>, Counted<C["shape"][2], ColumnsOf<PaddingOf<C>>, Spec>>
  >;
}

/** Rows (axis 1) or columns (axis 2) of the result. */
export type ConvTranspose2dSize<C extends CallOf, Axis extends 1 | 2> = ConvTransposeOutputSize<
  C["shape"][Axis],
  Whole<SizeOf<KernelOf<C>>>,
  Whole<Axis extends 1 ? RowsOf<PaddingOf<C>> : ColumnsOf<PaddingOf<C>>>
>;

export type ConvTranspose2dWeights<C extends CallOf> = ConvolutionWeights<
  C,
  Product<Whole<SizeOf<KernelOf<C>>>, Whole<SizeOf<KernelOf<C>>>>
>;

type Twice<N> = Sum<N, N>;
type KernelOf<C extends CallOf> = Option<C["options"], "kernel", number>;
type Counted<Length, Padding, Spec extends DeviceSpec> = Sum<
  Length,
  Spec["capabilities"]["paddingInRowCounter"] extends true ? Difference<typeof fullPadding, Whole<Padding>> : 0
>;
