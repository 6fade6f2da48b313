import type { Diagnostic } from "../dsl/diagnostic.ts";
import type { Layer, Network } from "./ir/network.ts";

/**
 * AI4301 where all results of layers that ran with the sample are zero: every input might give them, so that the known
 * answer tests little. One warning for all layers; `tensors` are the results by layer index.
 */
export function checkZeroResults(
  { layers }: Network,
  tensors: readonly (ArrayLike<number> | undefined)[],
): readonly Diagnostic[] {
  const zero = layers.filter(({ index }) => isZero(tensors[index]));
  const first = zero[0];
  if (first === undefined) return [];
  const location = first.origins.at(-1)?.source;
  return [
    {
      code: "AI4301",
      severity: "warning",
      message: `all results of ${sentence(zero)} are zero for this sample; the known-answer test proves little`,
      hint: "give a typical sample with --sample, and look at weights and output shift of the first of these layers",
      ...(location === undefined ? {} : { location }),
    },
  ];
}

const isZero = (values: ArrayLike<number> | undefined): boolean =>
  values !== undefined && values.length > 0 && Array.prototype.every.call(values, (value: number) => value === 0);

const shownLayers = 4;

function sentence(layers: readonly Layer[]): string {
  const names = layers.slice(0, shownLayers).map(({ index, name }) => `${index} (${name})`);
  const rest = layers.length - names.length;
  return `layer${layers.length > 1 ? "s" : ""} ${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

/** What the code means. */
export const zeroResultCodes = {
  AI4301: {
    title: "All results of a layer are zero",
    explanation:
      "With zeros in the middle of the network, every input gives the same answer, and a program that computes " +
      "nothing would pass the known-answer test. Usual causes are a sample of zeros, weights that were quantized with " +
      "the wrong number of bits, or an output shift that leaves nothing. --no-warn-zero leaves the warning out.",
    example: "a sample of zeros for a network without bias",
  },
};
