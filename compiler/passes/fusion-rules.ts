import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { WeightedNode } from "../../dsl/model.ts";
import type { LayerEltwise, LayerPool } from "../../runtime/reference/layer.ts";
import { passesOf } from "../ir/geometry.ts";
import type { NetworkOptions } from "../ir/network.ts";
import { isWideDilation } from "./operators.ts";

/** What one layer would do, as far as the stages restrict each other. */
export interface StagePlan {
  /** Of one operand. */
  readonly channels: number;
  /** Of the data as read. */
  readonly columns: number;
  readonly eltwise: LayerEltwise | null;
  readonly pool: LayerPool | null;
  readonly flatten: boolean;
  readonly convolution:
    | (Pick<WeightedNode, "kind" | "kernel" | "dilation" | "groups"> & { readonly bias: boolean })
    | null;
}

/** Why the stages of a plan cannot share one hardware layer, or null when they can. */
export function whyNotTogether(plan: StagePlan, device: DeviceSpec, options: NetworkOptions): string | null {
  return (
    columnConflict(plan) ??
    eltwiseConflict(plan, device) ??
    flattenConflict(plan) ??
    dilationConflict(plan, device) ??
    transposeConflict(plan) ??
    dilatedPoolConflict(plan) ??
    roundingConflict(plan, options)
  );
}

export const poolsMoreThanOne = (pool: LayerPool | null): boolean =>
  pool !== null && (pool.size[0] > 1 || pool.size[1] > 1);

/** The 1-D hardware walks along one column, also where pooling would leave no other. */
const columnConflict = ({ columns, convolution }: StagePlan): string | null =>
  convolution?.kind === "conv1d" && columns > 1 ? "a 1-D convolution reads data of a single column" : null;

function eltwiseConflict({ channels, eltwise, pool, convolution }: StagePlan, device: DeviceSpec): string | null {
  if (eltwise === null) return null;
  const { operands, poolFirst } = eltwise;
  if (convolution?.kind === "conv1d") return "an element-wise operation cannot share a layer with a 1-D convolution";
  const channelPasses = passesOf(channels, device);
  if (channelPasses > 1 && (convolution !== null || pool !== null)) {
    // Two operands in two passes are read in the order of a single operand with four.
    const alike = operands === 2 && channelPasses === 2;
    if (!device.capabilities.multiPassEltwise && !alike) {
      return `${operands} operands of ${channels} channels can neither be pooled nor convolved in the same layer`;
    }
  }
  if (convolution?.bias && convolution.groups === 1 && !device.capabilities.eltwiseConvBias) {
    return "an element-wise operation cannot share a layer with a convolution that has a bias";
  }
  if (!poolFirst && operands > device.limits.operandsBeforePool && poolsMoreThanOne(pool)) {
    return `at most ${device.limits.operandsBeforePool} operands can be combined before pooling`;
  }
  return null;
}

function flattenConflict({ eltwise, pool, flatten, convolution }: StagePlan): string | null {
  if (!flatten) return null;
  if (pool !== null) return "flattening and pooling cannot share a layer";
  // Not forbidden, but nothing shows that the hardware combines operands while flattening.
  if (eltwise !== null) return "flattening and an element-wise operation cannot share a layer";
  if (convolution !== null && convolution.groups !== 1) return "flattened data cannot be convolved in groups";
  return null;
}

function dilationConflict({ eltwise, pool, flatten, convolution }: StagePlan, device: DeviceSpec): string | null {
  if (convolution === null || !isWideDilation(convolution, device)) return null;
  const others = pool !== null || eltwise !== null || flatten;
  return others ? "a 1-D convolution with wide dilation runs alone" : null;
}

/** The reference tools accept it, but no recorded program shows how rows are counted then. */
function transposeConflict({ pool, convolution }: StagePlan): string | null {
  const both = pool !== null && convolution?.kind === "convTranspose2d";
  return both ? "pooling in front of a transposed convolution is done in a layer of its own" : null;
}

/** The reference tools count dilated windows there, but take maxima of what lies side by side. */
function dilatedPoolConflict({ pool, convolution }: StagePlan): string | null {
  const dilated = pool?.kind === "max" && pool.dilation[0] > 1 && convolution?.kind === "conv1d";
  return dilated ? "in front of a 1-D convolution maxima are not dilated" : null;
}

/** A layer with a 1-D convolution truncates averages even when averages are to be rounded. */
function roundingConflict({ pool, convolution }: StagePlan, options: NetworkOptions): string | null {
  const differs = options.averagePoolRounding && pool?.kind === "average" && convolution?.kind === "conv1d";
  return differs ? "in front of a 1-D convolution averages are not rounded" : null;
}
