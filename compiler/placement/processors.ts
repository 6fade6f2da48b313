import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { DataLayout } from "./data-memory-layout.ts";
import { generator } from "./first-fit.ts";
import { ProcessorLoads } from "./processors-cost.ts";
import type { Priorities } from "./processors-cost.ts";
import { instancesOf, spanMask, staysInQuadrants } from "./processors-groups.ts";
import type { ProcessorGroup, ProcessorGroups, ProcessorSpan } from "./processors-groups.ts";

/** Processors of every tensor (as `tensorIndex`) and of every layer's input. */
export interface ProcessorChoice {
  readonly tensors: readonly bigint[];
  readonly layers: readonly bigint[];
  /** Data memory instances of every tensor, one bit each. */
  readonly instances: readonly number[];
  /** Share of the fullest weight and data memory in use; above 1 it cannot fit. */
  readonly shares: { readonly weights: number; readonly data: number };
  /** Rules about quadrants that are broken. */
  readonly violations: number;
}

/** What has to be distributed. */
export interface ProcessorProblem {
  readonly layout: DataLayout;
  readonly groups: ProcessorGroups;
  /** Weight words of every layer in each of its processors. */
  readonly words: readonly number[];
}

/** What one search aims at. */
export interface SearchGoal {
  readonly priorities: Priorities;
  /** Quadrants that may be used, from 0. */
  readonly quadrants: number;
  /** Groups start at multiples of this many processors; coarse steps leave fewer odd gaps in weight memory. */
  readonly grain: number;
  /** Results may take the room of the input they consume. */
  readonly inPlace: boolean;
  /**
   * Where the search begins: "filled": one group after the other at the cheapest place; "apart": wide groups at the
   * low end, narrow ones at the high end; a number: at random, from that seed.
   */
  readonly start: "filled" | "apart" | number;
}

const rounds = 4;
const impossible = 1e6;

/**
 * Chooses the first processor of every group so that weight memory and data memory fill evenly: groups one after
 * the other, largest first, each at the cheapest place, then again until nothing moves. Deterministic.
 */
export function chooseProcessors(problem: ProcessorProblem, device: DeviceSpec, goal: SearchGoal): ProcessorChoice {
  const search = new Search(problem, device, goal);
  search.start();
  for (let round = 0; round < rounds && search.improve(); round++);
  return search.choice();
}

/** Fewest quadrants every group fits into. */
export function leastQuadrants(groups: ProcessorGroups, device: DeviceSpec): number {
  const ends = groups.groups.map((group) =>
    group.mask === null ? (group.fixed ?? 0) + group.width : group.mask.toString(2).length,
  );
  return Math.min(device.quadrants, Math.ceil(Math.max(...ends) / device.processorsPerQuadrant));
}

class Search {
  readonly #layout: DataLayout;
  readonly #groups: ProcessorGroups;
  readonly #device: DeviceSpec;
  readonly #goal: SearchGoal;
  readonly #loads: ProcessorLoads;
  readonly #bases: number[];
  readonly #order: number[];
  readonly #staying: readonly (readonly [number, number])[];

