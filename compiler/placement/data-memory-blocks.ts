import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { GroupMember, OffsetGroup } from "./data-memory-groups.ts";
import type { DataLayout } from "./data-memory-layout.ts";
import type { AddressRule } from "./first-fit.ts";
import { tensorIndex } from "./live-ranges.ts";

/** Two tensors whose first bytes, and whose last bytes, must lie in different physical blocks of an instance. */
interface Apart {
  readonly group: number;
  readonly member: GroupMember;
  readonly otherGroup: number;
  readonly other: GroupMember;
}

/** A layer that reads ahead needs its input and output in different blocks; other layers do not mind. */
export function readAheadRule(layout: DataLayout, groups: readonly OffsetGroup[], device: DeviceSpec): AddressRule {
  const block = device.dataMemory.instanceBytes / device.dataMemory.blocksPerInstance;
  const pairs = apartPairs(layout, groups);
  return (item, base, bases) => {
    for (const { group, member, otherGroup, other } of pairs) {
      const placed = bases[otherGroup];
      if (group !== item || placed === null || placed === undefined) continue;
      const first = base + member.from;
      const last = base + member.to - 1;
      if (sameBlock(first, placed + other.from, block)) return base + block - (first % block);
      if (sameBlock(last, placed + other.to - 1, block)) return base + block - (last % block);
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
  for (const layer of layout.network.layers) {
    const output = where.get(layer.index + 1);
    if (!layer.readAhead || layer.streaming || !output) continue;
    for (const source of layer.sources) {
      const input = where.get(tensorIndex(source));
      if (!input) continue;
      pairs.push({ ...output, otherGroup: input.group, other: input.member });
      pairs.push({ ...input, otherGroup: output.group, other: output.member });
    }
  }
  return pairs;
}
