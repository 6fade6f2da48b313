import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { readShape } from "../../runtime/reference/layer.ts";
import { passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { Placement, WeightPlacement } from "../ir/placement.ts";
import { runsAsTwoDimensional } from "../placement/data-memory-layout.ts";
import { describedBuffer, readsBuffer, type DescribedBuffer } from "./description-buffer.ts";
import { needsSize, readsOnlyPrevious, sourceShapes } from "./layer-inputs.ts";

/** Everything in a network that the reference generator has no key for, or refuses (AI6214). */
export const unsayable = ({ network, weights }: Placement, device: DeviceSpec): Diagnostic[] => {
  const buffer = describedBuffer(
    network,
    network.layers.map(({ name }) => name),
  );
  const layers = network.layers.flatMap((layer) => {
    const input = (buffer && bufferProblems(layer, buffer)) ?? inputProblems(network, layer);
    const place = weights.layers[layer.index] ?? null;
    const others = [
      ...poolProblems(layer),
      ...convolutionProblems(layer),
      ...flattenProblems(layer, device),
      ...placeProblems(layer, place, device),
      ...farDilationProblems(network, layer),
    ];
    return [...input, ...others].map(([message, hint]) => diagnostic(layer, message, hint));
  });
  return [...layers, ...jumpProblems(network), ...unloadProblems(network)];
};

/** The generator stores what a layer computes under the number of the layer that follows. */
function jumpProblems(network: Network): Diagnostic[] {
  if (network.sequence === undefined || network.sequence.positions === null) return [];
  return network.layers.flatMap((layer) => {
    if (readsOnlyPrevious(layer)) return [];
    const message = "it reads more than the layer before it, in a network whose layers do not run in order";
    return [diagnostic(layer, message, "Leave start and next out.")];
  });
}

/** Custom read-out lists know neither 32-bit results nor scales. */
function unloadProblems({ unload = [], layers }: Network): Diagnostic[] {
  return unload.flatMap((item) => {
    const layer = item.kind === "memory" ? undefined : layers[item.layer];
    const name = item.kind === "memory" ? item.name : (layer?.name ?? "");
    const bits = item.kind === "memory" ? item.bits : layer?.outputBits;
    const what = bits === 32 ? "32-bit results" : (layer?.finalScale ?? 0) === 0 ? null : "scaled results";
    if (what === null) return [];
    const message = `unload of '${name}' cannot be written as a network description: it knows no ${what}`;
    return [{ code: "AI6214", severity: "error", message, hint: "Read out the outputs as they are." } as const];
  });
}

type Problem = readonly [message: string, hint: string];

/** What the generator cannot do with a rolling buffer, or computes otherwise; null: the layer has nothing to do with one. */
function bufferProblems(layer: Layer, buffer: DescribedBuffer): Problem[] | null {
  const { mover, newest } = buffer;
  if (layer.recalls && layer !== mover) {
    return [["it is a second rolling buffer; a description has one", "Use a single rolling buffer."]];
  }
  if (layer === mover && (newest.output.height > 1 || mover.output.width > 1)) {
    const { height, width } = newest.output;
    const message = `it takes in ${height}x${width} pixels at a time; the generator is right with 1x1 only`;
    return [[message, "Give every inference one row of one pixel."]];
  }
  if (layer === mover) return [];
  if (!readsBuffer(layer, buffer)) return layer.sources.includes(mover.index) ? [partOfBuffer] : null;
  const conv1d = layer.convolution?.kind === "conv1d";
  const whole = layer.crop[0] + layer.crop[1] === 0 && layer.input.height === buffer.rows;
  if (conv1d && whole) return [];
  return [conv1d ? partOfBuffer : otherwiseRead];
}

const readOf = (what: string): Problem => [
  `it reads ${what}; the generator takes the values in another order then`,
  "Read it with conv1d, whole.",
];
const partOfBuffer = readOf("a part of the rolling buffer");
const otherwiseRead = readOf("the rolling buffer without a 1-D convolution");

function inputProblems(network: Network, layer: Layer): Problem[] {
  const { index, sources, crop, input } = layer;
  const problems: Problem[] = [];
  // The generator takes the channels of the last layer for those of the network input here, if its weights say them.
  const last = network.layers.at(-1) as Layer;
  const lastChannels = last.convolution === null ? 0 : last.output.channels;
  const channels = sources.map((source) =>
    source === "input" ? lastChannels : (network.layers[source] as Layer).output.channels,
  );
  if (sources.length > 1 && new Set(channels).size > 1) {
    const shown = sourceShapes(network, layer).map((shape) => shape.channels);
    const note = sources.includes("input") ? `; the input counts as ${lastChannels}, like the last layer` : "";
    problems.push([
      `it reads ${sources.length} tensors of ${shown.join(" and ")} channels, which must be equal${note}`,
      "Give all tensors that are read together the same number of channels.",
    ]);
  }
  problems.push(...sliceProblems(layer), ...rowProblems(network, layer));
  if (crop[0] > 0 && crop[1] === 0) {
    problems.push([
      "it crops rows at the front only, of which the generator would leave none",
      "Crop at least one row at the end, too.",
    ]);
  }
  if (!needsSize(network, layer)) return problems;
  if (index === 0) {
    problems.push(["it crops or reshapes the network input", "Give the input in the shape that the layer reads."]);
  }
  const pixels = sourceShapes(network, layer).reduce((sum, { height, width }) => sum + height * width, 0);
  const cut = (crop[0] + crop[1]) * input.width;
  if (pixels !== input.height * input.width + cut) {
    problems.push([
      sources.length > 1
        ? `it crops or reshapes ${sources.length} tensors that lie side by side`
        : "it crops rows and reshapes what is left",
      "Crop or reshape in a layer of its own, in front of this one.",
    ]);
  }
  return problems;
}

/** The generator leaves the same channels of every operand out, of tensors that it has put side by side before. */
function sliceProblems({ slices = [], eltwise, sources, input }: Layer): Problem[] {
  const hint = "Select the channels with a 1x1 convolution.";
  const [first] = slices;
  if (slices.length > 1 && eltwise === null && slices.some(({ channels }) => channels !== input.channels)) {
    return [[`it reads some channels of ${sources.length} tensors that lie side by side`, hint]];
  }
  if (slices.every((slice) => slice.first === first?.first)) return [];
  const shown = slices.map((slice) => `${slice.first} to ${slice.first + slice.channels - 1}`).join(" and ");
  return [[`it combines channels ${shown}, not the same of every tensor`, hint]];
}

/** Tensors of one size count as side by side, also where `in_dim` says that they are not. */
function rowProblems(network: Network, { eltwise, input, sources, slices }: Layer): Problem[] {
  const shapes = sourceShapes(network, { sources }).map((shape, i) =>
    readShape({ ...(slices && { slices }) }, i, shape),
  );
  const [first] = shapes;
  const behind = eltwise === null && shapes.length > 1 && shapes.every(({ channels }) => channels === input.channels);
  const same = shapes.every(({ height, width }) => height === first?.height && width === first.width);
  if (!behind || !same) return [];
  const message = `it reads the rows of ${shapes.length} tensors of ${first?.height}x${first?.width}, which the generator takes in another order`;
  return [[message, "Make their numbers of rows different, or export the operators in front of it."]];
}

/** The generator calculates dilated windows in a copy of the data that may end too early. */
function poolProblems({ pool, input, pooled, convolution }: Layer): Problem[] {
  if (pool === null || convolution?.kind === "conv1d") return [];
  const windows = ([0, 1] as const).map((side) => {
    const [length, size] = [side === 0 ? input.height : input.width, pool.size[side]];
    const [stride, dilation] = [pool.stride[side], pool.dilation[side]];
    const kept = Math.floor((length - size + dilation - 1) / stride) * stride + size;
    return 1 + Math.floor((Math.min(length, kept) - size - dilation + 1) / stride);
  });
  if (windows[0] === pooled.height && windows[1] === pooled.width) return [];
  const expected = `${pooled.height}x${pooled.width}`;
  const message = `it pools ${expected} dilated windows, of which the generator calculates ${windows.join("x")}`;
  return [[message, "Choose a stride that divides what is left behind the first window."]];
}

/** The generator distributes inputs as if every pass had a channel for every processor. */
function flattenProblems({ flatten, input: { channels } }: Layer, device: DeviceSpec): Problem[] {
  const passes = passesOf(channels, device);
  const full = passes * processorsPerPass(channels, device);
  if (!flatten || channels === full) return [];
  const message = `it flattens ${channels} channels in ${passes} passes, which the generator can only if they are ${full}`;
  return [[message, `Flatten at most ${device.processors} channels, or ${full}.`]];
}

/** Words at the end of memory, and layers calculated four outputs at a time beside others. */
function placeProblems({ calcx4 }: Layer, place: WeightPlacement | null, device: DeviceSpec): Problem[] {
  if (place === null || place.sharedWith !== null) return [];
  if (place.displaced === true) {
    return [["the generator would put its kernels onto those of another layer", "Use other processors."]];
  }
  if (!calcx4 || place.column < device.weightMemory.words) return [];
  return [["the generator would put its kernels behind the end of memory", "Do not calculate four outputs at once."]];
}

/** The generator writes other sizes into such a layer, and into all that read the same tensor unless they say theirs. */
function farDilationProblems({ layers }: Network, layer: Layer): Problem[] {
  const [first] = layer.sources;
  const shares = layers.some((other) => other !== layer && other.sources[0] === first);
  if (!runsAsTwoDimensional(layer) || layer.sources.length === 1 || !shares) return [];
  const message = "it dilates far over several tensors, of which other layers read the first; they would get its size";
  return [[message, "Copy what it reads with passthrough()."]];
}

function convolutionProblems({ convolution }: Layer): Problem[] {
  if (convolution === null) return [];
  const { kind, padding, bypass } = convolution;
  if (bypass) {
    return [["it bypasses its kernels, which the generator cannot in a network with a checkpoint", "Do not bypass."]];
  }
  const expected = kind === "conv1d" ? 0 : padding[0];
  return padding[1] === expected
    ? []
    : [[`its padding is ${padding.join(" and ")}`, "Pad rows and columns by the same amount."]];
}

function diagnostic({ name, origins }: Layer, message: string, hint: string): Diagnostic {
  const source = origins.findLast((origin) => origin.source !== undefined)?.source;
  return {
    code: "AI6214",
    severity: "error",
    message: `'${name}' cannot be written as a network description: ${message}`,
    ...(source === undefined ? {} : { location: source }),
    hint,
  };
}
