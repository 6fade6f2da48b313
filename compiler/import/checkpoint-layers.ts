import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { fileDiagnostic } from "./byte-reader.ts";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { allFinite, allIntegers } from "./element-type.ts";

/** One weighted layer of a checkpoint, in file order. */
export interface CheckpointLayer {
  /** Name of its weights, `conv1.op.weight`. */
  readonly key: string;
  /** PyTorch's order and shape. Integers when `quantized`, else as trained. */
  readonly weights: Float64Array;
  readonly shape: readonly number[];
  /** null: the file does not say. 0: it says that the layer is not quantized. */
  readonly weightBits: number | null;
  /** In units of bias memory (one is 128 in the accumulator) when `quantized`, not range checked; else as trained. */
  readonly bias: Float64Array | null;
  /** Without the implicit 8 - bits; null: the file does not say. */
  readonly outputShift: number | null;
  /** log2 of the factor from the stored to the real output; null: the file does not say. */
  readonly finalScale: number | null;
  readonly quantized: boolean;
}

export interface CheckpointLayerOptions {
  /** Skip batch-norm parameters instead of refusing them. */
  readonly ignoreBatchNorm: boolean;
}

/**
 * The weighted layers of a checkpoint, in the order of its parameters. One-dimensional weights are those of batch
 * normalization, which must be folded first (AI4105). Weights that are no finite numbers: AI4109. Fractions in a file
 * that is otherwise quantized are cut off, as the reference does, with a warning (AI4112).
 */
export function checkpointLayers(
  checkpoint: Checkpoint,
  options: CheckpointLayerOptions = { ignoreBatchNorm: false },
): { readonly layers: readonly CheckpointLayer[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const found: { key: string; tensor: CheckpointTensor }[] = [];
  for (const [key, tensor] of checkpoint.tensors) {
    if (!key.endsWith(".weight")) continue;
    const isFlat = tensor.shape.length <= 1;
    if (isFlat && options.ignoreBatchNorm && isBatchNorm(checkpoint, key)) continue;
    const problem = isFlat ? flatWeights(checkpoint, key) : notFinite(checkpoint, key, tensor);
    if (problem) diagnostics.push(problem);
    else found.push({ key, tensor });
  }
  const quantized = found.some(({ tensor }) => hasOnlyIntegers(tensor));
  for (const { key, tensor } of found) {
    if (quantized && !allIntegers(tensor.data)) diagnostics.push(fractions(checkpoint, key));
  }
  return { layers: found.map(({ key, tensor }) => describeLayer(checkpoint, key, tensor, quantized)), diagnostics };
}

/** Batch normalization stores running statistics beside its weights. */
const isBatchNorm = ({ tensors }: Checkpoint, key: string): boolean =>
  key.endsWith(".bn.weight") || tensors.has(key.replace(/\.weight$/, ".running_mean"));

/** No layer of a trained network that was not quantized consists of integers, unless it is all zeros. */
const hasOnlyIntegers = ({ data }: CheckpointTensor): boolean => allIntegers(data) && data.some((value) => value !== 0);

function describeLayer(
  checkpoint: Checkpoint,
  key: string,
  tensor: CheckpointTensor,
  quantized: boolean,
): CheckpointLayer {
  const parts = key.split(".");
  const operator = parts.slice(0, -1).join(".");
  // `fc.weight` belongs to layer `fc`, `conv1.op.weight` to layer `conv1`.
  const layer = parts.length > 2 ? parts.slice(0, -2).join(".") : operator;
  const scalar = (name: string): number | null => checkpoint.tensors.get(`${layer}.${name}`)?.data[0] ?? null;
  const integer = (name: string): number | null => {
    const value = scalar(name);
    return value === null ? null : Math.trunc(value) + 0;
  };
  const weightBits = integer("weight_bits");
  const bias = checkpoint.tensors.get(`${operator}.bias`)?.data ?? null;
  // Quantized files hold the bias as bias x 2^(bits - 1). Many are no multiples of that; the reference rounds down.
  const unit = 2 ** ((weightBits || 8) - 1);
  return {
    key,
    weights: quantized ? cutOff(tensor.data) : tensor.data,
    shape: tensor.shape,
    weightBits,
    bias: quantized && bias ? bias.map((value) => Math.floor(value / unit) + 0) : bias,
    outputShift: integer("output_shift"),
    finalScale: integer("final_scale"),
    quantized,
  };
}

/** Without fractions, and without negative zeros. */
function cutOff(values: Float64Array): Float64Array {
  const whole = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) whole[i] = Math.trunc(values[i] as number) + 0;
  return whole;
}

function fractions(checkpoint: Checkpoint, key: string): Diagnostic {
  const message = `'${key}' has fractions although other weights in the file are quantized; they are cut off`;
  return { ...fileDiagnostic("AI4112", checkpoint.fileName, message, "Quantize all layers."), severity: "warning" };
}

function flatWeights(checkpoint: Checkpoint, key: string): Diagnostic {
  const message = `'${key}' has one axis: it belongs to a batch normalization that is not folded into its layer`;
  return fileDiagnostic(
    "AI4105",
    checkpoint.fileName,
    message,
    "Fold batch normalization and quantize before compiling.",
  );
}

function notFinite(checkpoint: Checkpoint, key: string, tensor: CheckpointTensor): Diagnostic | null {
  if (allFinite(tensor.data)) return null;
  const bad = tensor.data.find((value) => !Number.isFinite(value));
  if (bad === undefined) return null;
  return fileDiagnostic(
    "AI4109",
    checkpoint.fileName,
    `'${key}' contains ${bad}`,
    "Train again: the training diverged.",
  );
}
