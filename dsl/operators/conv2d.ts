import type { Pair } from "../model.ts";
import { type Call, OptionReader, type Parameters, type Size } from "../options.ts";
import { convOutputSize } from "../sizes.ts";
import { inputNode, readWeighted, usableSize, type WeightedOptions, weightedParameters } from "./weighted.ts";

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
