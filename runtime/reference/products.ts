import { invariant } from "../../dsl/diagnostic.ts";

/**
 * Sums of products of integers, exact, for all outputs of a layer. Nearly all time of an execution is spent here, so
 * products are taken many at a time: a double holds the sums of two outputs, one `pairFactor` times the other, as long
 * as the magnitude of each is less than half of that factor; and what is loaded for one of eight outputs at two pixels
 * is used for the others.
 */

const pairFactor = 2 ** 27;
const outputsAtOnce = 8;
const rowsAtOnce = outputsAtOnce / 2;

interface OutputShape {
  readonly height: number;
  readonly width: number;
}

/** The weights of some outputs, `taps` each, ready to be multiplied with data. */
export class Products {
  readonly #taps: number;
  readonly #outputs: number;
  /** Products that two sums in one double can take. */
  readonly #limit: number;
  /** Two outputs in a row, rows for whole blocks of outputs. */
  readonly #rows: Float64Array;
  readonly #block = new Float64Array(2 * rowsAtOnce);

  /** `largestValue`: of all data that will be multiplied, to know how large sums can get. */
  constructor(weights: Int8Array, taps: number, largestValue: number) {
    this.#taps = taps;
    this.#outputs = weights.length / taps;
    this.#limit = Math.floor((pairFactor / 2 - 1) / Math.max(1, largestMagnitude(weights) * largestValue));
    invariant(this.#limit > 0, "the data of a convolution is larger than 8-bit data");
    this.#rows = pairedRows(weights, taps, this.#outputs);
  }

  /**
   * Adds the products of every output and pixel of a row. `at`: the row's first sum of the first output;
   * `patches.values[pixel * taps + tap]`: data, for an even number of pixels.
   */
  addTo(sums: Float64Array, at: number, shape: OutputShape, patches: { readonly values: Float64Array }): void {
    const pixels = shape.height * shape.width;
    for (let output = 0; output < this.#outputs; output += outputsAtOnce) {
      for (let x = 0; x < shape.width; x += 2) {
        for (let from = 0; from < this.#taps; from += this.#limit) {
          const row = (output / 2) * this.#taps;
          const end = Math.min(this.#taps, from + this.#limit);
          multiply(this.#block, this.#rows, row, patches.values, x * this.#taps, this.#taps, from, end);
          this.#take(sums, at + output * pixels + x, output, pixels, x + 1 < shape.width);
        }
      }
    }
  }

  /** Takes the pairs of the block apart and adds them to the sums of their outputs. */
  #take(sums: Float64Array, at: number, output: number, pixels: number, isPair: boolean): void {
    for (let i = 0; i < this.#block.length; i++) {
      const pixel = i >= rowsAtOnce ? 1 : 0;
      const first = 2 * (i - pixel * rowsAtOnce);
      if (output + first >= this.#outputs || (pixel === 1 && !isPair)) continue;
      const to = at + first * pixels + pixel;
      const both = this.#block[i] as number;
      const high = Math.round(both / pairFactor);
      sums[to] = (sums[to] as number) + high;
      if (output + first + 1 < this.#outputs)
        sums[to + pixels] = (sums[to + pixels] as number) + (both - high * pairFactor);
    }
  }
}

export function largestMagnitude(values: Int8Array | Int32Array): number {
  let magnitude = 0;
  for (let i = 0; i < values.length; i++) magnitude = Math.max(magnitude, Math.abs(values[i] as number));
  return magnitude;
}

/** Outputs 2r and 2r + 1 in row r; zero where there is none. */
function pairedRows(weights: Int8Array, taps: number, outputs: number): Float64Array {
  const rows = new Float64Array(Math.ceil(outputs / outputsAtOnce) * rowsAtOnce * taps);
  for (let output = 0; output < outputs; output++) {
    const factor = output % 2 === 0 ? pairFactor : 1;
    const row = Math.floor(output / 2) * taps;
    const from = output * taps;
    for (let tap = 0; tap < taps; tap++) {
      rows[row + tap] = (rows[row + tap] as number) + factor * (weights[from + tap] as number);
    }
  }
  return rows;
}

/** Four rows, from the one at `row` on, times two patches: taps `from` to `end`. */
function multiply(
  block: Float64Array,
  rows: Float64Array,
  row: number,
  patches: Float64Array,
  patch: number,
  taps: number,
  from: number,
  end: number,
): void {
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let tap = from; tap < end; tap++) {
    const a = patches[patch + tap] as number;
    const b = patches[patch + taps + tap] as number;
    const w0 = rows[row + tap] as number;
    const w1 = rows[row + taps + tap] as number;
    const w2 = rows[row + 2 * taps + tap] as number;
    const w3 = rows[row + 3 * taps + tap] as number;
    a0 += w0 * a;
    a1 += w1 * a;
    a2 += w2 * a;
    a3 += w3 * a;
    b0 += w0 * b;
    b1 += w1 * b;
    b2 += w2 * b;
    b3 += w3 * b;
  }
  block[0] = a0;
  block[1] = a1;
  block[2] = a2;
  block[3] = a3;
  block[4] = b0;
  block[5] = b1;
  block[6] = b2;
  block[7] = b3;
}
