import type { Model } from "../../dsl/model.ts";
import type { Network } from "../ir/network.ts";
import { noNetworkEdits, type NetworkEdits } from "../options.ts";
import type { Pipeline } from "../pipeline.ts";
import { carryActivations } from "./carry-activations.ts";
import { dropNoOperations } from "./drop-no-operations.ts";
import { dropUnused } from "./drop-unused.ts";
import { editNetwork } from "./edit-network.ts";
import { foldBatchNorm } from "./fold-batch-norm.ts";
import { foldInput } from "./fold-input.ts";
import type { Sample } from "./fold-input.ts";
import { fuseLayers } from "./fuse-layers.ts";
import { legalize } from "./legalize.ts";
import { quantizeWeights } from "./quantize-weights.ts";
import type { NetworkWeights } from "./weights.ts";

export interface NetworkWithSample {
  readonly network: Network;
  /** In the network's input shape. */
  readonly sample: Sample | null;
}

/** From what the user wrote to hardware layers with integers, in the order the passes need each other. */
export function modelToNetwork(
  pipeline: Pipeline,
  given: {
    readonly model: Model;
    readonly weights: NetworkWeights;
    readonly sample: Sample | null;
    /** Default: none. */
    readonly edits?: Partial<NetworkEdits>;
  },
): NetworkWithSample {
  const used = pipeline.run(dropUnused, given.model);
  const needed = pipeline.run(dropNoOperations, used);
  const folded = pipeline.run(foldInput, { model: needed, sample: given.sample });
  const normalized = pipeline.run(foldBatchNorm, { model: folded.model, weights: given.weights });
  const weights = pipeline.run(quantizeWeights, { ...normalized, written: given.model });
  const carried = pipeline.run(carryActivations, { model: normalized.model, weights });
  const fused = pipeline.run(fuseLayers, carried);
  const network = pipeline.run(legalize, fused);
  if (given.edits === undefined || Object.keys(given.edits).length === 0) return { network, sample: folded.sample };
  const edits = { ...noNetworkEdits, ...given.edits };
  return { network: pipeline.run(editNetwork, { network, edits }), sample: folded.sample };
}
