import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import type { Network } from "../ir/network.ts";
import { verifyNetwork } from "../ir/verify-network.ts";
import { pinnedLayers } from "../placement/place-pinned.ts";
import { verifyExtents } from "../placement/verify-placement-extents.ts";
import { verifyRules } from "../placement/verify-placement-rules.ts";

/** What findings of a description make the verifiers say once more. */
const repeated: Readonly<Record<string, string>> = {
  AI1805: "AI2503",
  AI6230: "AI1521",
  AI4101: "AI1522",
  AI4102: "AI1522",
  AI4103: "AI1522",
  AI4104: "AI1522",
  AI4110: "AI1522",
  AI4111: "AI1522",
  AI4112: "AI1522",
};

interface Circumstances {
  /** The described processors and offsets matter. */
  readonly pinned: boolean;
  /** Layers are executed in the order of their numbers. */
  readonly inOrder: boolean;
  /** What was found already. */
  readonly known: readonly Diagnostic[];
}

/**
 * Everything the device cannot do with a described network that can be told without placing anything: errors of the
 * network's verifier and, for pinned layers, of processors, pointers and the ends of data. A build would find them,
 * one stage at a time.
 */
export function describedProblems(
  network: Network,
  device: DeviceSpec,
  { pinned, inOrder, known }: Circumstances,
): Diagnostic[] {
  const told = new Set(known.map(({ code }) => repeated[code]));
  // The verifier takes layers in order; what a layer reads was resolved in the order of execution.
  if (!inOrder) told.add("AI1520");
  const found = verifyNetwork(network, device).filter(({ severity, code }) => severity === "error" && !told.has(code));
  const layers = pinned ? pinnedLayers(network, device) : null;
  if (layers === null) return found;
  const rules = verifyRules(network, layers, device);
  const sound = !hasErrors([...known, ...found, ...rules]);
  return [...found, ...rules, ...(sound ? verifyExtents(network, layers, device) : [])];
}
