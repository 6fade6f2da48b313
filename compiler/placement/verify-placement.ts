import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Placement } from "../ir/placement.ts";
import type { ProgramOptions } from "../options.ts";
import { verifyData } from "./verify-placement-data.ts";
import { verifyExtents } from "./verify-placement-extents.ts";
import { verifyJumpPlaces } from "./verify-placement-jumps.ts";
import { verifyRings } from "./verify-placement-rings.ts";
import { verifyRules } from "./verify-placement-rules.ts";
import { verifyWeights } from "./verify-placement-weights.ts";

/**
 * Checks a placement from first principles, without anything the placer computed: processor maps, every byte that
 * is read, every result, streaming buffers, and the owners of weight and bias memory. Empty when all is well.
 * Streaming buffers are as long as `options` make them; default: `defaultProgramOptions`.
 */
export function verifyPlacement(placement: Placement, device: DeviceSpec, options?: ProgramOptions): Diagnostic[] {
  const rules = verifyRules(placement.network, placement.layers, device);
  const weights = verifyWeights(placement, device);
  if (hasErrors(rules)) return [...rules, ...weights];
  const { network, layers } = placement;
  const extents = verifyExtents(network, layers, device);
  const rings = verifyRings(network, layers, device, options);
  // Following the data of layers that reach beyond memory would only repeat that.
  if (hasErrors(extents)) return [...extents, ...rings, ...weights];
  return [...rules, ...verifyData(network, layers, device), ...verifyJumpPlaces(placement), ...rings, ...weights];
}
