import { dataAddress, type DeviceSpec } from "../../targets/index.ts";

const bytesPerWord = 4;
const allKnown = 0x01010101;

/**
 * Words of the data memory instances in one flat space, with a flag per byte that holds something known:
 * it was written, and what was written did not depend on anything that never was.
 * Word `w` of instance `i` is word `i * instanceWords + w`; lane `b` of it is byte `4 * word + b`.
 */
export class DataMemory {
  readonly instances: number;
  /** Distance between instances in words. */
  readonly instanceWords: number;
  /** Words that exist in each instance. */
  readonly usableWords: number;
  readonly words: Uint32Array;
  readonly bytes: Int8Array;
  /** 1 for every byte with known contents. */
  readonly known: Uint8Array;
  /** The same, word by word. */
  readonly #knownWords: Uint32Array;
  /** Collects the words a layer writes while somebody watches. */
  journal: Set<number> | null = null;

  constructor(instances: number, instanceWords: number, usableWords: number) {
    this.instances = instances;
    this.instanceWords = instanceWords;
    this.usableWords = usableWords;
    this.words = new Uint32Array(instances * instanceWords);
    this.bytes = new Int8Array(this.words.buffer);
    this.known = new Uint8Array(this.bytes.length);
    this.#knownWords = new Uint32Array(this.known.buffer);
  }

  /** True when a flat word index exists. */
  holds(word: number): boolean {
    return word >= 0 && word < this.words.length && word % this.instanceWords < this.usableWords;
  }

  /** True when `count` words, `step` apart, exist in one instance. */
  holdsRun(word: number, step: number, count: number): boolean {
    const last = word + step * (count - 1);
    const sameInstance = Math.floor(word / this.instanceWords) === Math.floor(last / this.instanceWords);
    return sameInstance && this.holds(word) && this.holds(last);
  }

  /** Writes one lane of words that are `step` apart and exist. */
  writeLane(word: number, step: number, lane: number, values: Int32Array | Int8Array): void {
    let at = word * bytesPerWord + lane;
    for (let i = 0; i < values.length; i++) {
      this.bytes[at] = values[i] as number;
      this.known[at] = 1;
      at += step * bytesPerWord;
    }
    if (this.journal !== null) for (let i = 0; i < values.length; i++) this.journal.add(word + i * step);
  }

  writeWord(word: number, value: number, isKnown = true): void {
    this.words[word] = value;
    this.#knownWords[word] = isKnown ? allKnown : 0;
    this.journal?.add(word);
  }

  writeByte(word: number, lane: number, value: number, isKnown = true): void {
    this.bytes[word * bytesPerWord + lane] = value;
    this.known[word * bytesPerWord + lane] = isKnown ? 1 : 0;
    this.journal?.add(word);
  }

  /** Zeroes an instance, as the built-in self test does. */
  clear(instance: number): void {
    const start = instance * this.instanceWords;
    const end = start + this.instanceWords;
    this.words.fill(0, start, end);
    this.known.fill(1, start * bytesPerWord, end * bytesPerWord);
  }

  /** Forgets what `count` flat words from `word` on hold. */
  forget(word: number, count = 1): void {
    if (count === 1) this.#knownWords[word] = 0;
    else this.#knownWords.fill(0, word, word + count);
  }
}

export const instancesPerQuadrant = (device: DeviceSpec): number =>
  device.processorsPerQuadrant / device.processorsPerDataInstance;

/** The data memory of a whole device, addressed as the write pointers address it. */
export function deviceDataMemory(device: DeviceSpec): DataMemory {
  const instances = device.processors / device.processorsPerDataInstance;
  return new DataMemory(
    instances,
    2 ** device.dataMemory.writePointerShift,
    device.dataMemory.instanceBytes / bytesPerWord,
  );
}

/** Bus address of a flat word of a device's data memory. */
export function busAddressOf(device: DeviceSpec, memory: DataMemory, word: number): number {
  const instance = Math.floor(word / memory.instanceWords);
  const byteOffset = (word % memory.instanceWords) * bytesPerWord;
  return dataAddress(device, instance * device.processorsPerDataInstance, byteOffset);
}

const WORD_CLEARED = 1;
const WORD_LOADED = 2;

/** Bytes of a weight word. */
export const WEIGHT_WORD_BYTES = 9;

/**
 * Weight memory of one processor as the byte stream kernels are read from: the last byte of a word comes first.
 */
export class WeightMemory {
  readonly words: number;
  readonly stream: Uint8Array;
  /** Not 0 for every word with known contents. */
  readonly written: Uint8Array;

  constructor(words: number) {
    this.words = words;
    this.stream = new Uint8Array(words * WEIGHT_WORD_BYTES);
    this.written = new Uint8Array(words);
  }

  /** Stores nine bytes, most significant first. Returns what is wrong, or null. */
  write(word: number, bytes: Uint8Array): string | null {
    if (word >= this.words) return "weight word beyond the end of weight memory";
    let isChanged = false;
    for (let i = 0; i < WEIGHT_WORD_BYTES; i++) {
      const at = lastByte(word) - i;
      isChanged ||= this.stream[at] !== bytes[i];
      this.stream[at] = bytes[i] as number;
    }
    const isContested = this.written[word] === WORD_LOADED && isChanged;
    this.written[word] = WORD_LOADED;
    return isContested ? "a weight word is written twice with different contents" : null;
  }

  read(word: number): Uint8Array {
    return Uint8Array.from({ length: WEIGHT_WORD_BYTES }, (_, i) => this.stream[lastByte(word) - i] as number);
  }

  clear(): void {
    this.stream.fill(0);
    this.written.fill(WORD_CLEARED);
  }
}

const lastByte = (word: number): number => word * WEIGHT_WORD_BYTES + WEIGHT_WORD_BYTES - 1;

export const weightMemories = (device: DeviceSpec): WeightMemory[] =>
  Array.from({ length: device.processors }, (_, processor) => {
    const isFirst = processor % device.processorsPerQuadrant === 0;
    return new WeightMemory(isFirst ? device.weightMemory.wordsOfFirstProcessor : device.weightMemory.words);
  });

/** Bias memory of one quadrant. */
export interface BiasMemory {
  readonly bytes: Int8Array;
  readonly written: Uint8Array;
}

export const biasMemories = (device: DeviceSpec): BiasMemory[] =>
  Array.from({ length: device.quadrants }, () => ({
    bytes: new Int8Array(device.biasMemory.bytesPerQuadrant),
    written: new Uint8Array(device.biasMemory.bytesPerQuadrant),
  }));
