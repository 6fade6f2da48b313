import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import { when } from "./check-sentence.ts";
import type { HardwareLayer } from "./hardware-layer.ts";

/** What a convolution may be. */
export function checkConvolution(hw: HardwareLayer, device: DeviceSpec): string[] {
  const { convolution } = hw.layer;
  if (convolution === null) return [];
  return [
    ...checkKernel(convolution, device),
    ...checkDilation(hw, convolution, device),
    ...checkGroups(hw, convolution, device),
    ...checkWeights(convolution, device),
  ];
}

function checkKernel({ kind, kernel, padding, stride, outputPadding }: LayerConvolution, device: DeviceSpec): string[] {
  const { conv1dKernel, conv2dKernels, padding: paddings } = device.limits;
  const transposed = kind === "convTranspose2d";
  const size = kernel.join("x");
  const available =
    kind === "conv1d"
      ? kernel[0] >= conv1dKernel.min && kernel[0] <= conv1dKernel.max
      : kernel[0] === kernel[1] && (transposed ? kernel[0] === 3 : conv2dKernels.includes(kernel[0]));
  const upsampling = 2;
  return [
    ...when(!available, `a ${kind} kernel of ${size} is not available`),
    ...when(
      Math.max(...padding) > paddings.max || Math.min(...padding) < paddings.min,
      `padding ${padding.join("x")}; ${paddings.min} to ${paddings.max} is possible`,
    ),
    ...when(
      !transposed && padding.some((pad, axis) => pad >= (kernel[axis] as number) && pad > 0),
      `padding ${padding.join("x")} must be smaller than the kernel ${size}`,
    ),
    ...when(!transposed && stride !== 1, `stride ${stride}; convolutions have stride 1`),
    ...when(transposed && stride !== upsampling, `stride ${stride}; transposed convolutions have stride ${upsampling}`),
    ...when(outputPadding !== (transposed ? 1 : 0), `output padding ${outputPadding} is not available`),
  ];
}

function checkDilation(hw: HardwareLayer, convolution: LayerConvolution, device: DeviceSpec): string[] {
  const { dilation, kind, kernel, padding, bypass } = convolution;
  const { layer, inputPasses, placement, outputIgnore } = hw;
  const unpadded = inputPasses > 1 && padding[0] > 0 && !device.capabilities.multiPassConv1dPadding;
  if (kind !== "conv1d") return when(dilation > 1, `dilation ${dilation}; only Conv1d can be dilated`);
  return [
    ...when(unpadded, `a Conv1d of ${layer.input.channels} channels cannot be padded on ${device.name}`),
    ...when(dilation > 1 && kernel[0] === 1, `dilation ${dilation} of a kernel of length 1`),
    ...(hw.runsAsImage
      ? [
          ...when(
            kernel[0] > 3,
            `a kernel of length ${kernel[0]} cannot be dilated by ${dilation}; at most 3 taps can`,
          ),
          ...when(
            dilation > device.limits.conv1dDilation,
            `dilation ${dilation}; at most ${device.limits.conv1dDilation}`,
          ),
          ...when(padding[0] > 0, `padding ${padding[0]} with dilation ${dilation}; such a dilation cannot be padded`),
          ...when(hw.pooling, `cannot pool in front of dilation ${dilation}`),
          ...when(
            bypass || layer.flatten || layer.readAhead || layer.streaming,
            `dilation ${dilation} excludes bypass, flattening, read-ahead and streaming`,
          ),
          ...when(
            placement.outputOffset < outputIgnore,
            `dilation ${dilation} writes ${outputIgnore} bytes below its output at ${placement.outputOffset}`,
          ),
        ]
      : []),
  ];
}

function checkGroups(hw: HardwareLayer, { groups }: LayerConvolution, device: DeviceSpec): string[] {
  if (groups === 1) return [];
  const { input, output } = hw.layer;
  return [
    ...when(
      !device.capabilities.depthwise,
      `${groups} groups; depthwise convolutions are not available on ${device.name}`,
    ),
    ...when(
      groups !== input.channels || groups !== output.channels,
      `${groups} groups for ${input.channels} inputs and ${output.channels} outputs; groups are 1 or equal to both`,
    ),
  ];
}

function checkWeights({ weights, bypass, shift }: LayerConvolution, device: DeviceSpec): string[] {
  const { outputShift, weightBits } = device.limits;
  const { binaryWeights, bypass: canBypass } = device.capabilities;
  return [
    ...when(bypass && !canBypass, `a convolution without weights is not available on ${device.name}`),
    ...when(weights?.binary === true && !binaryWeights, `weights of +1 and -1 are not available on ${device.name}`),
    ...when(weights !== null && !weightBits.includes(weights.bits), `${weights?.bits}-bit weights are not available`),
    ...when(
      shift < outputShift.min || shift > outputShift.max,
      `total output shift ${shift}; ${outputShift.min} to ${outputShift.max} is possible`,
    ),
  ];
}
