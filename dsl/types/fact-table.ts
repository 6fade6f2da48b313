import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Conv2dFacts } from "../operators/conv2d.ts";
import type { CallOf } from "./call.ts";

/** Facts by operator; only the entry that is looked up is ever worked out. */
export interface FactTable<C extends CallOf, Spec extends DeviceSpec> {
  readonly conv2d: Conv2dFacts<C, Spec>;
}
