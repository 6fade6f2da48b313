import type { WeightBits } from "../../dsl/model.ts";

/** Rounding of every step to single precision, as the training framework computes. */
const f32 = Math.fround;

const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** Exponents beyond this cannot be undone by the output shift. */
const exponentRange = (bits: WeightBits) => ({ min: -7 - bits, max: 23 - bits });

/**
 * log2 of the factor that brings the weights into [-1, 1): from the quantile of their absolute values
 * (1: the largest one). Weights and bias share it.
 */
export function scaleExponent(
  weights: ArrayLike<number>,
  bias: ArrayLike<number> | null,
  bits: WeightBits,
  shiftQuantile = 1,
): number {
  const { min, max } = exponentRange(bits);
  const magnitude = absoluteQuantile(weights, bias, shiftQuantile);
  if (magnitude === 0) return max;
  return clamp(Math.floor(f32(Math.log2(f32(1 / magnitude)))), min, max) + 0;
}

/** Linear interpolation between the two nearest order statistics, in single precision. */
function absoluteQuantile(weights: ArrayLike<number>, bias: ArrayLike<number> | null, quantile: number): number {
  const all = new Float32Array(weights.length + (bias?.length ?? 0));
  all.set(weights);
  if (bias !== null) all.set(bias, weights.length);
  for (let i = 0; i < all.length; i++) all[i] = Math.abs(all[i] as number);
  all.sort();
  const position = f32(f32(quantile) * (all.length - 1));
  const below = Math.floor(position);
  const low = all[below] ?? 0;
  const high = all[below + 1] ?? low;
  return f32(low + f32(f32(position - below) * f32(high - low)));
}

/** Weights x 2^exponent as integers of `bits` bits: nearest, halves upward, saturated. Binary: the sign. */
export function quantizeWeightValues(
  weights: ArrayLike<number>,
  exponent: number,
  bits: WeightBits,
  binary: boolean,
): Int8Array {
  const factor = 2 ** (bits - 1 + exponent);
  const [low, high] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return Int8Array.from(weights, (weight) => {
    if (binary) return weight >= 0 ? 1 : -1;
    return clamp(Math.floor(f32(f32(factor * f32(weight)) + 0.5)), low, high);
  });
}

/** A bias in units of bias memory. It has the precision of the weights: 4-bit weights mean -8 to 7. */
export function quantizeBiasValues(bias: ArrayLike<number>, exponent: number, bits: WeightBits): Int8Array {
  return quantizeWeightValues(bias, exponent, bits, false);
}
