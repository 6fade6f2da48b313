import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { collisionsInside, forbiddenDistances, inPlaceDistances, offsetGroups } from "./data-memory-groups.ts";
import type { MeetingRules, OffsetGroup } from "./data-memory-groups.ts";
import type { DataLayout, TensorForm } from "./data-memory-layout.ts";
import { readAheadRule } from "./data-memory-blocks.ts";
import { fit } from "./first-fit.ts";
import type { Forbidden } from "./first-fit.ts";

/** Byte offsets of all tensors (as `tensorIndex`) and of all reads (by layer). */
export interface DataOffsets {
  readonly tensors: readonly number[];
  readonly reads: readonly number[];
}

export type OffsetResult =
  | { readonly kind: "placed"; readonly offsets: DataOffsets; readonly inPlace: boolean }
  /** Tensors whose fixed distance makes them overlap, whatever the offsets. */
  | { readonly kind: "collision"; readonly tensors: readonly [number, number] }
  /** Tensor for which no room was found. */
  | { readonly kind: "full"; readonly tensor: number };

/**
 * Finds an offset for every tensor so that no two tensors that are needed at the same time share a word.
 * Results overwrite the input they consume only when `inPlace` is set.
 */
export function placeOffsets(
  layout: DataLayout,
  instances: readonly number[],
  device: DeviceSpec,
  inPlace: boolean,
): OffsetResult {
  const groups = offsetGroups(layout);
  const distances = inPlace ? inPlaceDistances(layout, device) : layout.network.layers.map(() => null);
  const rules: MeetingRules = { layout, instances, inPlace: distances };
  for (const group of groups) {
    const [collision] = collisionsInside(rules, group);
    if (collision) return { kind: "collision", tensors: collision };
  }
  const result = fit({
    items: groups.map((group) => ({
      size: group.size,
      fixed: group.fixed,
      weight: group.size,
    })),
    between: distanceTable(rules, groups),
    addressRule: readAheadRule(layout, groups, device),
    capacity: device.dataMemory.instanceBytes,
    alignment: 4,
  });
  if ("failed" in result) {
    return { kind: "full", tensor: (groups[result.failed] as OffsetGroup).members[0]?.tensor ?? 0 };
  }
  return { kind: "placed", offsets: collectOffsets(layout, groups, result.bases), inPlace };
}

function distanceTable(rules: MeetingRules, groups: readonly OffsetGroup[]) {
  const table = new Map<number, readonly Forbidden[]>();
  return (first: number, second: number): readonly Forbidden[] => {
    const key = first * groups.length + second;
    const known = table.get(key);
    if (known) return known;
    const distances = forbiddenDistances(rules, groups[first] as OffsetGroup, groups[second] as OffsetGroup);
    table.set(key, distances);
    return distances;
  };
}

function collectOffsets(layout: DataLayout, groups: readonly OffsetGroup[], bases: readonly number[]): DataOffsets {
  const tensors = layout.tensors.map(() => 0);
  const reads = layout.network.layers.map(() => 0);
  for (const [index, group] of groups.entries()) {
    const base = bases[index] as number;
    for (const member of group.members) tensors[member.tensor] = base + member.offset;
    for (const [layer, offset] of group.reads) reads[layer] = base + offset;
  }
  return { tensors, reads };
}

/** Bytes a tensor takes in each of its instances, gaps not counted. */
export const usedBytes = (form: TensorForm): number => form.blocks * form.blockBytes;

/** Live bytes in the fullest instance, and the layer at which that happens. */
export function peakUse(
  layout: DataLayout,
  instances: readonly number[],
  device: DeviceSpec,
): { bytes: number; layer: number } {
  const peak = { bytes: 0, layer: 0 };
  for (const { index } of layout.network.layers) {
    const use = Array.from({ length: device.processors / device.processorsPerDataInstance }, () => 0);
    for (const [tensor, form] of layout.tensors.entries()) {
      if (form.live.start > index || form.live.end <= index) continue;
      for (let instance = 0; instance < use.length; instance++) {
        if (((instances[tensor] as number) >> instance) & 1)
          use[instance] = (use[instance] as number) + usedBytes(form);
      }
    }
    const bytes = Math.max(...use);
    if (bytes > peak.bytes) Object.assign(peak, { bytes, layer: index });
  }
  return peak;
}
