import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import { firstChannel, readShape } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "./network.ts";
import { LayerReport } from "./layer-report.ts";
import { verifyConvolution, verifyNumbers } from "./verify-convolution.ts";
import { verifyCombination, verifyPooling, verifySizes } from "./verify-layer.ts";
import { verifyRollingBuffer } from "./verify-rolling-buffer.ts";
import { verifyJumps } from "./verify-jumps.ts";
import { verifySequence } from "./verify-sequence.ts";
import { verifyUnload } from "./verify-unload.ts";

/**
 * Judges a network without trusting who made it: sources and shapes are recomputed, and every limit of the device
 * that does not depend on memory is checked. All findings are reported, each at the operator it concerns.
 */
export function verifyNetwork(network: Network, device: DeviceSpec): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const sound: Layer[] = [];
  for (const [index, layer] of network.layers.entries()) {
    const report = new LayerReport(layer, device);
    verifySources(network, layer, index, report);
    // Limits of a layer that contradicts itself would only confuse.
    if (report.diagnostics.length === 0) sound.push(layer);
    diagnostics.push(...report.diagnostics);
  }
  for (const layer of sound) {
    const report = new LayerReport(layer, device);
    verifySizes(layer, report);
    verifyPooling(layer, report);
    verifyCombination(network, layer, report);
    verifyConvolution(layer, report);
    verifyNumbers(layer, report);
    diagnostics.push(...report.diagnostics);
  }
  return [
    ...diagnostics,
    ...verifySequence(network, device),
    ...verifyJumps(network, device),
    ...verifyUnload(network, device),
  ];
}

/** Sources exist and come earlier, and all shapes follow from one another. */
function verifySources(network: Network, layer: Layer, index: number, report: LayerReport): void {
  const shapes: Shape[] = [];
  if (layer.index !== index) report.error("AI1520", `it is numbered ${layer.index} but stands at position ${index}`);
  if (layer.sources.length === 0) report.error("AI1520", "it reads nothing");
  if (layer.recalls) verifyRollingBuffer(network, layer, report);
  // What the previous inference left may come from later layers.
  const end = layer.recalls ? network.layers.length : index;
  if (layer.slices !== undefined && layer.slices.length !== layer.sources.length) {
    report.error("AI1520", `it slices ${layer.slices.length} tensors and reads ${layer.sources.length}`);
  }
  for (const [position, source] of layer.sources.entries()) {
    const producer = source === "input" ? undefined : network.layers[source];
    if (source === "input") {
      verifySlice(layer, position, network.input, report);
      shapes.push(readShape(layer, position, network.input));
    } else if (producer === undefined || source >= end || source < 0) {
      report.error(
        "AI1520",
        `it reads layer ${source}; only layers before it (${index}) can be read`,
        "Read an earlier layer, or reorder the layers.",
      );
    } else {
      verifySlice(layer, position, producer.output, report);
      shapes.push(readShape(layer, position, producer.output));
      if (producer.outputBits === 32) {
        report.warning("AI1504", `it reads the 32-bit result of '${producer.name}'; layers read 8-bit data`);
      }
    }
  }
  if (report.diagnostics.every((diagnostic) => diagnostic.severity !== "error")) verifyShapes(layer, shapes, report);
}

/** The channels exist, and the first layer takes the input as it is loaded. */
function verifySlice(layer: Layer, position: number, whole: Shape, report: LayerReport): void {
  if (layer.slices === undefined) return;
  const { channels } = readShape(layer, position, whole);
  const first = firstChannel(layer, position);
  const end = first + channels;
  if (first < 0 || channels < 1 || end > whole.channels) {
    report.error("AI1520", `it reads channels ${first} to ${end - 1} of a tensor that has 0 to ${whole.channels - 1}`);
  } else if (layer.index === 0 && channels < whole.channels) {
    const message = `it reads ${channels} of ${whole.channels} channels of the network input; the first layer reads all`;
    report.error(
      "AI1520",
      message,
      "Put a layer that reads all channels in front, or give an input without the others.",
    );
  }
}

const contradiction = "Give channels and sizes that follow from one another, or leave them to be inferred.";

function verifyShapes(layer: Layer, sources: readonly Shape[], report: LayerReport): void {
  const { input, pooled, output, crop, eltwise, flatten, convolution } = layer;
  const operands = eltwise?.operands ?? 1;
  const values = sources.reduce((sum, shape) => sum + size(shape), 0);
  const [first] = sources;
  const samePixels = sources.every((shape) => shape.height === first?.height && shape.width === first.width);
  const stacked = eltwise === null && sources.length > 1 && first?.channels === input.channels;
  // Rows of a pile are those of its parts. Otherwise parts of different sizes are counted anew, and only totals count.
  const perRow = stacked ? input.channels : samePixels && first ? values / (first.height * first.width) : 0;
  const cropped = (crop[0] + crop[1]) * (first?.width ?? 0) * perRow;
  if (operands * size(input) !== values - cropped) {
    const seen = `${sources.map(show).join(" + ")}${cropped > 0 ? ` without ${crop[0]} + ${crop[1]} rows` : ""}`;
    report.error(
      "AI1521",
      `it reads ${seen} as ${operands > 1 ? `${operands} operands of ` : ""}${show(input)}`,
      contradiction,
    );
  }
  const expectedPooled = pooledShape(layer);
  if (!same(pooled, expectedPooled))
    report.error("AI1521", `pooling gives ${show(expectedPooled)}, not ${show(pooled)}`, contradiction);
  const flat = flatten ? { channels: size(pooled), height: 1, width: 1 } : pooled;
  const expected = convolution === null ? flat : convolvedShape(layer, flat);
  if (!same(output, expected))
    report.error("AI1521", `its result is ${show(expected)}, not ${show(output)}`, contradiction);
}

function pooledShape({ input, pool }: Layer): Shape {
  if (pool === null) return input;
  const along = (length: number, axis: 0 | 1) =>
    Math.floor((length - (pool.size[axis] - 1) * pool.dilation[axis] - 1) / pool.stride[axis]) + 1;
  return { channels: input.channels, height: along(input.height, 0), width: along(input.width, 1) };
}

function convolvedShape({ convolution, output }: Layer, { height, width }: Shape): Shape {
  if (convolution === null) return output;
  const { kind, kernel, padding, dilation, stride, outputPadding, weights } = convolution;
  const along = (length: number, axis: 0 | 1) => {
    const reach = (axis === 1 && kind === "conv1d" ? 1 : dilation) * (kernel[axis] - 1);
    if (kind !== "convTranspose2d") return Math.floor((length - reach - 1 + 2 * padding[axis]) / stride) + 1;
    return (length - 1) * stride - 2 * padding[axis] + reach + outputPadding + 1;
  };
  return { channels: weights?.outputs ?? output.channels, height: along(height, 0), width: along(width, 1) };
}

const size = ({ channels, height, width }: Shape): number => channels * height * width;

const same = (a: Shape, b: Shape): boolean => a.channels === b.channels && a.height === b.height && a.width === b.width;

const show = ({ channels, height, width }: Shape): string => `${channels}x${height}x${width}`;
