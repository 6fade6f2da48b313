import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Shape } from "../model.ts";
import type { Role } from "../types/call.ts";

/** A tensor as its readers see it. */
export interface TensorFacts {
  readonly shape: Shape;
  readonly role: Role;
}

/** What a node's facts depend on besides the node. */
export interface FactContext {
  readonly device: DeviceSpec;
  /** The first (mostly only) tensor the node reads. */
  readonly input: TensorFacts;
  readonly inputs: readonly TensorFacts[];
  /** Weight bytes of all earlier nodes. */
  readonly weightsBefore: number;
  /** Everything that reads the node's result streams, so that it is never stored whole. */
  readonly streamsOn: boolean;
}
