import { deviceByName, devices, type DeviceSpec } from "../../../targets/index.ts";
import { thousands } from "../../../targets/emit/print/values.ts";
import { alignColumns } from "../summary.ts";
import { exitCodes, UsageError, type CommandSpec } from "../options.ts";

export const limitsCommand: CommandSpec = {
  name: "limits",
  usage: "limits DEVICE [--json]",
  summary: `Lists what a device can run: ${Object.keys(devices).join(" or ")}.`,
  options: [{ name: "json", help: "print the device record as JSON" }],
  run: async ({ positionals, options, io }) => {
    const [name] = positionals;
    if (name === undefined || positionals.length > 1) throw new UsageError("name one device");
    const device = deviceByName(name);
    if (device === undefined) throw new UsageError(`${name} is not known; use ${Object.keys(devices).join(" or ")}`);
    io.out(options["json"] === true ? `${JSON.stringify(device, null, 2)}\n` : limitsText(device));
    return exitCodes.ok;
  },
};

const range = ({ min, max }: { min: number; max: number }): string => (min === max ? `${min}` : `${min} to ${max}`);
const kib = (bytes: number): string => `${thousands(bytes / 1024)} KiB`;
const yes = (flag: boolean): string => (flag ? "yes" : "no");

/** The device record in a person's words. */
export function limitsText(device: DeviceSpec): string {
  const { limits, capabilities, dataMemory, weightMemory, biasMemory } = device;
  const instances = device.processors / device.processorsPerDataInstance;
  const rows: (readonly [string, string])[] = [
    ["layers", `${limits.layers}, of these ${limits.streamingLayers} streaming`],
    [
      "rows, columns",
      `${thousands(limits.rowsOrColumns)} each; rows × columns × passes below ${thousands(limits.frameWords)}`,
    ],
    ["channels", `${thousands(limits.channels)} in, ${thousands(limits.channels)} out; ${device.processors} per pass`],
    ["conv2d kernel", limits.conv2dKernels.map((size) => `${size}×${size}`).join(" or ")],
    ["conv1d kernel", range(limits.conv1dKernel)],
    [
      "conv1d dilation",
      `1 to ${thousands(limits.conv1dDilation)} (up to length 3; longer kernels while (length - 1) × dilation is at most 8)`,
    ],
    ["convTranspose2d", "3×3, stride 2, output padding 1"],
    ["padding", `${range(limits.padding)}, smaller than the kernel`],
    ["stride of convolutions", "1; pooling has strides"],
    ["depthwise convolution", yes(capabilities.depthwise)],
    ["pooling window", range(limits.poolSize)],
    ["pooling stride", `${range(limits.poolStride)}, the same for rows and columns`],
    ["pooling dilation", range(limits.poolDilation)],
    [
      "pooling without convolution",
      limits.poolPasses === 1
        ? `up to ${device.processors} channels, more when the result is 1×1`
        : "any number of channels",
    ],
    [
      "element-wise operands",
      `${range(limits.operands)}; ${limits.operandsBeforePool} when pooling follows in the same layer`,
    ],
    [
      "flatten",
      `rows × columns × passes up to ${limits.flattenPixels} (${thousands(limits.flattenPixels * device.processors)} inputs)`,
    ],
    ["weight bits", `${limits.weightBits.join(", ")}${capabilities.binaryWeights ? ", binary (+1/-1)" : ""}`],
    ["output shift", `${range(limits.outputShift)} in total, 8 - weight bits included`],
    ["activation", "relu, abs; 8-bit output only"],
    [
      "weight memory",
      `${thousands(weightMemory.totalBytes)} bytes; ${weightMemory.words} words of 9 bytes per processor${weightMemory.wordsOfFirstProcessor === weightMemory.words ? "" : ` (${weightMemory.wordsOfFirstProcessor} in the first of each quadrant)`}`,
    ],
    ["bias memory", `${thousands(biasMemory.bytesPerQuadrant)} bytes in each of ${device.quadrants} quadrants`],
    [
      "data memory",
      `${instances} instances of ${kib(dataMemory.instanceBytes)}, ${device.processorsPerDataInstance} channels each`,
    ],
    [
      "clock",
      device.clock.pllMHz === null
        ? `${device.clock.apbMHz} MHz`
        : `${device.clock.pllMHz} MHz (PLL) or ${device.clock.apbMHz} MHz; ${device.clock.maxWithoutPipelineMHz} MHz without pipeline`,
    ],
  ];
  return [
    device.name,
    "",
    ...alignColumns(
      rows.map(([name, text]) => [`  ${name}`, text]),
      [],
    ),
    "",
  ].join("\n");
}
