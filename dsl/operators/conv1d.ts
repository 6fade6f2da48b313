import { type Call, OptionReader, type Parameters } from "../options.ts";
import { convOutputSize } from "../sizes.ts";
import { strideOtherThan } from "./conv2d.ts";
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
