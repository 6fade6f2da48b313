import type { Placement } from "../ir/placement.ts";
import { bufferEntries, describedBuffer } from "./description-buffer.ts";
import { describedLayer, type DescriptionEntry, type DescriptionValue } from "./description-layer.ts";
import { weightOwners } from "./weight-owners.ts";

/** The YAML of a placed network; `comments` stand in front, one per line. */
export function descriptionText(
  { network, layers: places }: Placement,
  title: string,
  names: readonly string[],
  comments: readonly string[],
): string {
  const owners = weightOwners(network);
  const buffer = describedBuffer(network, names);
  const lines = network.layers.map((layer, i) => {
    const place = places[i]!;
    const entries = describedLayer({ network, layer, place, names, weightOwner: owners[i] ?? null, buffer });
    const { input, output } = layer;
    const sizes = [input, output].map(({ channels, height, width }) => `${channels}x${height}x${width}`);
    return [`  # Layer ${i}: ${sizes.join(" -> ")}`, ...layerLines(entries)].join("\n");
  });
  const head = [
    "---",
    ...comments.map((line) => `# ${line}`),
    "",
    `arch: ${title}`,
    `dataset: ${title}`,
    "",
    ...(buffer === null ? [] : ["data_buffer:", ...layerLines(bufferEntries(buffer, places)), ""]),
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
