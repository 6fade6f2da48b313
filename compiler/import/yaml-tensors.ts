import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { YamlOptions, YamlWeights } from "./yaml-options.ts";
import type { YamlOrder, YamlSlot } from "./yaml-order.ts";
import type { YamlLayer, YamlOperator } from "./yaml-schema.ts";
import { splitByLayer } from "./test-weights.ts";
import { yamlError } from "./yaml-values.ts";

/** The stored weights a layer uses, and what they say about its channels. */
export interface YamlTensor {
  /** Position among the stored tensors. */
  readonly position: number;
  /** Layer the tensor belongs to: another one when weights are shared. */
  readonly owner: number;
  readonly shape: readonly number[];
  /** Inputs of all groups together; of a flattened layer channels x rows x columns. */
  readonly inputs: number;
  readonly outputs: number;
}

const computes = (operator: YamlOperator): boolean => !["none", "add", "sub", "or", "xor"].includes(operator);

export const operatorOf = (layer: YamlLayer): YamlOperator => layer.values.operator ?? "conv2d";

/** The layer convolves: it has weights, unless it is a bypass. */
export const convolves = (layer: YamlLayer): boolean => computes(operatorOf(layer));

/**
 * Gives the n-th stored tensor to the n-th layer that has weights of its own, in the order of the description.
 * Too few tensors: AI1803. Surplus tensors are ignored.
 */
export function assignTensors(
  order: YamlOrder,
  weights: YamlWeights,
  options: YamlOptions,
): { readonly tensors: readonly (YamlTensor | null)[]; readonly diagnostics: readonly Diagnostic[] } {
  const shapes = weights.kind === "test" ? splitByLayer(weights.weights) : weights.layers;
  const diagnostics: Diagnostic[] = [];
  let position = weights.kind === "test" ? 0 : options.skipCheckpointLayers;
  const own = order.slots.map((slot) => {
    if (!convolves(slot.layer) || slot.layer.values.bypass === true || slot.weightSource !== null) return null;
    const stored = shapes[position];
    if (stored === undefined) {
      const message = `there are no weights for layer ${slot.index}: the file has ${shapes.length} tensors`;
      diagnostics.push(yamlError("AI1803", message, slot.layer.at, "Give the file that belongs to this network."));
      return null;
    }
    return describeTensor(slot, stored.shape, position++, weights.kind);
  });
  return { tensors: order.slots.map((slot) => own[ownerOf(slot, order)] ?? null), diagnostics };
}

/** Follows `weight_source`, of which several may follow each other, at most once around. */
function ownerOf(slot: YamlSlot, order: YamlOrder): number {
  let owner = slot;
  for (let step = 0; owner.weightSource !== null && step < order.slots.length; step++) {
    owner = order.slots[owner.weightSource] ?? owner;
  }
  return owner.index;
}

function describeTensor(
  slot: YamlSlot,
  shape: readonly number[],
  position: number,
  kind: YamlWeights["kind"],
): YamlTensor {
  const groups = slot.layer.values.groups ?? 1;
  const [first = 1, second = 1] = shape;
  const base = { position, owner: slot.index, shape };
  if (operatorOf(slot.layer) !== "convTranspose2d") return { ...base, inputs: second * groups, outputs: first };
  // PyTorch keeps transposed kernels inputs first; test arrays have outputs first.
  const [inputs, outputs] = kind === "checkpoint" ? [first, second] : [second, first];
  return { ...base, inputs, outputs: outputs * groups };
}
