import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { invariant } from "../../dsl/diagnostic.ts";
import { processorsPerPass } from "../ir/geometry.ts";
import type { Findings, PassContext } from "./context.ts";
import { identityConvolution } from "./identity-convolution.ts";
import type { GraphLayer, GraphSource, LayerGraph } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";
import { ProcessorChains } from "./processor-chains.ts";

/**
 * A layer without convolution leaves channels on the processors they came from; operands must share processors and
 * the parts of a concatenation must be neighbors. Where these wishes contradict each other a 1x1 identity
 * convolution moves a tensor. What remains can be met by choosing first processors.
 */
export function alignProcessors(context: PassContext, graph: LayerGraph, findings: Findings): void {
  const stuck = new Set<GraphLayer>();
  // Every round gives a use a tensor of its own, lets a layer that copied convolve, or gives a reader up. Nothing
  // takes any of that back, and layers that are added are of no concern: they convolve one tensor.
  const rounds = graph.layers.reduce((sum, { sources }) => sum + sources.length + 2, 0);
  for (let round = 0; round <= rounds; round++) {
    const conflict = firstConflict(context, graph, stuck);
    if (conflict === null) return;
    const { reader } = conflict;
    const place = reader.layer.origins.at(-1) ?? null;
    const moved = resolve(graph, conflict);
    if (moved === null) {
      stuck.add(reader);
      const message = `'${reader.layer.name}' cannot have its input on the processors that it needs`;
      findings.error("AI2556", place, message, "Put a 1x1 convolution in front of it.");
    } else {
      const message = `${graph.nameOf(moved)} must be on other processors for '${reader.layer.name}'; a 1x1 convolution moves it`;
      findings.notice("AI2555", place, message);
    }
  }
  invariant(false, `processors of ${graph.network.name} not aligned after ${rounds} rounds`);
}

/** Why processors cannot be chosen for a reader, and what would help. */
interface Conflict {
  readonly reader: GraphLayer;
  /** Operands to move, best first. */
  readonly operands: readonly number[];
  /** The reader, or an operand, keeps its input's processors: if it only copies, convolving helps as well. */
  readonly convolving: "reader" | "operand" | null;
}

/** First contradiction among what layers need, in execution order. Numbered layers and those given up are left out. */
function firstConflict(context: PassContext, graph: LayerGraph, stuck: ReadonlySet<GraphLayer>): Conflict | null {
  const { device, options } = context;
  const { input } = graph.network;
  const chains = new ProcessorChains(device);
  const sizeOf = (source: GraphSource): number => processorsPerPass(graph.shapeOf(source).channels, device);
  for (const source of ["input", ...graph.layers] as const) chains.hold(source, sizeOf(source));
  for (const reader of graph.layers) {
    const mayChange = !isPinned(reader) && !stuck.has(reader);
    const stays = reader.layer.convolution === null;
    const keeps: Conflict = { reader, operands: [0], convolving: "reader" };
    // Such an input lies on every fourth processor or on those of the FIFOs; only within a quadrant it can be packed.
    if (reader.sources[0] === "input" && (input.format === "CHW" || options.fifo !== "none")) {
      if (!stays) continue;
      const packs = input.channels <= device.processorsPerDataInstance && chains.join(reader, "start", 0);
      if (!packs && mayChange) return keeps;
      continue;
    }
    const [first] = reader.sources;
    if (first === undefined) continue;
    const reads = graph.readsOf(reader, device).sources;
    // Ranks count from the first processor that the layer reads, which may be inside the first tensor.
    const start = reads[0]?.rank ?? 0;
    for (const [operand, read] of reads.entries()) {
      const source = reader.sources[operand] as GraphSource;
      const rank = read.rank - start;
      if (chains.join(source, first, rank) || !mayChange) continue;
      // Where not even a tensor of its own would fit beside the first one, the first one has to leave its chain.
      const operands = chains.hasRoom(sizeOf(source), first, rank) ? [operand] : [0, operand];
      return { reader, operands, convolving: "operand" };
    }
    if (stays && !chains.join(reader, first, -start) && mayChange) return keeps;
  }
  return firstCollision(graph, chains, device, stuck);
}

/** Parts of concatenations start at one address: those that live at the same time must not share processors. */
function firstCollision(
  graph: LayerGraph,
  chains: ProcessorChains,
  device: DeviceSpec,
  stuck: ReadonlySet<GraphLayer>,
): Conflict | null {
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
      if (collision && !isPinned(reader) && !stuck.has(reader))
        return { reader, operands: [operand], convolving: null };
      for (const source of set) merged.add(source);
      sets.splice(sets.indexOf(set), 1);
    }
    sets.push(merged);
  }
  return null;
}

function liveTogether(graph: LayerGraph, a: GraphSource, b: GraphSource): boolean {
  const [first, second] = [a, b].map((source) => {
    const uses = graph.usesOf(source);
    if (uses.some(({ reader }) => reader.layer.recalls)) return { start: -1, end: Infinity };
    const start = source === "input" ? -1 : graph.layers.indexOf(source);
    const reads = uses.map(({ reader }) => graph.layers.indexOf(reader));
    const isOutput = source !== "input" && source.layer.isOutput;
    return { start, end: isOutput ? Infinity : Math.max(start, ...reads) };
  });
  return first !== undefined && second !== undefined && first.start <= second.end && second.start <= first.end;
}

/** Frees one operand, and tells which tensor that was; null when nothing can be done. */
function resolve(graph: LayerGraph, { reader, operands, convolving }: Conflict): GraphSource | null {
  if (convolving === "reader" && onlyCopies(reader)) {
    convolve(reader);
    return reader.sources[0] as GraphSource;
  }
  // Streaming layers run side by side: what is inserted comes behind all of them.
  if (reader.layer.streaming) return null;
  const candidates = [...operands, ...reader.sources.keys()];
  const operand = candidates.find((index) => !hasForItself(graph, reader.sources[index] as GraphSource));
  if (operand === undefined) return null;
  const source = reader.sources[operand] as GraphSource;
  if (convolving === "operand" && source !== "input" && onlyCopies(source)) {
    convolve(source);
  } else {
    graph.selectChannels({ reader, operand }, "moved");
  }
  return source;
}

/** Nothing but its one reader has a say in where a tensor lies. */
const hasForItself = (graph: LayerGraph, source: GraphSource): boolean =>
  source !== "input" && source.layer.convolution !== null && graph.usesOf(source).length === 1;

function convolve(entry: GraphLayer): void {
  entry.layer = { ...entry.layer, convolution: identityConvolution(entry.layer.output.channels) };
}

const onlyCopies = (entry: GraphLayer): boolean => {
  const { eltwise, pool, convolution, recalls } = entry.layer;
  return eltwise === null && pool === null && convolution === null && !recalls && !isPinned(entry);
};
