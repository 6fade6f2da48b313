import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { roundUp } from "../ir/geometry.ts";
import type { GroupMember, OffsetGroup } from "./data-memory-groups.ts";
import type { DataLayout } from "./data-memory-layout.ts";
import type { AddressRule } from "./first-fit.ts";
import { tensorIndex } from "./live-ranges.ts";

/** Two tensors that must start in different physical blocks of an instance. */
interface Apart {
  readonly group: number;
  readonly member: GroupMember;
  readonly otherGroup: number;
  readonly other: GroupMember;
  /** They must end in different blocks, too. */
  readonly ends: boolean;
}

/**
 * A layer that reads ahead needs its input and output in different blocks; when it streams, its buffer starts in
 * another block than those of the layers before it. Other layers do not mind.
 */
export function readAheadRule(layout: DataLayout, groups: readonly OffsetGroup[], device: DeviceSpec): AddressRule {
  const block = device.dataMemory.instanceBytes / device.dataMemory.blocksPerInstance;
  const pairs = apartPairs(layout, groups);
  return (item, base, bases) => {
    for (const { group, member, otherGroup, other, ends } of pairs) {
      const placed = bases[otherGroup];
      if (group !== item || placed === null || placed === undefined) continue;
      const first = base + member.from;
      const last = base + member.to - 1;
      if (sameBlock(first, placed + other.from, block)) return base + block - (first % block);
      // The last byte moves up to the next block, the first one to a whole word.
      if (ends && sameBlock(last, placed + other.to - 1, block)) return base + roundUp(block - (last % block), 4);
    }
    return base;
  };
}

const sameBlock = (a: number, b: number, block: number): boolean => Math.floor(a / block) === Math.floor(b / block);

/** Both directions, so that whichever is placed last keeps away from the other. */
function apartPairs(layout: DataLayout, groups: readonly OffsetGroup[]): Apart[] {
  const where = new Map<number, { group: number; member: GroupMember }>();
  for (const [group, { members }] of groups.entries()) {
    for (const member of members) where.set(member.tensor, { group, member });
  }
  const pairs: Apart[] = [];
  const keepApart = (first: number, second: number, ends: boolean): void => {
    const [a, b] = [where.get(first), where.get(second)];
    if (!a || !b) return;
    pairs.push({ ...a, otherGroup: b.group, other: b.member, ends });
    pairs.push({ ...b, otherGroup: a.group, other: a.member, ends });
  };
  const { layers } = layout.network;
  for (const layer of layers.filter(({ readAhead }) => readAhead)) {
    const earlier = layer.streaming ? layers.slice(0, layer.index) : [layer];
    for (const source of layer.sources) {
      for (const other of earlier) {
        const tensors = layer.streaming ? other.sources.map(tensorIndex) : [layer.index + 1];
        for (const tensor of tensors) keepApart(tensorIndex(source), tensor, !layer.streaming);
      }
    }
  }
  return pairs;
}
