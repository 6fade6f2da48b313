import { passesOf } from "../ir/geometry.ts";
import type { Findings, PassContext } from "./context.ts";
import { whyNotTogether } from "./fusion-rules.ts";
import { identityConvolution } from "./identity-convolution.ts";
import type { LayerGraph } from "./layer-graph.ts";
import { isPinned } from "./layer-graph.ts";

/** Gives pooling layers with too many channels a 1x1 identity convolution: in front of one, pooling has no such limit. */
export function convolvePools(context: PassContext, graph: LayerGraph, findings: Findings): void {
  const { device, options } = context;
  for (const entry of graph.layers) {
    const { layer } = entry;
    if (layer.pool === null || layer.convolution !== null || isPinned(entry)) continue;
    const { channels, height, width } = layer.pooled;
    const windowed = layer.pool.size[0] > 1 || layer.pool.size[1] > 1;
    if (!windowed || passesOf(channels, device) <= device.limits.poolPasses || (height === 1 && width === 1)) continue;
    const convolution = identityConvolution(channels);
    const { eltwise, pool, flatten } = layer;
    const plan = {
      channels,
      columns: layer.input.width,
      eltwise,
      pool,
      flatten,
      convolution: { ...convolution, bias: false },
    };
    // What cannot be repaired stays, and the verifier explains it.
    if (whyNotTogether(plan, device, options) !== null) continue;
    entry.layer = { ...layer, convolution };
    const message = `'${layer.name}' pools ${channels} channels; a 1x1 identity convolution makes that possible on ${device.name}`;
    findings.notice(
      "AI2551",
      layer.origins.at(-1) ?? null,
      message,
      "Put a convolution behind the pooling to avoid it.",
    );
  }
}
