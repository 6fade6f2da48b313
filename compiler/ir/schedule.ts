import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { Network } from "./network.ts";

/** The network with everything that follows from its order: passes, hardware geometry, live ranges. */
export interface Schedule {
  readonly network: Network;
  readonly layers: readonly ScheduledLayer[];
  /** One per tensor that occupies data memory. */
  readonly tensors: readonly LiveTensor[];
}

export interface ScheduledLayer {
  /** Passes of at most 64 channels, and processors used per pass. */
  readonly inputPasses: number;
  readonly inputProcessors: number;
  readonly outputPasses: number;
  readonly outputProcessors: number;
}

/**
 * `start` and `end` are layer indices, half open: written by layer `start`, last read by layer `end - 1`. -1: before the
 * first layer. Rolling buffers end behind the results of the network, which end with the last layer.
 */
export interface LiveTensor {
  readonly source: TensorSource;
  readonly start: number;
  readonly end: number;
}
