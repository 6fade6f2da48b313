import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Network } from "../ir/network.ts";
import type { UnloadItem } from "../ir/network-sequence.ts";
import { pinnedLayers } from "../placement/place-pinned.ts";
import { resultIn } from "./unload-results.ts";
import type { YamlNetwork } from "./yaml.ts";

/**
 * The network with what its model will say about execution and read-out. Pieces of memory that are results are called
 * by their names. Without pins nobody knows what lies where: snoop units watch addresses and are left out, and so are
 * pieces of memory that are no result (AI6212, all findings); jumps are not needed.
 */
export function keptSequence(
  network: Network,
  description: YamlNetwork,
  device: DeviceSpec,
  pins: boolean,
): { readonly network: Network; readonly diagnostics: readonly Diagnostic[] } {
  const places = network.unload === undefined ? null : pinnedLayers(network, device);
  const named = (network.unload ?? []).map((item) =>
    item.kind === "tensor" || places === null ? item : (resultIn(item, network, places, device) ?? item),
  );
  if (pins) {
    const items = named.map((item, i) => (namesOutput(item, network) ? item : (network.unload?.[i] as UnloadItem)));
    return { network: items.length === 0 ? network : { ...network, unload: items }, diagnostics: [] };
  }
  const { sequence: _, unload: __, ...rest } = network;
  const kept = named.filter((item) => item.kind === "tensor");
  const readOut = new Set(kept.map(({ layer }) => layer));
  const layers = network.layers.map((layer) => (readOut.has(layer.index) ? { ...layer, isOutput: true } : layer));
  const lost = named.flatMap((item, i) => (item.kind === "memory" ? [i] : []));
  return {
    network: { ...rest, layers, ...(kept.length === 0 ? {} : { unload: kept }) },
    diagnostics: [...withoutSnoop(description), ...lost.map((index) => withoutMemory(description, index))],
  };
}

const namesOutput = (item: UnloadItem, network: Network): boolean =>
  item.kind === "tensor" && network.layers[item.layer]?.isOutput === true;

const leftOut = (message: string, location: Diagnostic["location"] & object): Diagnostic => ({
  code: "AI6212",
  severity: "warning",
  message,
  location,
});

const unknownPlaces = "without pins, what lies at an address is not known";

function withoutSnoop({ layers, snoop, snoopAt }: YamlNetwork): Diagnostic[] {
  const keys = ["snoop_sequence", "simulated_sequence"] as const;
  const inLayers = layers.flatMap(({ values, places, at }) =>
    keys.flatMap((key) =>
      values[key] === undefined ? [] : [leftOut(`'${key}' is left out: ${unknownPlaces}`, places[key] ?? at)],
    ),
  );
  return [...inLayers, ...(snoop === null ? [] : [leftOut(`'snoop' is left out: ${unknownPlaces}`, snoopAt)])];
}

function withoutMemory({ unload, at }: YamlNetwork, index: number): Diagnostic {
  const message = `item ${index} of 'unload' is left out: it is no layer's result, and ${unknownPlaces}`;
  return leftOut(message, unload[index]?.at ?? at);
}

/** Why pins stay in a model that was to have none: its description means addresses, as a first finding says. */
export const pinsStay = ({ location }: Diagnostic): Diagnostic => ({
  code: "AI6212",
  severity: "warning",
  message: "--no-pins is left out: snoop units, and memory that is read out, mean addresses",
  ...(location === undefined ? {} : { location }),
  hint: "Remove them from the description to have its layers placed anew.",
});
