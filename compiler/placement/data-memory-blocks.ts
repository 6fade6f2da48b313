import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Shape } from "../../dsl/model.ts";
import { passesOf, roundUp } from "../ir/geometry.ts";
import type { Layer } from "../ir/network.ts";
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
  /** They must end in different blocks, too: bytes of both from their starts on. */
  readonly ends: readonly [number, number] | null;
}

/**
 * A layer that reads ahead needs its input and output in different blocks, a streaming one as if its buffers held all
 * of them; and the buffer that it streams from starts in another block than those of the layers before it. Other layers
 * do not mind.
 */
export function readAheadRule(layout: DataLayout, groups: readonly OffsetGroup[], device: DeviceSpec): AddressRule {
  const block = device.dataMemory.instanceBytes / device.dataMemory.blocksPerInstance;
  const pairs = apartPairs(layout, groups, device);
  return (item, base, bases) => {
    for (const { group, member, otherGroup, other, ends } of pairs) {
      const placed = bases[otherGroup];
      if (group !== item || placed === null || placed === undefined) continue;
      const first = base + member.from;
      if (sameBlock(first, placed + other.from, block)) return base + block - (first % block);
      if (ends === null) continue;
      const last = first + ends[0] - 1;
      // The last byte moves up to the next block, the first one to a whole word.
      if (sameBlock(last, placed + other.from + ends[1] - 1, block)) return base + roundUp(block - (last % block), 4);
    }
    return base;
  };
}

const sameBlock = (a: number, b: number, block: number): boolean => Math.floor(a / block) === Math.floor(b / block);

/** Both directions, so that whichever is placed last keeps away from the other. */
function apartPairs(layout: DataLayout, groups: readonly OffsetGroup[], device: DeviceSpec): Apart[] {
  const where = new Map<number, { group: number; member: GroupMember }>();
  for (const [group, { members }] of groups.entries()) {
    for (const member of members) where.set(member.tensor, { group, member });
  }
  const pairs: Apart[] = [];
  const keepApart = (first: number, second: number, lengths: readonly [number, number] | null): void => {
    const [a, b] = [where.get(first), where.get(second)];
    if (!a || !b) return;
    pairs.push({ ...a, otherGroup: b.group, other: b.member, ends: lengths });
    pairs.push({ ...b, otherGroup: a.group, other: a.member, ends: lengths && [lengths[1], lengths[0]] });
  };
  const lengthOf = (tensor: number, layer: Layer, whole: number): number => {
    const { from = 0, to = 0 } = where.get(tensor)?.member ?? {};
    return layer.streaming ? whole : to - from;
  };
  const { layers } = layout.network;
  for (const layer of layers.filter(({ readAhead }) => readAhead)) {
    const read = bytesOf(layer.input, device) * (layer.eltwise?.operands ?? 1);
    const written = bytesOf(layer.output, device) * (layer.outputBits / 8);
    const result = layer.index + 1;
    for (const source of layer.sources.map(tensorIndex)) {
      keepApart(source, result, [lengthOf(source, layer, read), lengthOf(result, layer, written)]);
      if (!layer.streaming) continue;
      for (const other of layers.slice(0, layer.index)) {
        for (const tensor of other.sources.map(tensorIndex)) keepApart(source, tensor, null);
      }
    }
  }
  return pairs;
}

/** Bytes that 8-bit data takes in one data memory instance. */
const bytesOf = ({ channels, height, width }: Shape, device: DeviceSpec): number =>
  4 * passesOf(channels, device) * height * width;
