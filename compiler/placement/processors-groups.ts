import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { bitsOf, countBits, firstBit, maskOf, maskOfRange, processorsPerPass, quadrantBits } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import { layerProblem } from "./codes.ts";
import { sourceName } from "./data-memory-layout.ts";
import type { DataLayout } from "./data-memory-layout.ts";
import { tensorIndex } from "./live-ranges.ts";
import { RelativeSets } from "./relative-sets.ts";

/** Places that need processors: the tensors (as `tensorIndex`), then the inputs of the layers. */
export interface ProcessorSpan {
  readonly node: number;
  /** Processors above the base of the group. */
  readonly position: number;
  readonly count: number;
}

/** Spans whose processors are fixed relative to each other. */
export interface ProcessorGroup {
  readonly spans: readonly ProcessorSpan[];
  /** Processors from the base to the end of the last span. */
  readonly width: number;
  /** First processor demanded by a pin or by the input format; null: free. */
  readonly fixed: number | null;
  /** Same set for all spans, where it is not a contiguous run. */
  readonly mask: bigint | null;
}

export interface ProcessorGroups {
  readonly groups: readonly ProcessorGroup[];
  /** Index of the group of every node. */
  readonly groupOf: readonly number[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Groups what must share processors; a tensor has the processors of everyone who reads it. */
export function processorGroups(layout: DataLayout, device: DeviceSpec): ProcessorGroups {
  const { network } = layout;
  const tensors = layout.tensors.length;
  const sets = new RelativeSets(tensors + network.layers.length);
  const diagnostics: Diagnostic[] = [];
  for (const layer of network.layers) {
    for (const part of layout.reads[layer.index]?.sources ?? []) {
      if (sets.link(tensors + layer.index, tensorIndex(part.source), part.rank)) continue;
      const name = sourceName(network, part.source);
      diagnostics.push(
        layerProblem(
          "AI3006",
          layer,
          `${layer.name} needs ${name} on other processors than its other readers`,
          `copy ${name} with a passthrough layer for one of its readers`,
        ),
      );
    }
  }
  linkStayingLayers(layout, sets);
  const counts = [
    ...layout.tensors.map((form) => form.processors),
    ...network.layers.map((layer) => processorsPerPass(layer.input.channels, device)),
  ];
  const groupOf = counts.map(() => 0);
  const groups = sets.groups().map((members, index) => {
    for (const { member } of members) groupOf[member] = index;
    const spans = members.map(({ member, position }) => ({ node: member, position, count: counts[member] as number }));
    const width = Math.max(...spans.map((span) => span.position + span.count));
    const pinned = pinnedPlace(network, spans, device, diagnostics);
    if (width > device.processors && pinned.mask === null) {
      const layer = network.layers.find((candidate) =>
        members.some((entry) => entry.member === tensors + candidate.index),
      );
      const reader = layer ?? (network.layers[0] as Layer);
      diagnostics.push(
        layerProblem(
          "AI3006",
          reader,
          `the tensors read by ${reader.name} and their other readers need ${width} processors in a row; there are ${device.processors}`,
        ),
      );
    }
    return { spans, width, ...pinned };
  });
  return { groups, groupOf, diagnostics };
}

/** Layers without convolution cannot leave their quadrant; after them depthwise layers, fastest when results stay. */
function linkStayingLayers(layout: DataLayout, sets: RelativeSets): void {
  const { layers, input } = layout.network;
  const staying = [
    ...layers.filter(({ convolution }) => convolution === null),
    ...layers.filter(({ convolution }) => convolution !== null && convolution.groups > 1),
  ];
  for (const { index } of staying) {
    if (index === 0 && input.format === "CHW") continue;
    sets.link(layout.tensors.length + index, index + 1, 0);
  }
}

interface Place {
  readonly fixed: number | null;
  readonly mask: bigint | null;
}

function pinnedPlace(
  network: Network,
  spans: readonly ProcessorSpan[],
  device: DeviceSpec,
  diagnostics: Diagnostic[],
): Place {
  const tensors = network.layers.length + 1;
  for (const span of spans) {
    const layer = network.layers[span.node < tensors ? span.node - 1 : span.node - tensors];
    const mask = span.node < tensors ? layer?.pins.outputProcessors : layer?.pins.processors;
    if (layer === undefined || mask === undefined) continue;
    if (countBits(mask) !== span.count) {
      diagnostics.push(
        layerProblem(
          "AI3007",
          layer,
          `${layer.name} needs ${span.count} processors per pass; its pin names ${countBits(mask)}`,
        ),
      );
      continue;
    }
    if (mask === maskOfRange(firstBit(mask), span.count)) return { fixed: firstBit(mask) - span.position, mask: null };
    if (spans.every((other) => other.position === span.position && other.count === span.count))
      return { fixed: 0, mask };
    diagnostics.push(
      layerProblem(
        "AI3007",
        layer,
        `the processors pinned for ${layer.name} are not a contiguous run, but neighbouring tensors depend on them`,
      ),
    );
  }
  if (spans.some((span) => span.node === 0)) return inputPlace(network, spans, device, diagnostics);
  return { fixed: null, mask: null };
}

/** Planar input takes one memory instance per channel; FIFOs deliver to fixed processors. */
function inputPlace(
  network: Network,
  spans: readonly ProcessorSpan[],
  device: DeviceSpec,
  diagnostics: Diagnostic[],
): Place {
  const { format } = network.input;
  const { fifo } = network.options;
  const count = spans.find((span) => span.node === 0)?.count as number;
  if (format === "HWC" && (fifo === "none" || count <= device.processorsPerDataInstance)) {
    return { fixed: fifo === "none" ? null : 0, mask: null };
  }
  const { processorsPerDataInstance: lanes, processorsPerQuadrant: quadrant } = device;
  const places = Array.from({ length: count }, (_, channel) => {
    if (format === "HWC") return Math.floor(channel / lanes) * quadrant + (channel % lanes);
    return channel * (fifo === "none" ? lanes : quadrant);
  });
  const readers = network.layers.filter((layer) => layer.sources.includes("input"));
  const late = readers.find((layer) => layer.index > 0);
  const problem =
    late && format === "CHW"
      ? `${late.name} reads the network input in CHW format; only the first layer can`
      : Math.max(...places) >= device.processors
        ? `${count} input channels in ${format} format need more data memory instances than there are`
        : spans.some((span) => span.position !== 0 || span.count !== count)
          ? `the network input in ${format} format cannot be part of a concatenation`
          : null;
  if (problem !== null) {
    diagnostics.push(layerProblem("AI3008", late ?? (network.layers[0] as Layer), problem, "use HWC format"));
    return { fixed: 0, mask: null };
  }
  return { fixed: 0, mask: maskOf(places) };
}

/** Processors of a span when its group stands at `base`. */
export const spanMask = (group: ProcessorGroup, span: ProcessorSpan, base: number): bigint =>
  group.mask ?? maskOfRange(base + span.position, span.count);

/** Data memory instances touched by a set of processors, one bit each. */
export function instancesOf(mask: bigint, device: DeviceSpec): number {
  let instances = 0;
  for (const processor of bitsOf(mask)) instances |= 1 << Math.floor(processor / device.processorsPerDataInstance);
  return instances;
}

/** A layer without convolution leaves as many values in every quadrant as it found there. */
export function staysInQuadrants(input: bigint, output: bigint, device: DeviceSpec): boolean {
  for (let quadrant = 0; quadrant < device.quadrants; quadrant++) {
    if (countBits(BigInt(quadrantBits(input, quadrant))) !== countBits(BigInt(quadrantBits(output, quadrant))))
      return false;
  }
  return true;
}
