import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";
import type { Pair, WeightBits } from "../../dsl/model.ts";
import type { LayerConvolution, LayerWeights } from "../../runtime/reference/layer.ts";

/** Kernels as a framework stores them, transposed convolutions [inputs][outputs / groups][rows][columns]. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What an operator expects of its weights. */
export interface WeightTarget {
  readonly name: string;
  readonly kind: LayerConvolution["kind"];
  readonly outputs: number;
  /** Inputs per group; a flattened linear operator has channels x rows x columns. */
  readonly inputs: number;
  readonly groups: number;
  /** Rows x columns; conv1d: length x 1. */
  readonly kernel: Pair;
  readonly location?: SourceLocation;
}

/** How a weight is stored: its bits, and whether one bit means +1/-1 instead of 0/-1. */
export interface WeightFormat {
  readonly bits: WeightBits;
  readonly binary: boolean;
}

type Outcome<T> = { readonly value?: T; readonly diagnostics: readonly Diagnostic[] };

/** A diagnostic at an operator: its place in the user's source when there is one. */
export function weightDiagnostic(
  severity: Diagnostic["severity"],
  code: string,
  target: Pick<WeightTarget, "location">,
  message: string,
  hint: string,
): Diagnostic {
  return { code, severity, message, hint, ...(target.location === undefined ? {} : { location: target.location }) };
}

/** The implicit part of a layer's shift: weights narrower than 8 bits count as if they stood at the top of a byte. */
export const totalShift = (outputShift: number, bits: WeightBits): number => outputShift + 8 - bits;

/** Smallest and largest value; both NaN when one value is. */
export function rangeOf(data: ArrayLike<number>): { readonly min: number; readonly max: number } {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (Number.isNaN(value)) return { min: NaN, max: NaN };
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/**
 * Bits of quantized weights: as the network declares; else +1/-1 where the device has such weights and all are;
 * else one bit when all are zero; else as the file says (0 and nothing mean 8). Other numbers of bits: AI4110.
 */
export function decideFormat(
  data: ArrayLike<number>,
  declared: WeightFormat | null,
  storedBits: number | null,
  binaryAllowed: boolean,
  target: WeightTarget,
): Outcome<WeightFormat> {
  if (declared !== null) return { value: declared, diagnostics: [] };
  const { min, max } = rangeOf(data);
  if (binaryAllowed && isPlusMinusOne(data)) return { value: { bits: 1, binary: true }, diagnostics: [] };
  if (min === 0 && max === 0) return { value: { bits: 1, binary: false }, diagnostics: [] };
  const bits = storedBits === null || storedBits === 0 ? 8 : storedBits;
  if (isWeightBits(bits)) return { value: { bits, binary: false }, diagnostics: [] };
  const message = `the weights of '${target.name}' are stored with ${bits} bits; the accelerator has 1, 2, 4 and 8`;
  return { diagnostics: [weightDiagnostic("error", "AI4110", target, message, "Quantize the checkpoint again.")] };
}

const isWeightBits = (bits: number): bits is WeightBits => bits === 1 || bits === 2 || bits === 4 || bits === 8;

function isPlusMinusOne(data: ArrayLike<number>): boolean {
  for (let i = 0; i < data.length; i++) if (Math.abs(data[i] as number) !== 1) return false;
  return data.length > 0;
}

/**
 * Puts quantized weights into the form a layer executes: shape checked (AI4101), range checked (AI4102), transposed
 * kernels turned by 180 degrees with outputs first. `data` must hold integers.
 */
export function toLayerWeights(
  tensor: WeightTensor,
  target: WeightTarget,
  format: WeightFormat,
): Outcome<LayerWeights> {
  const expected = frameworkShape(target);
  if (!sameShape(tensor.shape, expected)) {
    const message = `the weights of '${target.name}' have shape [${tensor.shape.join(", ")}]; it needs [${expected.join(", ")}]`;
    const hint = "Check that the file belongs to this network and that its layers have the same order.";
    return { diagnostics: [weightDiagnostic("error", "AI4101", target, message, hint)] };
  }
  const problem = checkRange(tensor.data, target, format);
  if (problem) return { diagnostics: [problem] };
  const data = target.kind === "convTranspose2d" ? turnKernels(tensor.data, target) : Int8Array.from(tensor.data);
  const { min, max } = rangeOf(data);
  const message = `all weights of '${target.name}' are zero`;
  const hint = "Check that the checkpoint was trained and quantized with the right number of bits.";
  return {
    value: { outputs: target.outputs, inputs: target.inputs, data, ...format },
    diagnostics: min === 0 && max === 0 ? [weightDiagnostic("warning", "AI4107", target, message, hint)] : [],
  };
}

/** Shape of an operator's weights in PyTorch. */
export function frameworkShape(target: WeightTarget): number[] {
  const { kind, outputs, inputs, groups, kernel } = target;
  if (kind === "linear") return [outputs, inputs];
  if (kind === "conv1d") return [outputs, inputs, kernel[0]];
  return kind === "conv2d" ? [outputs, inputs, ...kernel] : [inputs * groups, outputs / groups, ...kernel];
}

/** Equal up to trailing ones: a linear operator is also a 1x1 convolution. */
function sameShape(left: readonly number[], right: readonly number[]): boolean {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, axis) => (left[axis] ?? 1) === (right[axis] ?? 1)).every(Boolean);
}

