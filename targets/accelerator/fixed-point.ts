/** The accelerator's number formats: the only place where rounding and saturation are defined. */

/** Fraction bits of 8-bit data: an activation v stands for v / 2^7. */
export const DATA_FRACTION_BITS = 7;

/** A bias b enters the accumulator as b * 128. */
export const BIAS_SCALE = 128;

export const saturate8 = (value: number): number => (value > 127 ? 127 : value < -128 ? -128 : value);

/** Rounds to the nearest integer, ties toward +infinity; never -0. */
export const roundHalfUp = (value: number): number => Math.floor(value + 0.5) + 0;

/**
 * Accumulator to 8-bit result: accumulator * 2^shift / 128, ties toward +infinity, saturated.
 * Exact for |accumulator| < 2^44: only powers of two are multiplied.
 */
export const requantize = (accumulator: number, shift: number): number =>
  rescale(accumulator, 2 ** (shift - DATA_FRACTION_BITS));

const rescale = (accumulator: number, factor: number): number => saturate8(roundHalfUp(accumulator * factor));

/** `requantize` for many accumulators with the same shift; `results` may be the accumulators themselves. */
export function requantizeAll(
  accumulators: Float64Array | Int32Array,
  shift: number,
  results: Int32Array = new Int32Array(accumulators.length),
): Int32Array {
  const factor = 2 ** (shift - DATA_FRACTION_BITS);
  for (let i = 0; i < results.length; i++) results[i] = rescale(accumulators[i] as number, factor);
  return results;
}

/** ReLU after saturation. */
export const relu8 = (value: number): number => (value < 0 ? 0 : value);

/** Absolute value after saturation; -128 becomes 127. */
export const abs8 = (value: number): number => Math.min(127, Math.abs(value));

/** Average of `count` values that add up to `sum`: toward zero, or to nearest with halves away from zero. */
export function average8(sum: number, count: number, rounding: boolean): number {
  if (!rounding) return Math.trunc(sum / count) + 0;
  const magnitude = Math.floor((2 * Math.abs(sum) + count) / (2 * count));
  return sum < 0 ? 0 - magnitude : magnitude;
}
