import { WEIGHT_WORD_BYTES, type WeightMemory } from "./memory.ts";

/**
 * How one processor's weight memory is filled over the bus.
 * Plain: four 32-bit writes per word, the fourth commits. Express: a byte write of 1 to an odd address sets the
 * word counter, then the words arrive as one packed big-endian byte stream, whatever address they are sent to.
 */
export class WeightPort {
  readonly #memory: WeightMemory;
  readonly #staged = new Uint8Array(WEIGHT_WORD_BYTES);
  #counter: number | null = null;
  #filled = 0;

  constructor(memory: WeightMemory) {
    this.#memory = memory;
  }

  /** Sets the express counter. `byte` is the offset of the address inside the processor's window. */
  setCounter(byte: number): void {
    this.#counter = byte >>> 2;
    this.#filled = 0;
  }

  /** Takes four bytes of the packed stream; returns what is wrong, or null. */
  pushExpress(value: number): string | null {
    if (this.#counter === null) return "express weight data without a start address";
    let problem: string | null = null;
    for (let shift = 24; shift >= 0; shift -= 8) {
      this.#staged[this.#filled++] = (value >>> shift) & 0xff;
      if (this.#filled < WEIGHT_WORD_BYTES) continue;
      this.#filled = 0;
      problem ??= this.#memory.write(this.#counter++, this.#staged);
    }
    return problem;
  }

  /** One 32-bit write of the four-word protocol; returns what is wrong, or null. */
  writePlain(byte: number, value: number): string | null {
    const part = (byte >>> 2) & 3;
    if (part === 0) this.#staged[0] = value & 0xff;
    else if (part < 3) for (let i = 0; i < 4; i++) this.#staged[part * 4 - 3 + i] = (value >>> (24 - 8 * i)) & 0xff;
    else return this.#memory.write(byte >>> 4, this.#staged);
    return null;
  }

  /** Reads back one 32-bit part of a word. */
  read(byte: number): number {
    const word = byte >>> 4;
    const part = (byte >>> 2) & 3;
    if (part === 3 || word >= this.#memory.words) return 0;
    const bytes = this.#memory.read(word);
    if (part === 0) return bytes[0] as number;
    return new DataView(bytes.buffer).getUint32(part * 4 - 3);
  }
}
