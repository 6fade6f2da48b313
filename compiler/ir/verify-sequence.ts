import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import { passesOf } from "./geometry.ts";
import { LayerReport } from "./layer-report.ts";
import type { Layer, Network } from "./network.ts";

/** Limits that concern several layers: their number, streaming, the input FIFOs, and switches for all layers. */
export function verifySequence(network: Network, device: DeviceSpec): Diagnostic[] {
  return [
    ...verifyCount(network, device),
    ...verifyStreaming(network, device),
    ...verifyFifo(network, device),
    ...verifyBinary(network, device),
  ];
}

function verifyCount(network: Network, device: DeviceSpec): Diagnostic[] {
  const last = network.layers.at(-1);
  if (last === undefined) {
    return [{ code: "AI1523", severity: "error", message: `the network '${network.name}' has no layers` }];
  }
  const report = new LayerReport(last, device);
  const marked = network.layers.some((layer) => layer.isOutput);
  report.require(marked, "AI1523", "no layer of the network is an output");
  const resets = network.layers.filter((layer) => needsReset(network, layer, device)).length;
  const count = network.layers.length + resets;
  const hidden = resets > 0 ? `, ${resets} of them inserted before average pooling` : "";
  const text = `the network needs ${count} hardware layers${hidden}; ${device.name} has ${device.limits.layers}`;
  report.require(
    count <= device.limits.layers,
    "AI2501",
    text,
    "Pooling and element-wise operators in front of a convolution need no layer.",
  );
  return report.diagnostics;
}

/** On some devices the average of the first window would start with what the element-wise layer left over. */
function needsReset(network: Network, layer: Layer, device: DeviceSpec): boolean {
  const before = network.layers[layer.index - 1];
  return device.capabilities.averagePoolReset && layer.pool?.kind === "average" && (before?.eltwise ?? null) !== null;
}

function verifyStreaming(network: Network, device: DeviceSpec): Diagnostic[] {
  const streaming = network.layers.filter((layer) => layer.streaming);
  const { limits, capabilities, name } = device;
  return streaming.flatMap((layer, position) => {
    const report = new LayerReport(layer, device);
    const { convolution, index } = layer;
    const inRow =
      index === position && layer.sources.length === 1 && layer.sources[0] === (index === 0 ? "input" : index - 1);
    report.require(
      inRow,
      "AI2530",
      "streaming layers are the first ones, each reading the one before it",
      "Stream all layers in front of it, or not this one.",
    );
    if (position >= limits.streamingLayers) {
      report.error(
        "AI2530",
        `it is streaming layer number ${position + 1}; ${name} has ${limits.streamingLayers}`,
        "Do not stream this layer.",
      );
    }
    const readers = network.layers.filter((other) => other.sources.includes(index) && other.index !== index + 1);
    const isLast = position === streaming.length - 1;
    if (!isLast && (readers.length > 0 || layer.isOutput)) {
      report.error(
        "AI2530",
        "its result streams into the next layer and can neither be read elsewhere nor be an output",
        "Stream only layers before the branch.",
      );
    }
    if (convolution === null) {
      report.require(
        capabilities.streamingPassthrough,
        "AI2530",
        `on ${name} a streaming layer must convolve`,
        "Do not stream this layer.",
      );
    }
    report.require(
      !(convolution?.bypass && convolution.kernel[0] === 1),
      "AI2530",
      "a streaming 1x1 convolution runs as a 3x3 one with zeros, which a bypass cannot have",
      "Use a weight of 1, or do not stream this layer.",
    );
    const inside = streaming.length > 1;
    if (inside) verifyCounted(layer, isLast, report);
    const may = pads(convolution) || !isLast || capabilities.streamingWithoutPadding;
    report.require(
      may,
      "AI2530",
      `the last streaming layer needs padding on ${name}; ${paddingOf(convolution)}`,
      convolution?.kernel[1] === 3 ? "Use padding 1, or do not stream this layer." : "Do not stream this layer.",
    );
    if (convolution !== null) {
      if (convolution.bias !== null && !capabilities.streamingBias) {
        report.warning(
          "AI2531",
          `a bias in a streaming layer is unreliable on ${name}`,
          "Drop the bias of this layer.",
        );
      }
    }
    return report.diagnostics;
  });
}

