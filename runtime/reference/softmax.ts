/**
 * The base-2 softmax of generated programs, in integers: scores are Q17.14 (one octave is 16384), results are Q15.
 * Exponents are rounded to whole octaves, so that only shifts are needed.
 */

/** Scores more than this many octaves below the highest count as zero. */
const OCTAVES = 16;
const OCTAVE = 16384;
const LARGEST_Q15 = 32767;

/**
 * Probabilities 0...32767 of 32-bit scores. `shift` is 8 - bits of the weights that made the scores: they are
 * shifted left by it first, in 32 bits.
 */
export function softmax(scores: ArrayLike<number>, shift: number): number[] {
  const shifted = Array.from(scores, (score) => score << shift);
  const base = shifted.reduce((max, score) => Math.max(max, score), -Infinity) - OCTAVES * OCTAVE;
  // Octaves above the base, rounded half up: 0 to 16, the highest score always 16. null: nothing to contribute.
  const octaves = shifted.map((score) => (score > base ? (score - base + OCTAVE / 2) >> 14 : null));
  const sum = octaves.reduce((total: number, octave) => total + (octave === null ? 0 : 2 ** octave), 0);
  const inverse = Math.floor(2 ** 32 / sum);
  return octaves.map((octave) => (octave === null ? 0 : Math.min(LARGEST_Q15, inverse >> (OCTAVES + 1 - octave))));
}

/** A Q15 probability in percent with one decimal, as generated programs print it. */
export function percentOf(probability: number): string {
  const tenths = (1000 * probability + 16384) >> 15;
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}
