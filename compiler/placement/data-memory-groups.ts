import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Layer } from "../ir/network.ts";
import { inPlaceDistance } from "./data-memory-in-place.ts";
import { spanBytes } from "./data-memory-layout.ts";
import type { DataLayout, TensorForm } from "./data-memory-layout.ts";
import type { Forbidden } from "./first-fit.ts";
import { liveTogether, tensorIndex } from "./live-ranges.ts";

/** Tensors that keep fixed distances in memory, because one layer reads them together. */
export interface OffsetGroup {
  readonly members: readonly GroupMember[];
  /** Read offset of every layer that reads from this group, relative to the base. */
  readonly reads: ReadonlyMap<number, number>;
  /** Bytes from the base to the end of the last member. */
  readonly size: number;
  /** Base demanded by pins; null: free. */
  readonly fixed: number | null;
}

export interface GroupMember {
  readonly tensor: number;
  /** Byte offset of the tensor relative to the base, and of the first and past the last byte it touches. */
  readonly offset: number;
  readonly from: number;
  readonly to: number;
}

/** Rigid groups, each with its base at the lowest byte any member touches. */
export function offsetGroups(layout: DataLayout): OffsetGroup[] {
  const count = layout.tensors.length;
  return layout.offsets
    .groups()
    .map((group) => {
      const placed = group.filter((entry) => entry.member < count);
      const low = Math.min(...placed.map((entry) => entry.position - form(layout, entry.member).bytesBefore));
      const members = placed.map((entry) => {
        const tensor = form(layout, entry.member);
        const offset = entry.position - low;
        const from = offset - tensor.bytesBefore;
        return { tensor: entry.member, offset, from, to: from + spanBytes(tensor) };
      });
      const reads = new Map(
        group.filter((entry) => entry.member >= count).map((entry) => [entry.member - count, entry.position - low]),
      );
      const size = Math.max(...members.map((member) => member.to));
      return { members, reads, size, fixed: pinnedBase(layout, members, reads) };
    })
    .filter((group) => group.members.length > 0);
}

const form = (layout: DataLayout, tensor: number): TensorForm => layout.tensors[tensor] as TensorForm;

function pinnedBase(
  layout: DataLayout,
  members: readonly GroupMember[],
  reads: ReadonlyMap<number, number>,
): number | null {
  for (const member of members) {
    const pinned = layout.network.layers[member.tensor - 1]?.pins.outputOffset;
    if (pinned !== undefined) return pinned - member.offset;
  }
  for (const [layer, offset] of reads) {
    const pinned = layout.network.layers[layer]?.pins.inputOffset;
    if (pinned !== undefined) return pinned - offset;
  }
  return null;
}

/** What decides whether two tensors may meet. */
export interface MeetingRules {
  readonly layout: DataLayout;
  /** Data memory instances of every tensor, one bit each. */
  readonly instances: readonly number[];
  /** Largest write offset minus read offset by layer; null where results must not touch the layer's input. */
  readonly inPlace: readonly (number | null)[];
}

/** Distances between the bases of two groups at which some of their tensors would collide. */
export function forbiddenDistances(rules: MeetingRules, first: OffsetGroup, second: OffsetGroup): Forbidden[] {
  const forbidden: Forbidden[] = [];
  for (const a of first.members) {
    for (const b of second.members) {
      if (!mayMeet(rules, a.tensor, b.tensor)) continue;
      let low = a.from - b.to;
      let high = a.to - b.from;
      const writesFirst = slack(rules, a, b, second);
      const writesSecond = slack(rules, b, a, first);
      if (writesFirst !== null) high = Math.min(high, -writesFirst);
      if (writesSecond !== null) low = Math.max(low, writesSecond);
      if (low < high) forbidden.push({ low, high, ...periodOf(rules.layout, a, b) });
    }
  }
  return forbidden;
}

/** Pairs inside one group that collide at their fixed distance. */
export function collisionsInside(rules: MeetingRules, group: OffsetGroup): [number, number][] {
  const collisions: [number, number][] = [];
  for (const [index, a] of group.members.entries()) {
    for (const b of group.members.slice(index + 1)) {
      const [forbidden] = forbiddenDistances(rules, { ...group, members: [a] }, { ...group, members: [b] });
      if (!forbidden || forbidden.low >= 0 || forbidden.high <= 0) continue;
      if (forbidden.period > 1 && -forbidden.residue % forbidden.period !== 0) continue;
      collisions.push([a.tensor, b.tensor]);
    }
  }
  return collisions;
}

function mayMeet(rules: MeetingRules, a: number, b: number): boolean {
  if (((rules.instances[a] as number) & (rules.instances[b] as number)) === 0) return false;
  return liveTogether(form(rules.layout, a).live, form(rules.layout, b).live);
}

/** Words of two tensors with the same gap interleave: they only collide when they fall on the same words. */
function periodOf(layout: DataLayout, a: GroupMember, b: GroupMember): { period: number; residue: number } {
  const left = form(layout, a.tensor);
  const right = form(layout, b.tensor);
  const period = left.strideBytes;
  if (period !== right.strideBytes || left.blockBytes !== 4 || right.blockBytes !== 4) return { period: 0, residue: 0 };
  return { period, residue: (((a.from - b.from) % period) + period) % period };
}

/**
 * When `output` is written while `input` is read for the last time: the largest distance of the output's group from
 * the input's group that is still safe.
 */
function slack(rules: MeetingRules, output: GroupMember, input: GroupMember, inputGroup: OffsetGroup): number | null {
  const layer = rules.layout.network.layers[output.tensor - 1];
  if (!layer || !dies(rules.layout, input.tensor, layer)) return null;
  const distance = rules.inPlace[layer.index] ?? null;
  const read = inputGroup.reads.get(layer.index);
  return distance === null || read === undefined ? null : read + distance - output.offset;
}

/** The layer is the last one that needs the tensor. */
export function dies(layout: DataLayout, tensor: number, layer: Layer): boolean {
  if (!layer.sources.some((source) => tensorIndex(source) === tensor)) return false;
  if (layout.network.layers[tensor - 1]?.isOutput) return false;
  return form(layout, tensor).live.end === layer.index + 1;
}

/** In-place distance of every layer. */
export function inPlaceDistances(layout: DataLayout, device: DeviceSpec): (number | null)[] {
  return layout.network.layers.map((layer) => {
    const read = layout.reads[layer.index];
    if (!read || !layer.sources.some((source) => dies(layout, tensorIndex(source), layer))) return null;
    const output = form(layout, layer.index + 1);
    const words = {
      read: read.passes * read.operands * ((layout.readGaps[layer.index] as number) + 1),
      written: (output.passes * output.strideBytes) / 4,
    };
    return inPlaceDistance(layout.network, layer, words, device);
  });
}
