import { invariant } from "../../dsl/diagnostic.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Layer, Network } from "../ir/network.ts";
import { registerPositions } from "../ir/network-sequence.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { pinnedLayers } from "../placement/place-pinned.ts";
import type { SourceCall } from "./model-source.ts";

const placeKeys = ["outputProcessors", "inputOffset", "outputOffset", "writeGap", "readGap"] as const;

/** The pins of every layer of a network whose memory is pinned: what would be assumed anyway is left out. */
export function pinTexts(network: Network, device: DeviceSpec): Readonly<Record<string, string>>[] {
  const wanted = placementOf(network, device);
  const assumed = placementOf(withoutPlaces(network), device);
  const positions = registerPositions(network);
  return network.layers.map((layer) => {
    const { index, pins } = layer;
    const [want, have] = [wanted[index] as LayerPlacement, assumed[index] as LayerPlacement];
    const options: Record<string, string> = { layer: `${positions[index]}`, processors: maskText(want.processors) };
    for (const key of placeKeys) {
      const value = want[key];
      const usual = key === "outputOffset" ? 0 : have[key];
      if (value !== usual) options[key] = typeof value === "bigint" ? maskText(value) : offsetText(key, value);
    }
    if (pins.biasQuadrants !== undefined) options["biasQuadrants"] = `[${pins.biasQuadrants.join(", ")}]`;
    return { ...options, ...manner(layer) };
  });
}

/** How a layer runs, as far as no operator of it has options that say it. */
function manner({ convolution, streaming, calcx4, readAhead, tcalc }: Layer): Record<string, string> {
  const alone = convolution === null;
  return {
    ...(alone && streaming ? { streaming: "true" } : {}),
    ...(alone && calcx4 ? { calcx4: "true" } : {}),
    ...(alone && readAhead ? { readAhead: "true" } : {}),
    ...(tcalc !== null && (alone || !readAhead) ? { tcalc: `${tcalc}` } : {}),
  };
}

/** An operator that has to share a layer with another one. */
export const layerPin = (layer: number): SourceCall => ({
  method: "pin",
  argument: null,
  options: { layer: `${layer}` },
});

function placementOf(network: Network, device: DeviceSpec): LayerPlacement[] {
  const layers = pinnedLayers(network, device);
  invariant(layers, "every layer of an imported network names its processors");
  return layers;
}

/** Input offsets follow from output offsets, so that these stay. */
function withoutPlaces(network: Network): Network {
  const layers = network.layers.map((layer) => {
    const { processors = 0n, outputOffset = 0 } = layer.pins;
    return { ...layer, pins: { processors, outputOffset } };
  });
  return { ...network, layers };
}

const maskText = (mask: bigint): string => `0x${mask.toString(16)}n`;
const offsetText = (key: string, value: number): string =>
  key.endsWith("Offset") ? `0x${value.toString(16).padStart(4, "0")}` : `${value}`;
