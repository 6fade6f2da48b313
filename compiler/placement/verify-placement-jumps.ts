import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Layer } from "../ir/network.ts";
import type { SnoopLink } from "../ir/network-sequence.ts";
import type { Placement } from "../ir/placement.ts";
import { layerProblem } from "./codes.ts";

/**
 * Where a jump lands, the layer reads what the layer before the jump has written: it must lie where the result that
 * was left out would be (AI3050).
 */
export const verifyJumpPlaces = (placement: Placement): Diagnostic[] =>
  (placement.network.sequence?.onSnoop ?? []).flatMap((link) => verifyLanding(placement, link));

function verifyLanding({ network, layers: places }: Placement, { layer, next }: SnoopLink): Diagnostic[] {
  const [from, to] = [network.layers[layer] as Layer, network.layers[next] as Layer];
  return to.sources.flatMap((source) => {
    if (source === "input" || source <= layer || source >= next) return [];
    const skipped = network.layers[source] as Layer;
    const [written, expected] = [places[layer], places[source]];
    const different = (["outputProcessors", "outputOffset", "writeGap"] as const).filter(
      (key) => written?.[key] !== expected?.[key],
    );
    if (different.length === 0) return [];
    const message = `when a snoop unit leads from ${from.name} to ${to.name}, this reads ${skipped.name}, which is left out; ${from.name} is stored elsewhere (${different.join(", ")})`;
    const hint = `Pin ${from.name} and ${skipped.name} to the same outputProcessors and outputOffset.`;
    return [layerProblem("AI3050", from, message, hint)];
  });
}
