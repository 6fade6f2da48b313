import type { DeviceSpec } from "../../targets/index.ts";
import type { LayerPlan } from "./layer-plan.ts";
import type { DataMemory } from "./memory.ts";
import type { StreamStage } from "./stream-progress.ts";
import { outputRuns, toDataMemory } from "./write-back.ts";

/** Data memory that a streaming layer uses as circular input buffer. What was there before is lost. */
export interface Ring {
  readonly layer: number;
  readonly instances: readonly number[];
  readonly first: number;
  readonly words: number;
}

/** Input buffers of a chain of streaming layers; layers without a programmed length have none. */
export function ringsOf(device: DeviceSpec, stages: readonly StreamStage[]): Ring[] {
  return stages
    .map(({ plan, ringWords }) => ({
      layer: plan.layer,
      instances: [...new Set(plan.processors.map((p) => Math.floor(p / device.processorsPerDataInstance)))],
      first: plan.input.readPointers[plan.master] as number,
      words: ringWords,
    }))
    .filter((ring) => ring.words > 0);
}

/** Forgets the contents of the buffers and reports those that overlap or do not fit. */
export function occupyRings(memory: DataMemory, rings: readonly Ring[], report: (problem: string) => void): void {
  rings.forEach((ring, i) => {
    if (ring.first + ring.words > memory.usableWords)
      report(`the streaming buffer of layer ${ring.layer} does not fit data memory`);
    for (const other of rings.slice(0, i)) {
      if (ringsOverlap(ring, other)) report(`the streaming buffers of layers ${other.layer} and ${ring.layer} overlap`);
    }
    const words = Math.min(ring.words, memory.usableWords - ring.first);
    for (const instance of ring.instances)
      memory.forget(instance * memory.instanceWords + ring.first, Math.max(0, words));
  });
}

const ringsOverlap = (a: Ring, b: Ring): boolean =>
  a.first < b.first + b.words && b.first < a.first + a.words && a.instances.some((i) => b.instances.includes(i));

/** Reports results of the last streaming layer that fall into a buffer still in use. */
export function checkRingsKept(
  device: DeviceSpec,
  memory: DataMemory,
  rings: readonly Ring[],
  last: LayerPlan,
  report: (problem: string) => void,
): void {
  for (const ring of rings) {
    const overwritten = outputRuns(device, last, toDataMemory(memory)).some(({ word, step, count }) =>
      Array.from({ length: count }, (_, i) => word + i * step).some((at) => isInRing(memory, ring, at)),
    );
    if (overwritten) report(`layer ${last.layer}: results overwrite the streaming buffer of layer ${ring.layer}`);
  }
}

const isInRing = (memory: DataMemory, ring: Ring, word: number): boolean => {
  const offset = (word % memory.instanceWords) - ring.first;
  return offset >= 0 && offset < ring.words && ring.instances.includes(Math.floor(word / memory.instanceWords));
};
