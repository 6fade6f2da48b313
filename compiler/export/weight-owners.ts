import type { Layer, Network } from "../ir/network.ts";
import { registerOrder } from "../ir/network-sequence.ts";

/**
 * For every layer the earlier one whose weights, bias and shift it uses, or null. A description shares all three or
 * none; layers that share only the kernels get their own copy of them.
 */
export function weightOwners(network: Network): readonly (number | null)[] {
  const described = registerOrder(network).map((index) => network.layers[index] as Layer);
  return network.layers.map((layer) => {
    const before = described.slice(0, described.indexOf(layer));
    return before.find((other) => sharesAll(other, layer))?.index ?? null;
  });
}

function sharesAll({ convolution: a, finalScale: scaleA }: Layer, { convolution: b, finalScale: scaleB }: Layer) {
  if (a === null || b === null || a.weights === null || a.weights !== b.weights) return false;
  const sameForm = a.kind === b.kind && a.groups === b.groups && a.shift === b.shift && scaleA === scaleB;
  return sameForm && sameBytes(a.bias, b.bias);
}

const sameBytes = (a: Int8Array | null, b: Int8Array | null): boolean =>
  a === b || (a !== null && b !== null && a.length === b.length && a.every((value, i) => value === b[i]));