/** What the layer behind counts must be what this one delivers. */
function verifyCounted({ convolution }: Layer, isLast: boolean, report: LayerReport): void {
  const { capabilities, name } = report.device;
  // Single pixels are convolved as 3x3 when they stream, but for these two.
  const isCounted = convolution?.kind !== "conv1d" && convolution?.kind !== "linear";
  const what = convolution?.kind === "linear" ? "linear operator" : "1-D convolution";
  report.require(
    isCounted,
    "AI2530",
    `a streaming ${what} has another streaming layer beside it; nothing tells when the later of them may start`,
    "Do not stream this layer, or only this one.",
  );
  report.require(
    convolution?.kind !== "convTranspose2d" || isLast || capabilities.streamingFormulas === "window",
    "AI2530",
    `a transposed convolution streams into the next layer, which on ${name} counts its rows before they are doubled`,
    "Do not stream the layer behind it.",
  );
}

function verifyFifo({ layers, input, options }: Network, device: DeviceSpec): Diagnostic[] {
  const [first] = layers;
  const { fifo } = options;
  if (first === undefined || fifo === "none") return [];
  const report = new LayerReport(first, device);
  const perFifo = input.format === "CHW" ? 1 : device.processorsPerDataInstance;
  const limit = fifo === "standard" ? perFifo * device.quadrants : perFifo;
  const text = `the input has ${input.channels} channels in ${input.format} format; this FIFO delivers ${limit}`;
  report.require(input.channels <= limit, "AI2529", text, "Load the input into data memory, or use fewer channels.");
  const readers = layers.filter((layer) => layer.sources.includes("input"));
  report.require(
    readers.length === 1 && readers[0] === first,
    "AI2529",
    "only the first layer can read from a FIFO",
    "Copy the input in a first layer, or load it into data memory.",
  );
  const pixels = input.height * input.width;
  const words = input.format === "CHW" ? Math.ceil(pixels / 4) : pixels * passesOf(input.channels, device);
  report.require(
    words < device.limits.fifoFrameWords,
    "AI2529",
    `the input frame has ${words} words; less than ${device.limits.fifoFrameWords} are possible`,
    "Use a smaller input.",
  );
  if (fifo !== "standard") {
    report.require(
      first.convolution !== null,
      "AI2529",
      "the first layer must convolve when a fast FIFO feeds it",
      "Use the standard FIFO.",
    );
    report.require(
      first.outputBits === 8,
      "AI2529",
      "the first layer must have 8-bit results when a fast FIFO feeds it",
      "Use the standard FIFO, or 8 bits.",
    );
  }
  return report.diagnostics;
}

/** One switch decides for all layers whether one-bit weights are 0/-1 or +1/-1. */
function verifyBinary({ layers }: Network, device: DeviceSpec): Diagnostic[] {
  const single = layers.filter((layer) => layer.convolution?.weights?.bits === 1);
  const odd = single.find((layer) => layer.convolution?.weights?.binary !== single[0]?.convolution?.weights?.binary);
  if (odd === undefined) return [];
  const report = new LayerReport(odd, device);
  report.error(
    "AI2524",
    "weights of +1 and -1 cannot be mixed with 1-bit weights of 0 and -1 in one network",
    "Use one kind, or more bits.",
  );
  return report.diagnostics;
}

/**
 * Rows and columns are padded. A 1x1 kernel is executed as a padded 3x3 kernel, and what is transposed as a convolution
 * that pads with the rest of the kernel; the reference generator looks at the padding that is written, the hardware at
 * the one it executes.
 */
function pads(convolution: LayerConvolution | null): boolean {
  if (convolution === null) return false;
  const { kind, kernel, padding } = convolution;
  if (kind === "conv2d" && kernel[0] === 1) return true;
  const executed = kind === "convTranspose2d" ? padding.map((size, axis) => (kernel[axis] ?? 1) - 1 - size) : padding;
  return Math.min(...padding, ...executed) > 0;
}

function paddingOf(convolution: LayerConvolution | null): string {
  if (convolution === null || Math.max(...convolution.padding) === 0) return "it has none";
  const { kind, padding } = convolution;
  const rest = kind === "convTranspose2d" ? ", which leaves none to the hardware" : "";
  return `it has ${padding.join("x")}${rest}`;
}
