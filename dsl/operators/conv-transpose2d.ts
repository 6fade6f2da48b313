import { type Call, OptionReader, type Parameters, type Size } from "../options.ts";
import { convTransposeOutputSize } from "../sizes.ts";
import { strideOtherThan } from "./conv2d.ts";
import { inputNode, readWeighted, usableSize, type WeightedOptions, weightedParameters } from "./weighted.ts";

/** Options of `convTranspose2d`. */
export interface ConvTranspose2dOptions extends WeightedOptions {
  readonly kernel: Size;
  /** As PyTorch counts it: 1 doubles the size exactly. Default 0. */
  readonly padding?: number;
  /** Always 2, the default. */
  readonly stride?: Size;
  /** Always 1, the default. */
  readonly outputPadding?: number;
  readonly groups?: number;
}

export const convTranspose2dParameters = {
  kernel: { type: "size", doc: "Kernel size, 3 in both dimensions." },
  padding: { type: "number", doc: "As PyTorch counts it: 1 doubles the size exactly; 0 by default." },
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
  const padding = reader.number("padding", 0);
  const outputPadding = reader.number("outputPadding", 1);
  const size = (axis: 0 | 1, length: number) => usableSize(convTransposeOutputSize(length, kernel[axis], padding));
  return call.builder.add(
    {
      kind: "convTranspose2d",
      inputs: [input],
      kernel,
      padding: [padding, padding],
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
