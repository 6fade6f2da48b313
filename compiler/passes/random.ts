/** A reproducible sequence of numbers, the same on every machine (xorshift with multiplication, 32 bits of state). */
export class RandomNumbers {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x5bd1e995) | 0 || 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (Math.imul(this.#state, 0x2545f491) >>> 0) / 2 ** 32;
  }

  /** Uniform integer, both ends included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** Uniform in [-limit, limit), in single precision. */
  symmetric(limit: number): number {
    return Math.fround((2 * this.next() - 1) * limit);
  }
}