  constructor({ layout, groups, words }: ProcessorProblem, device: DeviceSpec, goal: SearchGoal) {
    this.#layout = layout;
    this.#groups = groups;
    this.#device = device;
    this.#goal = goal;
    this.#loads = new ProcessorLoads(layout, groups, words, device, goal.inPlace);
    this.#bases = groups.groups.map((group) => group.fixed ?? 0);
    this.#order = groups.groups
      .map((_, index) => index)
      .toSorted((a, b) => this.#loads.size(b) - this.#loads.size(a) || a - b);
    this.#staying = layout.network.layers
      .filter((layer) => layer.convolution === null)
      .map((layer) => [layout.tensors.length + layer.index, layer.index + 1] as const);
  }

  /** Puts every group somewhere. */
  start(): void {
    const { start } = this.#goal;
    if (start === "filled") {
      for (const index of this.#order) this.#settle(index, this.#places(index));
      return;
    }
    const random = start === "apart" ? null : generator(start);
    for (const index of this.#order) {
      const places = this.#places(index);
      const wide = (this.#groups.groups[index] as ProcessorGroup).width > this.#device.processors / 2;
      const share = random ? random() : wide ? 0 : 1;
      const base = places[Math.min(Math.floor(share * places.length), places.length - 1)] as number;
      this.#bases[index] = base;
      this.#loads.add(index, base, 1);
    }
  }

  /** Moves every group to its cheapest place, given all others. True when any moved. */
  improve(): boolean {
    let moved = false;
    for (const index of this.#order) {
      const places = this.#places(index);
      if (places.length === 1) continue;
      const before = this.#bases[index] as number;
      this.#loads.add(index, before, -1);
      this.#settle(index, places);
      if (this.#bases[index] !== before) moved = true;
    }
    return moved;
  }

  choice(): ProcessorChoice {
    const { tensors } = this.#layout;
    const masks = this.#groups.groupOf.map((_, node) => this.#maskOf(node));
    const tensorMasks = masks.slice(0, tensors.length);
    return {
      tensors: tensorMasks,
      layers: masks.slice(tensors.length),
      instances: tensorMasks.map((mask, index) => this.#instances(mask, index)),
      shares: this.#loads.shares,
      violations: this.#violations(),
    };
  }

  /** With a quad FIFO the input is delivered to the same processors of all quadrants. */
  #instances(mask: bigint, tensor: number): number {
    const instances = instancesOf(mask, this.#device);
    if (tensor > 0 || this.#layout.network.options.fifo !== "fast-quad") return instances;
    return [0, 4, 8, 12].reduce((all, shift) => all | (instances << shift), 0);
  }

  #places(index: number): number[] {
    const group = this.#groups.groups[index] as ProcessorGroup;
    if (group.fixed !== null || group.mask !== null) return [group.fixed ?? 0];
    const { grain, quadrants } = this.#goal;
    const room = Math.max(quadrants * this.#device.processorsPerQuadrant - group.width, 0);
    return Array.from({ length: Math.floor(room / grain) + 1 }, (_, place) => place * grain);
  }

  #settle(index: number, places: readonly number[]): void {
    let best = places[0] as number;
    let lowest = Number.POSITIVE_INFINITY;
    for (const place of places) {
      this.#bases[index] = place;
      this.#loads.add(index, place, 1);
      const cost = this.#loads.cost(this.#goal.priorities) + this.#violations() * impossible;
      this.#loads.add(index, place, -1);
      if (cost < lowest - 1e-9) [best, lowest] = [place, cost];
    }
    this.#bases[index] = best;
    this.#loads.add(index, best, 1);
  }

  /** Rules about the arrangement as a whole: values cannot change quadrant, and quadrant 0 must work. */
  #violations(): number {
    let count = this.#usesFirstQuadrant() ? 0 : 1;
    for (const [input, output] of this.#staying) {
      if (this.#sameSpan(input, output)) continue;
      if (!staysInQuadrants(this.#maskOf(input), this.#maskOf(output), this.#device)) count++;
    }
    return count;
  }

  #usesFirstQuadrant(): boolean {
    const { tensors } = this.#layout;
    const last = tensors.length - 1;
    for (let node = last; node < this.#groups.groupOf.length; node++) {
      if (this.#baseOf(node) < this.#device.processorsPerQuadrant) return true;
    }
    return false;
  }

  #sameSpan(a: number, b: number): boolean {
    return this.#groups.groupOf[a] === this.#groups.groupOf[b] && this.#spanOf(a).position === this.#spanOf(b).position;
  }

  #spanOf(node: number): ProcessorSpan {
    const group = this.#groups.groups[this.#groups.groupOf[node] as number] as ProcessorGroup;
    return group.spans.find((span) => span.node === node) as ProcessorSpan;
  }

  #baseOf(node: number): number {
    return (this.#bases[this.#groups.groupOf[node] as number] as number) + this.#spanOf(node).position;
  }

  #maskOf(node: number): bigint {
    const index = this.#groups.groupOf[node] as number;
    return spanMask(this.#groups.groups[index] as ProcessorGroup, this.#spanOf(node), this.#bases[index] as number);
  }
}
