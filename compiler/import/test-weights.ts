import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { LayerWeights } from "../../runtime/reference/layer.ts";
import type { WeightFormat, WeightTarget, WeightTensor } from "./layer-weights.ts";
import { rangeOf, toLayerBias, toLayerWeights, weightDiagnostic } from "./layer-weights.ts";
import type { NpyArray } from "./npy.ts";

/**
 * The reference generator's layer tests bring their weights and biases as NumPy arrays (`arch: test`).
 * Kernels are stored outputs first and not turned, also for transposed convolutions.
 */

/** A weighted operator and the bits its weights are to have. */
export interface TestWeightTarget {
  readonly target: WeightTarget;
  readonly format: WeightFormat;
}

/**
 * Weights of every operator, in order, narrowed to the bits asked for. Too few arrays: AI4106; arrays left over are
 * ignored, as by the reference. Values beyond 8 bits: AI4111; wrong shape: AI4101.
 */
export function readTestWeights(
  records: readonly NpyArray[],
  targets: readonly TestWeightTarget[],
): { readonly weights: readonly (LayerWeights | null)[]; readonly diagnostics: readonly Diagnostic[] } {
  const tensors = splitByLayer(records);
  const diagnostics: Diagnostic[] = [];
  const weights = targets.map(({ target, format }, i) => {
    const tensor = tensors[i];
    const outcome =
      tensor === undefined ? missing(target, targets.length, tensors.length) : narrow(tensor, target, format);
    diagnostics.push(...outcome.diagnostics);
    return outcome.value ?? null;
  });
  return { weights, diagnostics };
}

type Outcome = { readonly value?: LayerWeights; readonly diagnostics: readonly Diagnostic[] };

function missing(target: WeightTarget, needed: number, present: number): Outcome {
  const message = `there are no weights for '${target.name}': the file has ${present} layers, the network needs ${needed}`;
  const hint = "Give the file that belongs to this network.";
  return { diagnostics: [weightDiagnostic("error", "AI4106", target, message, hint)] };
}

/** One array alone holds all layers along its first axis; of several, each is a layer. */
export function splitByLayer(records: readonly NpyArray[]): readonly WeightTensor[] {
  const [first] = records;
  if (records.length !== 1 || first === undefined) return records;
  const [layers = 1, ...shape] = first.shape;
  const size = first.data.length / layers;
  return Array.from({ length: layers }, (_, i) => ({ shape, data: first.data.subarray(i * size, (i + 1) * size) }));
}

/** Drops low bits until the largest value fits; +1/-1 weights keep only the sign. */
function narrow(tensor: WeightTensor, target: WeightTarget, format: WeightFormat): Outcome {
  const have = bitsNeeded(tensor.data);
  if (have > 8) {
    const { min, max } = rangeOf(tensor.data);
    const message = `the test weights of '${target.name}' go from ${min} to ${max}; they must fit 8 bits`;
    return { diagnostics: [weightDiagnostic("error", "AI4111", target, message, "Use values from -128 to 127.")] };
  }
  const shift = Math.max(0, have - format.bits);
  const data = Int8Array.from(tensor.data, (value) => (format.binary ? (value >= 0 ? 1 : -1) : value >> shift));
  // Kernels are in tool order already: to the checks below they look like those of an ordinary convolution.
  const kind = target.kind === "convTranspose2d" ? "conv2d" : target.kind;
  return toLayerWeights({ shape: tensor.shape, data }, { ...target, kind }, format);
}

/** Position of the highest bit that differs from the sign. */
const topBit = (value: number): number => 31 - Math.clz32(Math.abs(value < 0 ? value + 1 : value));

/** Bits of the smallest two's complement format for all values, at least 2 unless all are 0 or -1. */
function bitsNeeded(data: ArrayLike<number>): number {
  const { min, max } = rangeOf(data);
  return Math.max(topBit(min), topBit(max)) + 2;
}

/**
 * Biases of every operator, in order; null where the file ends or all values are zero.
 * Values are used as they are, whatever the bits of the weights.
 */
export function readTestBias(
  records: readonly NpyArray[],
  targets: readonly WeightTarget[],
): { readonly bias: readonly (Int8Array | null)[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const bias = targets.map((target, i) => {
    const record = records[i];
    if (record === undefined) return null;
    const outcome = toLayerBias(record.data, target);
    diagnostics.push(...outcome.diagnostics);
    return outcome.value ?? null;
  });
  return { bias, diagnostics };
}
