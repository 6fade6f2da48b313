import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { LayerWeights } from "../../runtime/reference/layer.ts";
import type { CheckpointLayer } from "./checkpoint-layers.ts";
import type { WeightFormat, WeightTarget } from "./layer-weights.ts";
import { decideFormat, toLayerBias, toLayerWeights } from "./layer-weights.ts";
import type { NpyArray } from "./npy.ts";
import { readTestBias, readTestWeights, splitByLayer } from "./test-weights.ts";
import type { YamlGeometry } from "./yaml-geometry.ts";
import type { YamlOptions, YamlWeights } from "./yaml-options.ts";
import type { YamlOrder, YamlSlot } from "./yaml-order.ts";
import type { YamlTensor } from "./yaml-tensors.ts";
import { yamlError } from "./yaml-values.ts";

/** Integer weights of a layer with all that a weights file says about it. */
export interface YamlLayerWeights {
  readonly weights: LayerWeights;
  readonly bias: Int8Array | null;
  /** Without the implicit 8 - bits. */
  readonly outputShift: number;
  readonly finalScale: number;
}

interface Owner {
  readonly slot: YamlSlot;
  readonly tensor: YamlTensor;
  readonly target: WeightTarget;
}

/**
 * Converts the stored tensors for the layers that own them; layers that share weights get the owner's.
 * Numbers that are not quantized: AI4112. A checkpoint of another network: AI4113.
 */
export function convertWeights(
  order: YamlOrder,
  tensors: readonly (YamlTensor | null)[],
  geometry: ReadonlyMap<number, YamlGeometry>,
  source: YamlWeights,
  device: DeviceSpec,
  options: YamlOptions,
): { readonly weights: readonly (YamlLayerWeights | null)[]; readonly diagnostics: readonly Diagnostic[] } {
  const owners = order.slots.flatMap((slot): Owner[] => {
    const tensor = tensors[slot.index] ?? null;
    const layer = geometry.get(slot.index);
    if (tensor === null || layer === undefined || tensor.owner !== slot.index) return [];
    return [{ slot, tensor, target: targetOf(slot, layer, tensor) }];
  });
  const { values, diagnostics } =
    source.kind === "test" ? fromTests(owners, source, options) : fromCheckpoint(owners, source, device, options);
  const byOwner = new Map(owners.map(({ slot }, i) => [slot.index, values[i] ?? null]));
  return {
    weights: tensors.map((tensor) => (tensor === null ? null : (byOwner.get(tensor.owner) ?? null))),
    diagnostics,
  };
}

function targetOf(slot: YamlSlot, layer: YamlGeometry, tensor: YamlTensor): WeightTarget {
  const { convolution, flatten, input, pooled } = layer;
  const groups = convolution?.groups ?? 1;
  return {
    name: slot.name,
    kind: convolution?.kind ?? "conv2d",
    outputs: tensor.outputs,
    inputs: (flatten ? input.channels * pooled.height * pooled.width : input.channels) / groups,
    groups,
    kernel: convolution?.kernel ?? [1, 1],
    location: slot.layer.at,
  };
}

function declaredFormat(slot: YamlSlot): WeightFormat | null {
  const bits = slot.layer.values.quantization;
  if (bits === undefined) return null;
  return bits === -1 ? { bits: 1, binary: true } : { bits: bits as WeightFormat["bits"], binary: false };
}

const keepsBias = (slot: YamlSlot, options: YamlOptions): boolean =>
  options.noBias !== "all" && !options.noBias.includes(slot.index);

type Converted = {
  readonly values: readonly (YamlLayerWeights | null)[];
  readonly diagnostics: readonly Diagnostic[];
};

function fromTests(owners: readonly Owner[], source: YamlWeights & { kind: "test" }, options: YamlOptions): Converted {
  const formats = owners.map(({ slot }) => declaredFormat(slot) ?? { bits: 8 as const, binary: false });
  const targets = owners.map(({ target }, i) => ({ target, format: formats[i] as WeightFormat }));
  const { weights, diagnostics } = readTestWeights(testRecords(owners, source.weights), targets);
  const bias = readTestBias(
    source.bias ?? [],
    owners.map(({ target }) => target),
  );
  const values = owners.map(({ slot }, i): YamlLayerWeights | null => {
    const layer = weights[i];
    if (!layer) return null;
    return {
      weights: layer,
      bias: keepsBias(slot, options) ? (bias.bias[i] ?? null) : null,
      outputShift: slot.layer.values.output_shift ?? 0,
      finalScale: 0,
    };
  });
  return { values, diagnostics: [...diagnostics, ...bias.diagnostics] };
}

/**
 * The arrays of the layers. Grouped transposed kernels come as [outputs / groups][inputs], which for one channel per
 * group holds the numbers in the order of [outputs][1].
 */
function testRecords(owners: readonly Owner[], records: readonly NpyArray[]): NpyArray[] {
  const arrays = splitByLayer(records).map((tensor, position): NpyArray => {
    const target = owners.find((owner) => owner.tensor.position === position)?.target;
    const regroup = target !== undefined && target.kind === "convTranspose2d" && target.groups > 1;
    const shape = regroup ? [target.outputs, target.inputs, ...tensor.shape.slice(2)] : tensor.shape;
    return { shape, dtype: "int64", data: Float64Array.from(tensor.data) };
  });
  // A single array would be taken for all layers in one.
  return arrays.length === 1 ? arrays.map((array) => ({ ...array, shape: [1, ...array.shape] })) : arrays;
}

function fromCheckpoint(
  owners: readonly Owner[],
  source: YamlWeights & { kind: "checkpoint" },
  device: DeviceSpec,
  options: YamlOptions,
): Converted {
  const diagnostics: Diagnostic[] = [];
  const values = owners.map((owner): YamlLayerWeights | null => {
    const stored = source.layers[owner.tensor.position];
    if (stored === undefined) return null;
    if (!stored.quantized) {
      const message = `the weights '${stored.key}' in ${source.fileName} are not quantized`;
      diagnostics.push(yamlError("AI4112", message, owner.slot.layer.at, "Quantize the checkpoint first."));
      return null;
    }
    return convertStored(owner, stored, device, options, diagnostics);
  });
  return { values, diagnostics };
}

function convertStored(
  { slot, target }: Owner,
  stored: CheckpointLayer,
  device: DeviceSpec,
  options: YamlOptions,
  diagnostics: Diagnostic[],
): YamlLayerWeights | null {
  const { binaryWeights } = device.capabilities;
  const format = decideFormat(stored.weights, declaredFormat(slot), stored.weightBits, binaryWeights, target);
  diagnostics.push(...format.diagnostics);
  if (format.value === undefined) return null;
  const weights = toLayerWeights({ shape: stored.shape, data: stored.weights }, target, format.value);
  const bias = stored.bias !== null && keepsBias(slot, options) ? toLayerBias(stored.bias, target) : null;
  diagnostics.push(...weights.diagnostics, ...(bias?.diagnostics ?? []));
  if (weights.value === undefined) return null;
  return {
    weights: weights.value,
    bias: bias?.value ?? null,
    outputShift: slot.layer.values.output_shift ?? stored.outputShift ?? 0,
    finalScale: stored.finalScale ?? 0,
  };
}
