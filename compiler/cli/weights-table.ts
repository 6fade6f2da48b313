import type { Network } from "../ir/network.ts";
import { alignColumns } from "./summary.ts";

const header = ["layer", "", "outputs × inputs × kernel", "bits", "shift", "weights", "bias"];

/** One row per layer with weights: sizes, bits, total left shift, and the smallest and largest values. */
export function weightsTable(network: Network): string {
  const rows = network.layers.flatMap(({ index, name, convolution }) => {
    if (convolution === null || convolution.weights === null) return [];
    const { weights, bias, shift, kernel } = convolution;
    const shape = [weights.outputs, weights.inputs, ...kernel].join("×");
    const bits = weights.binary ? "binary" : String(weights.bits);
    return [[String(index), name, shape, bits, String(shift), rangeOf(weights.data), rangeOf(bias)]];
  });
  return `${[`weights of ${network.name}`, "", ...alignColumns([header, ...rows], [0, 3, 4])].join("\n")}\n\n`;
}

function rangeOf(values: Int8Array | null): string {
  if (values === null) return "none";
  const [least, most] = values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [127, -128],
  );
  return `${least} to ${most}`;
}
