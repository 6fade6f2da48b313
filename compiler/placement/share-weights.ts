import type { LayerWeights } from "../../runtime/reference/layer.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import type { KernelLayout } from "./weight-layout.ts";

/**
 * For every layer the one before it in `order` that keeps the same kernels in the same form, or null. Layers share only when
 * everything that decides how kernels lie in memory is equal, so that one copy serves both.
 */
export function sharedLayers(
  layouts: readonly (KernelLayout | null)[],
  placements: readonly LayerPlacement[],
  order: readonly number[],
): readonly (number | null)[] {
  const originals: number[] = [];
  const shared: (number | null)[] = layouts.map(() => null);
  for (const index of order) {
    const layout = layouts[index] ?? null;
    if (layout === null) continue;
    const original = originals.find((other) => {
      const kept = layouts[other];
      return kept && placements[other]?.processors === placements[index]?.processors && isSame(kept, layout);
    });
    if (original === undefined) originals.push(index);
    shared[index] = original ?? null;
  }
  return shared;
}

function isSame(a: KernelLayout, b: KernelLayout): boolean {
  const equal = ([x, y]: readonly [unknown, unknown]) => x === y;
  const facts: readonly (readonly [unknown, unknown])[] = [
    [a.bits, b.bits],
    [a.kernel[0], b.kernel[0]],
    [a.kernel[1], b.kernel[1]],
    [a.channels, b.channels],
    [a.pixels, b.pixels],
    [a.depthwise, b.depthwise],
    [a.layer.flatten, b.layer.flatten],
    [a.startSlots, b.startSlots],
    [a.quad, b.quad],
    [a.fourWay, b.fourWay],
    [a.slots.length, b.slots.length],
  ];
  return facts.every(equal) && a.slots.every((slot, i) => slot === b.slots[i]) && sameWeights(a.weights, b.weights);
}

export function sameWeights(a: LayerWeights, b: LayerWeights): boolean {
  if (a === b) return true;
  if (a.binary !== b.binary || a.outputs !== b.outputs || a.data.length !== b.data.length) return false;
  return a.data.every((value, i) => value === b.data[i]);
}
