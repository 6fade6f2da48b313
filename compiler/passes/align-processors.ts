import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { processorsPerPass } from "../ir/geometry.ts";
import type { Findings, PassContext } from "./context.ts";
import { identityConvolution } from "./identity-convolution.ts";
import type { GraphLayer, GraphSource, LayerGraph, Use } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";

/**
 * A layer without convolution leaves channels on the processors they came from; operands must share processors and
 * the parts of a concatenation must be neighbors. Where these wishes contradict each other a 1x1 identity
 * convolution moves a tensor. What remains can be met by choosing first processors.
 */
export function alignProcessors(context: PassContext, graph: LayerGraph, findings: Findings): void {
  // Every round frees one tensor from one reader, so there are fewer rounds than uses.
  for (;;) {
    const conflict = firstConflict(context, graph);
    if (conflict === null) return;
    const moved = moveTensor(graph, conflict);
    const message = `${graph.nameOf(moved.source)} must be on other processors for '${moved.reader.layer.name}'; a 1x1 convolution moves it`;
    findings.notice("AI2555", moved.reader.layer.origins.at(-1) ?? null, message);
  }
}

function firstConflict(context: PassContext, graph: LayerGraph): Use | null {
  const { device, options } = context;
  const chains = new ProcessorChains(device);
  const input = graph.network.input;
  for (const source of ["input", ...graph.layers] as const) {
    chains.hold(source, processorsPerPass(graph.shapeOf(source).channels, device));
  }
  for (const reader of graph.layers) {
    const conflict = (operand: number): Use | null => (isPinned(reader) ? null : { reader, operand });
    const stays = reader.layer.convolution === null;
    // Such an input lies on every fourth processor or on those of the FIFOs; only within a quadrant it can be packed.
    if (reader.sources[0] === "input" && (input.format === "CHW" || options.fifo !== "none")) {
      if (!stays) continue;
      const packs = input.channels <= device.processorsPerDataInstance && chains.join(reader, "start", 0);
      if (!packs && !isPinned(reader)) return conflict(0);
      continue;
    }
    const [first] = reader.sources;
    if (first === undefined) continue;
    for (const [operand, { rank }] of graph.readsOf(reader, device).sources.entries()) {
      const source = reader.sources[operand] as GraphSource;
      if (!chains.join(source, first, rank) && !isPinned(reader)) return conflict(operand);
    }
    if (stays && !chains.join(reader, first, 0) && !isPinned(reader)) return conflict(0);
  }
  return firstCollision(graph, chains, device);
}

/** Parts of concatenations start at one address: those that live at the same time must not share processors. */
function firstCollision(graph: LayerGraph, chains: ProcessorChains, device: DeviceSpec): Use | null {
  const sets: Set<GraphSource>[] = [];
  for (const reader of graph.layers) {
    const reads = graph.readsOf(reader, device).sources;
    const [first] = reader.sources;
    if (first === undefined || reads.length < 2 || reads.some((read) => read.interleave > 1)) continue;
    const touched = sets.filter((set) => reader.sources.some((source) => set.has(source)));
    const merged = new Set(reader.sources.filter((source) => !touched.some((set) => set.has(source))));
    for (const set of touched) {
      const collides = (a: GraphSource, b: GraphSource) => chains.overlap(a, b) && liveTogether(graph, a, b);
      const collision = [...merged].some((known) => [...set].some((other) => collides(known, other)));
      // The part that ties this concatenation to the others is the one to move.
      const operand = reader.sources.findIndex((source) => set.has(source));
      if (collision && !isPinned(reader)) return { reader, operand };
      for (const source of set) merged.add(source);
      sets.splice(sets.indexOf(set), 1);
    }
    sets.push(merged);
  }
  return null;
}

function liveTogether(graph: LayerGraph, a: GraphSource, b: GraphSource): boolean {
  const [first, second] = [a, b].map((source) => {
    const start = source === "input" ? -1 : graph.layers.indexOf(source);
    const reads = graph.usesOf(source).map(({ reader }) => graph.layers.indexOf(reader));
    const isOutput = source !== "input" && source.layer.isOutput;
    return { start, end: isOutput ? Infinity : Math.max(start, ...reads) };
  });
  return first !== undefined && second !== undefined && first.start <= second.end && second.start <= first.end;
}

/** Puts an identity convolution in front of one use of a tensor. A layer that only copies becomes one itself. */
function moveTensor(graph: LayerGraph, use: Use): { readonly source: GraphSource; readonly reader: GraphLayer } {
  const source = use.reader.sources[use.operand] as GraphSource;
  const moved = { source, reader: use.reader };
  if (onlyCopies(use.reader)) {
    convolve(use.reader);
  } else if (source !== "input" && onlyCopies(source)) {
    convolve(source);
  } else {
    graph.redirect([use], graph.insertAfter(source, "moved", identityConvolution(graph.shapeOf(source).channels)));
  }
  return moved;
}

function convolve(entry: GraphLayer): void {
  entry.layer = { ...entry.layer, convolution: identityConvolution(entry.layer.output.channels) };
}

const onlyCopies = (entry: GraphLayer): boolean => {
  const { eltwise, pool, convolution } = entry.layer;
  return eltwise === null && pool === null && convolution === null && !isPinned(entry);
};

type Member = GraphSource | "start";

/** Tensors whose first processors are at fixed distances from one another, and the room each group needs. */
class ProcessorChains {
  readonly #device: DeviceSpec;
  readonly #groups = new Map<Member, { readonly members: Map<Member, number>; first: number; end: number }>();

  readonly #sizes = new Map<Member, number>();

  constructor(device: DeviceSpec) {
    this.#device = device;
    this.hold("start", device.processors);
  }

  hold(member: Member, processors: number): void {
    this.#sizes.set(member, processors);
    this.#groups.set(member, { members: new Map([[member, 0]]), first: 0, end: processors });
  }

  /** True when the two, known to be in one chain, have processors in common. */
  overlap(a: Member, b: Member): boolean {
    const [group, other] = [this.#groups.get(a), this.#groups.get(b)];
    if (group === undefined || group !== other) return false;
    const [startA, startB] = [group.members.get(a) as number, group.members.get(b) as number];
    return startA < startB + (this.#sizes.get(b) as number) && startB < startA + (this.#sizes.get(a) as number);
  }

  /** Demands first(member) = first(other) + offset. false: impossible, and nothing was changed. */
  join(member: Member, other: Member, offset: number): boolean {
    const [a, b] = [this.#groups.get(member), this.#groups.get(other)];
    if (a === undefined || b === undefined) return false;
    // Position of a's origin as seen from b's.
    const shift = (b.members.get(other) as number) + offset - (a.members.get(member) as number);
    if (a === b) return shift === 0;
    const first = Math.min(b.first, a.first + shift);
    const end = Math.max(b.end, a.end + shift);
    if (end - first > this.#device.processors) return false;
    for (const [moved, position] of a.members) {
      b.members.set(moved, position + shift);
      this.#groups.set(moved, b);
    }
    b.first = first;
    b.end = end;
    return true;
  }
}
