import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { NetworkSequence, UnloadedMemory } from "../ir/network-sequence.ts";
import type { YamlNetwork } from "./yaml.ts";
import type { YamlOrder, YamlSlot } from "./yaml-order.ts";

/** Layer index, in execution order, of a described layer. */
export const executionIndex = (order: YamlOrder, slot: number): number => order.executed.indexOf(slot);

export const sourcesInOrder = ({ sources }: YamlSlot, order: YamlOrder): TensorSource[] =>
  sources.map((source) => (source === "input" ? source : executionIndex(order, source)));

/** Jumps, the snoop units, and what runs with the sample; undefined where layers simply follow each other. */
export function sequenceOf({ snoop }: YamlNetwork, order: YamlOrder): NetworkSequence | undefined {
  const registers = order.executed.toSorted((a, b) => a - b);
  const positions = order.executed.map((slot) => registers.indexOf(slot));
  const simulated = simulatedOrder(order).map((slot) => executionIndex(order, slot));
  const onSnoop = order.slots.flatMap(({ index, snoopNext }) =>
    snoopNext === null ? [] : [{ layer: executionIndex(order, index), next: executionIndex(order, snoopNext) }],
  );
  const jumps = !inOrder(positions);
  const partial = simulated.length < positions.length || !inOrder(simulated);
  if (!jumps && !partial && onSnoop.length === 0 && snoop === null) return undefined;
  return { positions: jumps ? positions : null, onSnoop, snoop, simulated: partial ? simulated : null };
}

const inOrder = (indices: readonly number[]): boolean => indices.every((value, index) => value === index);

function simulatedOrder(order: YamlOrder): number[] {
  const simulated: number[] = [];
  let index: number | null = order.executed[0] as number;
  while (index !== null && !simulated.includes(index)) {
    simulated.push(index);
    const slot: YamlSlot | undefined = order.slots[index];
    const next: number | "stop" | null = slot?.simulatedNext ?? slot?.next ?? null;
    index = next === "stop" ? null : next;
  }
  return simulated;
}

const NARROW = 8;

/** What the description reads out instead of the outputs; undefined: the outputs. */
export function unloadOf({ unload }: YamlNetwork): readonly UnloadedMemory[] | undefined {
  if (unload.length === 0) return undefined;
  return unload.map(({ values, at }, index) => ({
    kind: "memory",
    name: `unload_${index}`,
    channels: values.channels ?? 0,
    height: values.dim?.[0] ?? 0,
    width: values.dim?.[1] ?? 0,
    processors: values.processors ?? 0n,
    offset: values.offset ?? 0,
    writeGap: values.write_gap ?? 0,
    bits: values.width ?? NARROW,
    source: at,
  }));
}
