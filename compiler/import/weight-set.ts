import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { BatchNormConvention } from "../passes/weights.ts";
import { pytorchConvention } from "../passes/weights.ts";
import type { BatchNormSet, BatchNormSite } from "./batch-norm-weights.ts";
import { batchNormNames, batchNormParts, batchNormsFromCheckpoint, readBatchNorms } from "./batch-norm-weights.ts";
import { fileDiagnostic } from "./byte-reader.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { checkpointLayers } from "./checkpoint-layers.ts";
import { allFinite, isInteger, elementTypes } from "./element-type.ts";
import type { WeightTensor } from "./layer-weights.ts";
import type { SafetensorsFile, SafetensorsOutput, SafetensorsTensor } from "./safetensors.ts";

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

/** What a file gives to a model, by operator name. */
export interface StoredWeights {
  readonly weights: WeightSet;
  readonly batchNorms: BatchNormSet;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Gives the n-th weights of a checkpoint to the n-th operator and the n-th statistics to the n-th batch
 * normalization: names in checkpoints follow no rule. Too few weights: AI4106 error; some left over: AI4106 warning.
 * Statistics that do not fit: AI4115, AI4116.
 */
export function weightSetFromCheckpoint(
  checkpoint: Checkpoint,
  operators: readonly string[],
  sites: readonly BatchNormSite[] = [],
): StoredWeights {
  const { layers, diagnostics } = checkpointLayers(checkpoint, { ignoreBatchNorm: true });
  const weights = new Map<string, OperatorWeights>();
  for (const [i, operator] of operators.entries()) {
    const layer = layers[i];
    if (layer === undefined) break;
    const { weights: data, shape, bias, weightBits, outputShift, finalScale, quantized } = layer;
    weights.set(operator, { weight: { shape, data }, bias, weightBits, outputShift, finalScale, quantized });
  }
  const norms = batchNormsFromCheckpoint(checkpoint, layers, operators, sites);
  const count = checkCount(checkpoint, layers.length, operators.length);
  const found = count ? [count] : [];
  return { weights, batchNorms: norms.batchNorms, diagnostics: [...diagnostics, ...found, ...norms.diagnostics] };
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
 * `<operator>.weight_bits`, `.output_shift` and `.final_scale`. Integers are quantized weights. A batch normalization
 * has `<operator>.running_mean` and `.running_var`, `.weight` and `.bias` if it learned them, and as metadata
 * `.epsilon` and `.factor` where they are not PyTorch's 1e-5 and 1. Anything else in the file: AI6104.
 */
export function weightSetFromSafetensors(file: SafetensorsFile, fileName: string): StoredWeights {
  const problems: string[] = [];
  const norms = batchNormNames(file.tensors);
  const weights = new Map<string, OperatorWeights>();
  for (const [name, tensor] of file.tensors) {
    const [operator, part] = splitName(name);
    if (norms.has(operator)) {
      if (!isBatchNormPart(part)) problems.push(`'${name}' is no part of a batch normalization`);
    } else if (part === "weight") {
      weights.set(operator, operatorWeights(file, operator, tensor, problems));
    } else if (part !== "bias" || !file.tensors.has(`${operator}.weight`)) {
      problems.push(`'${name}' is neither '<operator>.weight' nor the bias of one`);
    }
  }
  for (const [name, text] of file.metadata) {
    const [operator, part] = splitName(name);
    const entry = weights.get(operator);
    if (entry === undefined || !isNumberKey(part)) continue;
    if (/^-?\d{1,3}$/.test(text)) weights.set(operator, { ...entry, [numberKeys[part]]: Number(text) });
    else problems.push(`the metadata '${name}' is '${text.slice(0, 40)}'; it must be a small integer`);
  }
  const read = readBatchNorms(file.tensors, fileName, (name) => conventionOf(file, name, problems));
  const diagnostics = problems.map((message) =>
    fileDiagnostic("AI6104", fileName, message, "Use a weights file that ai8xc wrote."),
  );
  return { weights, batchNorms: read.batchNorms, diagnostics: [...diagnostics, ...read.diagnostics] };
}

const isBatchNormPart = (part: string): boolean => (batchNormParts as readonly string[]).includes(part);

function operatorWeights(
  file: SafetensorsFile,
  operator: string,
  { shape, data, dtype }: SafetensorsTensor,
  problems: string[],
): OperatorWeights {
  const bias = file.tensors.get(`${operator}.bias`);
  const quantized = isInteger(elementTypes[dtype]);
  if (bias && isInteger(elementTypes[bias.dtype]) !== quantized)
    problems.push(`weights and bias of '${operator}' must both be integers or neither`);
  if (!allFinite(data) || !allFinite(bias?.data ?? []))
    problems.push(`'${operator}' has values that are no finite numbers`);
  return {
    weight: { shape, data },
    bias: bias?.data ?? null,
    weightBits: null,
    outputShift: null,
    finalScale: null,
    quantized,
  };
}

function conventionOf(file: SafetensorsFile, name: string, problems: string[]): BatchNormConvention {
  const number = (key: keyof BatchNormConvention): number => {
    const text = file.metadata.get(`${name}.${key}`);
    if (text === undefined) return pytorchConvention[key];
    const value = Number(text.trim() === "" ? Number.NaN : text);
    if (Number.isFinite(value) && value >= 0) return value;
    problems.push(`the metadata '${name}.${key}' is '${text.slice(0, 40)}'; it must be a number that is not negative`);
    return pytorchConvention[key];
  };
  return { epsilon: number("epsilon"), factor: number("factor") };
}

function splitName(name: string): readonly [operator: string, part: string] {
  const dot = name.lastIndexOf(".");
  return [name.slice(0, Math.max(0, dot)), name.slice(dot + 1)];
}

/** The inverse of `weightSetFromSafetensors`, for `writeSafetensors`. */
export function weightSetToSafetensors(
  weights: WeightSet,
  batchNorms: BatchNormSet = new Map(),
): {
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
  for (const [name, { scale, offset, mean, variance, convention }] of batchNorms) {
    const parts = { weight: scale, bias: offset, running_mean: mean, running_var: variance };
    for (const [part, data] of Object.entries(parts)) {
      if (data !== null) tensors.set(`${name}.${part}`, { shape: [data.length], data, dtype: "float32" });
    }
    for (const [key, value] of Object.entries(convention ?? {})) {
      if (value !== pytorchConvention[key as keyof BatchNormConvention]) metadata.set(`${name}.${key}`, String(value));
    }
  }
  return { tensors, metadata };
}
