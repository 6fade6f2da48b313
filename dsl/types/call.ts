import type { devices } from "../../targets/index.ts";
import type { DeviceName, DeviceSpec } from "../../targets/accelerator/device.ts";
import type { FirstBroken } from "./evaluate.ts";
import type { Rule } from "../rules/rule.ts";
import type { FactTable } from "./fact-table.ts";

/** Devices a model is for: one name or a list of names. */
export type Devices = DeviceName | readonly DeviceName[];

/** Channels, rows, columns. */
export type ShapeTuple = readonly [number, number, number];

/**
 * What a tensor is to the operators that read it:
 * the network input in one of two formats; the 8-bit result of a convolution or linear (`conv`), normalized,
 * activated or of 32 bits; a pooled, flattened or otherwise made (`plain`) tensor; some channels of one (`part`).
 */
export type Role = "CHW" | "HWC" | "conv" | "normalized" | "activated" | "wide" | "pooled" | "flat" | "part" | "plain";

/** A call as types: operator, the tensor it reads, its first argument and its options. */
export interface CallOf {
  readonly op: keyof FactTable<CallOf, DeviceSpec>;
  readonly shape: ShapeTuple;
  readonly role: Role;
  /** Weight bytes used before the call. */
  readonly used: number;
  /** First argument. */
  readonly argument: unknown;
  readonly options: unknown;
}

/** The literal record of a device: type-level limits are read from the same constants as the run-time ones. */
export type SpecOf<D extends DeviceName> = (typeof devices)[D];

type Capability = keyof DeviceSpec["capabilities"];

/** An option only some devices have: its type, or a sentence that names the device without it. */
export type WithCapability<D, C extends Capability, T, Sentence extends string> = [Lacking<D, C>] extends [never]
  ? T
  : `${Sentence} ${Lacking<D, C> & string}`;
type Lacking<D, C extends Capability> = D extends readonly (infer One)[]
  ? Lacking<One, C>
  : D extends DeviceName
    ? SpecOf<D>["capabilities"][C] extends true
      ? never
      : D
    : never;

/** The sentence of the first problem, device by device, or null. */
export type Problem<Rules extends readonly Rule[], C extends CallOf, D> = Devices extends D
  ? null
  : D extends readonly [infer First, ...infer Rest]
    ? FirstBroken<Rules, FactsFor<C, SpecOf<First & DeviceName>>> extends infer P extends string
      ? P
      : Problem<Rules, C, Rest>
    : D extends DeviceName
      ? FirstBroken<Rules, FactsFor<C, SpecOf<D>>>
      : null;

/** Facts of a call on a device. */
export type FactsFor<C extends CallOf, Spec extends DeviceSpec> = FactTable<C, Spec>[C["op"] &
  keyof FactTable<C, Spec>];

/** An option's type, or its default when it was left out. */
export type Option<O, K, Default> = K extends keyof O ? ([O[K]] extends [undefined] ? Default : O[K]) : Default;
