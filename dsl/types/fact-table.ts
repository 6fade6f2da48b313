import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { ChannelsFacts, CropFacts, FoldFacts, ReshapeFacts, SplitFacts } from "../operators/arrange.ts";
import type { Conv1dFacts } from "../operators/conv1d.ts";
import type { Conv2dFacts } from "../operators/conv2d.ts";
import type { ConvTranspose2dFacts } from "../operators/conv-transpose2d.ts";
import type { LinearFacts } from "../operators/linear.ts";
import type { Pool1dFacts, Pool2dFacts } from "../operators/pool.ts";
import type { RollingBufferFacts } from "../operators/rolling-buffer.ts";
import type { CallOf } from "./call.ts";

/** Facts by operator; only the entry that is looked up is ever worked out. */
export interface FactTable<C extends CallOf, Spec extends DeviceSpec> {
  readonly conv2d: Conv2dFacts<C, Spec>;
  readonly conv1d: Conv1dFacts<C, Spec>;
  readonly convTranspose2d: ConvTranspose2dFacts<C, Spec>;
  readonly linear: LinearFacts<C, Spec>;
  readonly maxPool2d: Pool2dFacts<C, Spec>;
  readonly avgPool2d: Pool2dFacts<C, Spec>;
  readonly maxPool1d: Pool1dFacts<C, Spec>;
  readonly avgPool1d: Pool1dFacts<C, Spec>;
  readonly fold: FoldFacts<C, Spec>;
  readonly reshape: ReshapeFacts<C, Spec>;
  readonly crop: CropFacts<C, Spec>;
  readonly channels: ChannelsFacts<C, Spec>;
  readonly split: SplitFacts<C, Spec>;
  readonly rollingBuffer: RollingBufferFacts<C, Spec>;
}
