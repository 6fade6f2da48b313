import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { BatchNormConvention, BatchNormWeights } from "../passes/weights.ts";
import { pytorchConvention } from "../passes/weights.ts";
import { fileDiagnostic } from "./byte-reader.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { CheckpointLayer } from "./checkpoint-layers.ts";
import type { WeightTensor } from "./layer-weights.ts";

/** Statistics by the name in front of `.running_mean`: an operator in our own files, a module in a checkpoint. */
export type BatchNormSet = ReadonlyMap<string, BatchNormWeights>;

/** A batch normalization of a model, and the operator with weights it follows; null when it follows none. */
export interface BatchNormSite {
  readonly name: string;
  readonly operator: string | null;
}

const meanSuffix = ".running_mean";
const varianceSuffix = ".running_var";

/** PyTorch's names; the count of training steps is stored, too, and has no meaning here. */
export const batchNormParts = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"] as const;

/** Names that have running statistics, in file order. */
export function batchNormNames(tensors: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const keys = [...tensors.keys()].filter((key) => key.endsWith(meanSuffix) || key.endsWith(varianceSuffix));
  return new Set(keys.map((key) => key.slice(0, key.lastIndexOf("."))));
}

/**
 * Statistics and affine parameters of every batch normalization in a file: `<name>.running_mean`, `.running_var`,
 * and, if it learned them, `.weight` and `.bias`, one value per channel each. What is incomplete or no number: AI4116.
 */
export function readBatchNorms(
  tensors: ReadonlyMap<string, WeightTensor>,
  fileName: string,
  conventionOf: (name: string) => BatchNormConvention,
): { readonly batchNorms: BatchNormSet; readonly diagnostics: readonly Diagnostic[] } {
  const batchNorms = new Map<string, BatchNormWeights>();
  const problems: string[] = [];
  for (const name of batchNormNames(tensors)) {
    const mean = tensors.get(name + meanSuffix);
    const variance = tensors.get(name + varianceSuffix);
    const scale = tensors.get(`${name}.weight`) ?? null;
    const offset = tensors.get(`${name}.bias`) ?? null;
    if (mean === undefined || variance === undefined) {
      problems.push(`'${name}' has only one of running_mean and running_var`);
      continue;
    }
    const problem = damage([mean, variance, scale, offset], variance);
    if (problem !== null) problems.push(`'${name}' ${problem}`);
    batchNorms.set(name, {
      scale: scale?.data ?? null,
      offset: offset?.data ?? null,
      mean: mean.data,
      variance: variance.data,
      convention: conventionOf(name),
    });
  }
  const hint = "Save the trained model again; statistics are one finite number per channel.";
  const message = `statistics of batch normalization are damaged: ${problems.join("; ")}`;
  return { batchNorms, diagnostics: problems.length === 0 ? [] : [fileDiagnostic("AI4116", fileName, message, hint)] };
}

function damage(parts: readonly (WeightTensor | null)[], variance: WeightTensor): string | null {
  const present = parts.filter((part) => part !== null);
  const lengths = new Set(present.map(({ data }) => data.length));
  if (present.some(({ shape }) => shape.length !== 1) || lengths.size > 1) {
    return `has parts of shapes ${present.map(({ shape }) => `[${shape.join(", ")}]`).join(", ")}`;
  }
  if (!present.every(({ data }) => Array.from(data).every(Number.isFinite))) return "has values that are no numbers";
  return Array.from(variance.data).some((value) => value < 0) ? "has a negative variance" : null;
}

/** The vendor's training scripts until 2024: the normalized output is divided by 4, in training and when folding. */
const dividedByFour: BatchNormConvention = { epsilon: 1e-5, factor: 0.25 };

const newerKeys = [".activation_threshold", ".final_scale", ".clamp_activation"] as const;
const olderKeys = [".output_shift", ".quantize_activation", ".adjust_output_shift", ".shift_quantile"] as const;

/**
 * The convention of a checkpoint follows from what its modules store. Thresholds of activations came with the newer
 * training scripts (QATv2), which normalize as PyTorch does. Without them, quantization parameters tell the older
 * scripts. A file with neither was trained by PyTorch alone.
 */
export function checkpointConvention(checkpoint: Checkpoint): BatchNormConvention {
  const keys = [...checkpoint.tensors.keys()];
  const has = (suffixes: readonly string[]) => keys.some((key) => suffixes.some((suffix) => key.endsWith(suffix)));
  return !has(newerKeys) && has(olderKeys) ? dividedByFour : pytorchConvention;
}

/**
 * Gives the n-th statistics of a checkpoint to the n-th batch normalization of a model. A difference in number, a
 * module whose weights went to another operator than the one normalized, and integer weights are errors (AI4115):
 * a network with a normalization too many or too few computes something else.
 */
export function batchNormsFromCheckpoint(
  checkpoint: Checkpoint,
  layers: readonly CheckpointLayer[],
  operators: readonly string[],
  sites: readonly BatchNormSite[],
): { readonly batchNorms: BatchNormSet; readonly diagnostics: readonly Diagnostic[] } {
  const convention = checkpointConvention(checkpoint);
  const read = readBatchNorms(checkpoint.tensors, checkpoint.fileName, () => convention);
  if (read.diagnostics.length > 0) return { batchNorms: new Map(), diagnostics: read.diagnostics };
  const found = [...read.batchNorms];
  const fail = (message: string, hint: string) => ({
    batchNorms: new Map(),
    diagnostics: [fileDiagnostic("AI4115", checkpoint.fileName, message, hint)],
  });
  if (found.length !== sites.length) {
    const message = `the network has ${sites.length} batch normalizations, the checkpoint has statistics for ${found.length}`;
    return fail(message, countHint(found.length, sites.length, layers));
  }
  if (found.length > 0 && layers.some(({ quantized }) => quantized)) {
    const message = `'${found[0]?.[0]}' cannot be folded into weights that are already integers`;
    return fail(message, "Give the checkpoint as trained; ai8xc folds and quantizes it.");
  }
  for (const [index, [module]] of found.entries()) {
    const owner = operatorOfModule(module, layers, operators);
    const site = sites[index] as BatchNormSite;
    if (owner !== null && site.operator !== null && owner !== site.operator) {
      const message = `'${module}' normalizes the result of '${owner}'; batch normalization '${site.name}' of the network follows '${site.operator}'`;
      return fail(message, "Put the normalizations behind the operators they were trained with.");
    }
  }
  return {
    batchNorms: new Map(found.map(([, weights], index) => [(sites[index] as BatchNormSite).name, weights])),
    diagnostics: [],
  };
}

function countHint(found: number, needed: number, layers: readonly CheckpointLayer[]): string {
  if (found < needed) {
    return layers.some(({ quantized }) => quantized) || found === 0
      ? "Remove .batchNorm() where it is already folded into the weights, or give the checkpoint before folding."
      : "Give the checkpoint of this network; statistics are assigned in order.";
  }
  return "Write .batchNorm() behind every convolution that was trained with one, or fold it into the weights.";
}

/** The operator whose weights stand beside `<layer>.bn` in the checkpoint; null when names do not tell. */
function operatorOfModule(
  module: string,
  layers: readonly CheckpointLayer[],
  operators: readonly string[],
): string | null {
  const parts = module.split(".");
  if (parts.at(-1) !== "bn") return null;
  const layer = parts.slice(0, -1).join(".");
  const siblings = layers.flatMap(({ key }, index) => (key.split(".").slice(0, -2).join(".") === layer ? [index] : []));
  const [index] = siblings;
  return siblings.length === 1 && index !== undefined ? (operators[index] ?? null) : null;
}
