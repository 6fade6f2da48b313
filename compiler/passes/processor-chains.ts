import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { GraphSource } from "./layer-graph.ts";

/** A tensor, or processor 0. */
type Member = GraphSource | "start";

/** Tensors whose first processors are at fixed distances from one another, and the room each group needs. */
export class ProcessorChains {
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

  /** True when a tensor of this size, in no chain yet, could begin `offset` processors behind another. */
  hasRoom(processors: number, other: Member, offset: number): boolean {
    const group = this.#groups.get(other);
    if (group === undefined) return false;
    const start = (group.members.get(other) as number) + offset;
    return Math.max(group.end, start + processors) - Math.min(group.first, start) <= this.#device.processors;
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
