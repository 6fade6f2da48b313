import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { registerOrder } from "../ir/network-sequence.ts";
import type { Placement } from "../ir/placement.ts";
import { bufferEntries, describedBuffer } from "./description-buffer.ts";
import { describedLayer, type DescriptionEntry, type DescriptionValue } from "./description-layer.ts";
import { snoopLines, unloadEntries } from "./description-sequence.ts";
import { weightOwners } from "./weight-owners.ts";

/** The YAML of a placed network; `comments` stand in front, one per line. */
export function descriptionText(
  placement: Placement,
  device: DeviceSpec,
  title: string,
  names: readonly string[],
  comments: readonly string[],
): string {
  const { network, layers: places } = placement;
  const owners = weightOwners(network);
  const buffer = describedBuffer(network, names);
  const unload = unloadEntries(placement, device);
  const lines = registerOrder(network).map((i, number) => {
    const [layer, place] = [network.layers[i]!, places[i]!];
    const entries = describedLayer({ network, layer, place, names, weightOwner: owners[i] ?? null, buffer });
    const { input, output } = layer;
    const sizes = [input, output].map(({ channels, height, width }) => `${channels}x${height}x${width}`);
    return [`  # Layer ${number}: ${sizes.join(" -> ")}`, ...layerLines(entries)].join("\n");
  });
  const head = [
    "---",
    ...comments.map((line) => `# ${line}`),
    "",
    `arch: ${title}`,
    `dataset: ${title}`,
    "",
    ...(buffer === null ? [] : ["data_buffer:", ...layerLines(bufferEntries(buffer, places)), ""]),
    ...snoopLines(network),
    ...(unload.length === 0 ? [] : ["unload:", ...unload.flatMap(layerLines), ""]),
    "layers:",
  ];
  return `${[...head, lines.join("\n\n")].join("\n")}\n`;
}

const layerLines = (entries: readonly DescriptionEntry[]): string[] =>
  entries.map(([key, value], i) => `${i === 0 ? "  - " : "    "}${key}: ${valueText(value)}`);

function valueText(value: DescriptionValue): string {
  if (typeof value === "bigint") return `0x${value.toString(16).padStart(4, "0")}`;
  if (typeof value === "object") return `[${value.join(", ")}]`;
  return String(value);
}