function checkRange(data: ArrayLike<number>, target: WeightTarget, format: WeightFormat): Diagnostic | null {
  const { min, max } = rangeOf(data);
  const [low, high] = [-(2 ** (format.bits - 1)), 2 ** (format.bits - 1) - 1];
  if (format.binary ? isPlusMinusOne(data) : min >= low && max <= high) return null;
  const allowed = format.binary ? "-1 and +1 only" : `${low} to ${high}`;
  const message = `the weights of '${target.name}' go from ${min} to ${max}; ${format.bits}-bit weights are ${allowed}`;
  return weightDiagnostic(
    "error",
    "AI4102",
    target,
    message,
    "Quantize with this number of bits, or declare the bits the file has.",
  );
}

/** [inputs][outputs / groups] to [outputs][inputs / groups], every kernel turned by 180 degrees. */
function turnKernels(data: ArrayLike<number>, target: WeightTarget): Int8Array {
  const { outputs, inputs, groups, kernel } = target;
  const taps = kernel[0] * kernel[1];
  const outputsPerGroup = outputs / groups;
  const turned = new Int8Array(data.length);
  for (let output = 0; output < outputs; output++) {
    const group = Math.floor(output / outputsPerGroup);
    for (let input = 0; input < inputs; input++) {
      const from = ((group * inputs + input) * outputsPerGroup + (output % outputsPerGroup)) * taps;
      const to = (output * inputs + input) * taps;
      for (let tap = 0; tap < taps; tap++) turned[to + tap] = data[from + taps - 1 - tap] as number;
    }
  }
  return turned;
}

/**
 * A bias as the hardware stores it: one 8-bit integer per output (AI4103, AI4104).
 * A bias of zeros is dropped with a warning (AI4108), it would only take bias memory.
 */
export function toLayerBias(values: ArrayLike<number>, target: WeightTarget): Outcome<Int8Array | null> {
  const fail = (code: string, message: string, hint: string): Outcome<Int8Array | null> => ({
    diagnostics: [weightDiagnostic("error", code, target, message, hint)],
  });
  if (values.length !== target.outputs) {
    const message = `the bias of '${target.name}' has ${values.length} values for ${target.outputs} output channels`;
    return fail("AI4104", message, "Check that the file belongs to this network.");
  }
  const { min, max } = rangeOf(values);
  if (!(min >= -128 && max <= 127)) {
    const message = `the bias of '${target.name}' goes from ${min} to ${max}; a bias is -128 to 127`;
    return fail("AI4103", message, "Quantize the checkpoint before compiling it.");
  }
  if (min === 0 && max === 0) {
    const message = `all bias values of '${target.name}' are zero; the bias is left out`;
    const warning = weightDiagnostic("warning", "AI4108", target, message, "Declare the operator without bias.");
    return { value: null, diagnostics: [warning] };
  }
  return { value: Int8Array.from(values), diagnostics: [] };
}
