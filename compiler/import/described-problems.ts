import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Network } from "../ir/network.ts";
import { verifyNetwork } from "../ir/verify-network.ts";
import { pinnedLayers } from "../placement/place-pinned.ts";
import { verifyExtents } from "../placement/verify-placement-extents.ts";
import { verifyRules } from "../placement/verify-placement-rules.ts";

/** What findings of a description make the verifiers say once more. */
const repeated: ReadonlyMap<string, string> = new Map([
  ["AI1805", "AI2503"],
  ["AI6230", "AI1521"],
  ...["AI4101", "AI4102", "AI4103", "AI4104", "AI4110", "AI4111", "AI4112"].map((code) => [code, "AI1522"] as const),
]);

/** What weights of other channels than a layer gets make the verifiers say about that layer. */
const ofOtherChannels: ReadonlySet<string> = new Set(["AI1521", "AI3020"]);

/** Sizes of which nothing follows. */
const contradictions: ReadonlySet<string> = new Set(["AI1520", "AI1521", "AI1805", "AI1807"]);

/**
 * What becomes of operators that share a layer, stream, or read the input together. Where layers need not stay as
 * described, the compiler makes others of the same operators, and what it makes is judged.
 */
const ofLayers: ReadonlySet<string> = new Set(
  "AI2501 AI2513 AI2515 AI2518 AI2519 AI2520 AI2521 AI2523 AI2527 AI2529 AI2530 AI2532".split(" "),
);

interface Circumstances {
  /** Layers stay as described. */
  readonly keepsPlaces: boolean;
  /** The described processors and offsets matter. */
  readonly pinned: boolean;
  /** What was found already. */
  readonly known: readonly Diagnostic[];
}

/**
 * Everything the device cannot do with a described network that can be told without placing anything: errors of the
 * network's verifier and, for pinned layers, of processors, pointers and the ends of data. A build would find them,
 * one stage at a time. Layers that do not stay as described are judged as the compiler makes them, not here.
 */
export function describedProblems(
  network: Network,
  device: DeviceSpec,
  { keepsPlaces, pinned, known }: Circumstances,
): Diagnostic[] {
  const told = new Set(known.map(({ code }) => repeated.get(code)));
  const misfits = known.filter(({ code }) => code === "AI1807").map(({ location }) => location);
  const isNew = ({ severity, code, location }: Diagnostic): boolean =>
    severity === "error" &&
    !told.has(code) &&
    !(ofOtherChannels.has(code) && misfits.includes(location)) &&
    (keepsPlaces || !ofLayers.has(code));
  const found = verifyNetwork(network, device).filter(isNew);
  const layers = pinned ? pinnedLayers(network, device) : null;
  if (layers === null) return found;
  const rules = verifyRules(network, layers, device).filter(isNew);
  const sized = ![...known, ...found].some(({ code }) => contradictions.has(code));
  return [...found, ...rules, ...(sized ? verifyExtents(network, layers, device) : [])];
}
