import { bitsOf } from "./geometry.ts";
import type { Layer } from "./network.ts";
import type { BiasPlacement, LayerPlacement, Placement, WeightPlacement } from "./placement.ts";

/** The placement as text, one line per layer; the same placement always prints the same. Offsets are hexadecimal. */
export function printPlacement(placement: Placement): string {
  const { network } = placement;
  const lines = [`placement ${network.name} (${network.device}, ${network.layers.length} layers)`];
  for (const layer of network.layers) {
    const place = placement.layers[layer.index] as LayerPlacement;
    const weights = placement.weights.layers[layer.index] ?? null;
    const bias = placement.bias.layers[layer.index] ?? null;
    lines.push(`  ${layer.index} ${dataText(layer, place)}${weightText(weights)}${biasText(bias)}`);
  }
  lines.push(`weights: ${placement.weights.usedBytes} bytes`);
  lines.push(`bias: ${placement.bias.images.map((image) => image.length).join(" + ") || "0"} bytes`);
  return `${lines.join("\n")}\n`;
}

/** Processors as ranges: `0-3,8,16-19`. */
export function processorsText(mask: bigint): string {
  const ranges: string[] = [];
  const bits = bitsOf(mask);
  for (let start = 0; start < bits.length;) {
    let end = start;
    while (bits[end + 1] === (bits[end] as number) + 1) end++;
    ranges.push(end === start ? `${bits[start]}` : `${bits[start]}-${bits[end]}`);
    start = end + 1;
  }
  return ranges.join(",") || "none";
}

const hex = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`;

function dataText(layer: Layer, place: LayerPlacement): string {
  const input = `P${processorsText(place.processors)} @${hex(place.inputOffset)}${gapText(place.readGap)}`;
  const output = `P${processorsText(place.outputProcessors)} @${hex(place.outputOffset)}${gapText(place.writeGap)}`;
  return `${layer.name}: ${input} -> ${output}`;
}

const gapText = (gap: number): string => (gap === 0 ? "" : ` gap ${gap}`);

function weightText(weights: WeightPlacement | null): string {
  if (weights === null) return "";
  const shared = weights.sharedWith === null ? "" : ` of layer ${weights.sharedWith}`;
  return `; weights ${weights.column}+${weights.length}${shared}`;
}

function biasText(bias: BiasPlacement | null): string {
  if (bias === null) return "";
  const quadrant = bias.quadrant === "all" ? "all quadrants" : `quadrant ${bias.quadrant}`;
  const offset =
    bias.quadrant === "all" ? bias.offsets.map((value) => value ?? "-").join("/") : bias.offsets[bias.quadrant];
  return `; bias ${quadrant} @${offset}`;
}
