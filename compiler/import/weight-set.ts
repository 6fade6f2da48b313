import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { fileDiagnostic } from "./byte-reader.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { CheckpointLayerOptions } from "./checkpoint-layers.ts";
import { checkpointLayers } from "./checkpoint-layers.ts";
import { isInteger, elementTypes } from "./element-type.ts";
import type { WeightTensor } from "./layer-weights.ts";
import type { SafetensorsFile, SafetensorsOutput } from "./safetensors.ts";

/** Weights of a model, by operator name. */
export type WeightSet = ReadonlyMap<string, OperatorWeights>;

export interface OperatorWeights {
  /** PyTorch's order; integers when `quantized`. */
  readonly weight: WeightTensor;
  /** One value per output; when `quantized` in units of bias memory, not range checked. */
  readonly bias: ArrayLike<number> | null;
  /** null: the file does not say. */
  readonly weightBits: number | null;
  /** Left shift without the implicit 8 - bits; null: the file does not say. */
  readonly outputShift: number | null;
  /** log2 of the factor from the stored to the real output; null: the file does not say. */
  readonly finalScale: number | null;
  /** false: numbers as trained, for the compiler to quantize. */
  readonly quantized: boolean;
}

/**
 * Gives the n-th weights of a checkpoint to the n-th operator: names in checkpoints follow no rule.
 * Too few weights: AI4106 error; some left over: AI4106 warning.
 */
export function weightSetFromCheckpoint(
  checkpoint: Checkpoint,
  operators: readonly string[],
  options?: CheckpointLayerOptions,
): { readonly weights: WeightSet; readonly diagnostics: readonly Diagnostic[] } {
  const { layers, diagnostics } = checkpointLayers(checkpoint, options);
  const weights = new Map<string, OperatorWeights>();
  for (const [i, operator] of operators.entries()) {
    const layer = layers[i];
    if (layer === undefined) break;
    const { weights: data, shape, bias, weightBits, outputShift, finalScale, quantized } = layer;
    weights.set(operator, { weight: { shape, data }, bias, weightBits, outputShift, finalScale, quantized });
  }
  const count = checkCount(checkpoint, layers.length, operators.length);
  return { weights, diagnostics: count ? [...diagnostics, count] : diagnostics };
}

function checkCount(checkpoint: Checkpoint, present: number, needed: number): Diagnostic | null {
  if (present === needed) return null;
  const message = `the network has ${needed} operators with weights, the checkpoint has weights for ${present}`;
  const hint = "Give the checkpoint of this network; weights are assigned in order.";
  const diagnostic = fileDiagnostic("AI4106", checkpoint.fileName, message, hint);
  return present < needed ? diagnostic : { ...diagnostic, severity: "warning" };
}

const numberKeys = { weight_bits: "weightBits", output_shift: "outputShift", final_scale: "finalScale" } as const;
const isNumberKey = (key: string): key is keyof typeof numberKeys => Object.hasOwn(numberKeys, key);

/**
 * Weights from our own files: tensors `<operator>.weight` and `<operator>.bias` and, as metadata, the texts
 * `<operator>.weight_bits`, `.output_shift` and `.final_scale`. Integers are quantized weights. Anything else in
 * the file: AI6104.
 */
export function weightSetFromSafetensors(
  file: SafetensorsFile,
  fileName: string,
): { readonly weights: WeightSet; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const complain = (message: string) => {
    diagnostics.push(fileDiagnostic("AI6104", fileName, message, "Use a weights file that ai8xc wrote."));
  };
  const weights = new Map<string, OperatorWeights>();
  for (const [name, { shape, data, dtype }] of file.tensors) {
    const [operator, part] = splitName(name);
    if (part === "bias" && file.tensors.has(`${operator}.weight`)) continue;
    if (part !== "weight") {
      complain(`'${name}' is neither '<operator>.weight' nor the bias of one`);
      continue;
    }
    const bias = file.tensors.get(`${operator}.bias`);
    const quantized = isInteger(elementTypes[dtype]);
    if (bias && isInteger(elementTypes[bias.dtype]) !== quantized)
      complain(`weights and bias of '${operator}' must both be integers or neither`);
    if (!data.every(Number.isFinite) || bias?.data.every(Number.isFinite) === false)
      complain(`'${operator}' has values that are no finite numbers`);
    weights.set(operator, {
      weight: { shape, data },
      bias: bias?.data ?? null,
      weightBits: null,
      outputShift: null,
      finalScale: null,
      quantized,
    });
  }
  for (const [name, text] of file.metadata) {
    const [operator, part] = splitName(name);
    const entry = weights.get(operator);
    if (entry === undefined || !isNumberKey(part)) continue;
    if (/^-?\d{1,3}$/.test(text)) weights.set(operator, { ...entry, [numberKeys[part]]: Number(text) });
    else complain(`the metadata '${name}' is '${text.slice(0, 40)}'; it must be a small integer`);
  }
  return { weights, diagnostics };
}

function splitName(name: string): readonly [operator: string, part: string] {
  const dot = name.lastIndexOf(".");
  return [name.slice(0, Math.max(0, dot)), name.slice(dot + 1)];
}

/** The inverse of `weightSetFromSafetensors`, for `writeSafetensors`. */
export function weightSetToSafetensors(weights: WeightSet): {
  readonly tensors: ReadonlyMap<string, SafetensorsOutput>;
  readonly metadata: ReadonlyMap<string, string>;
} {
  const tensors = new Map<string, SafetensorsOutput>();
  const metadata = new Map<string, string>();
  for (const [operator, entry] of weights) {
    const dtype = entry.quantized ? "int8" : "float32";
    tensors.set(`${operator}.weight`, { ...entry.weight, dtype });
    if (entry.bias) tensors.set(`${operator}.bias`, { shape: [entry.bias.length], data: entry.bias, dtype });
    for (const [key, property] of Object.entries(numberKeys)) {
      const value = entry[property];
      if (value !== null) metadata.set(`${operator}.${key}`, String(value));
    }
  }
  return { tensors, metadata };
}
