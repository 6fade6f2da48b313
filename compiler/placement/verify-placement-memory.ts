import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";

/**
 * Data memory that remembers what each byte is instead of its value: an element of a tensor is a number that says
 * which tensor, channel and pixel. A 32-bit element fills a word and is not the same as its 8-bit twin.
 */
export class SymbolicMemory {
  readonly words: number;
  readonly #bytes: Float64Array;
  readonly #instances: number;

  constructor(device: DeviceSpec) {
    this.words = device.dataMemory.instanceBytes / 4;
    this.#instances = device.processors / device.processorsPerDataInstance;
    this.#bytes = new Float64Array(this.#instances * this.words * 4).fill(unknown);
  }

  /** Replaces all four bytes of a word. False when there is no such word. */
  write(instance: number, word: number, bytes: readonly number[], pixel: number): boolean {
    if (!this.#exists(instance, word)) return false;
    const place = (instance * this.words + word) * 4;
    for (let lane = 0; lane < 4; lane++) {
      const element = bytes[lane] as number;
      this.#bytes[place + lane] = element === unknown ? unknown : element + pixel;
    }
    return true;
  }

  /** Replaces one byte of a word, as loading the input from outside can. */
  writeByte(instance: number, word: number, lane: number, element: number): boolean {
    if (!this.#exists(instance, word)) return false;
    this.#bytes[(instance * this.words + word) * 4 + lane] = element;
    return true;
  }

  /** What a byte is; `nowhere` outside of memory. */
  read(instance: number, word: number, lane: number): number {
    if (!this.#exists(instance, word)) return nowhere;
    return this.#bytes[(instance * this.words + word) * 4 + lane] as number;
  }

  /** Position of the first byte of a pixel that is not the element it should be; -1: all are. */
  firstMismatch({ places, words, elements }: PixelBytes, firstWord: number, pixel: number): number {
    for (let i = 0; i < places.length; i++) {
      const word = firstWord + (words[i] as number);
      const exists = word >= 0 && word < this.words;
      const found = exists ? this.#bytes[(places[i] as number) + 4 * firstWord] : nowhere;
      if (found !== (elements[i] as number) + pixel) return i;
    }
    return -1;
  }

  /** Replaces all bytes of a pixel, by nothing unless they have a `meaning`. False when some do not exist. */
  writePixel({ places, words, elements }: PixelBytes, firstWord: number, pixel: number, meaning: boolean): boolean {
    let fits = true;
    for (let i = 0; i < places.length; i++) {
      const word = firstWord + (words[i] as number);
      if (word < 0 || word >= this.words) fits = false;
      else {
        const element = elements[i] as number;
        this.#bytes[(places[i] as number) + 4 * firstWord] = meaning && element !== unknown ? element + pixel : unknown;
      }
    }
    return fits;
  }

  /** The bytes of a pixel as the loops over all pixels need them. */
  pixelBytes(bytes: readonly PixelByte[]): PixelBytes {
    const exists = ({ instance }: PixelByte) => instance >= 0 && instance < this.#instances;
    return {
      places: Int32Array.from(bytes, ({ instance, word, lane }) => (instance * this.words + word) * 4 + lane),
      words: Int32Array.from(bytes, (byte) => (exists(byte) ? byte.word : noWord)),
      elements: Float64Array.from(bytes, ({ element }) => element),
    };
  }

  #exists(instance: number, word: number): boolean {
    return instance >= 0 && instance < this.#instances && word >= 0 && word < this.words;
  }
}

/** A byte of a pixel whose first word is word 0, and what it is for pixel 0. */
export interface PixelByte {
  readonly instance: number;
  readonly word: number;
  readonly lane: number;
  readonly element: number;
}

interface PixelBytes {
  /** Positions in all of memory. */
  readonly places: Int32Array;
  readonly words: Int32Array;
  readonly elements: Float64Array;
}

/** Outside of memory, whatever is added to it. */
const noWord = -(2 ** 30);

/** Never written, or written without meaning. */
export const unknown = -1;
/** Not an address of data memory. */
export const nowhere = -2;

const pixelRange = 2 ** 21;
const channelRange = 2 ** 14;
const wideMark = 2 ** 50;
const previousMark = 2 ** 51;

/** Number of the first pixel of a channel; pixels count up from it. */
export function elementCode(source: TensorSource, channel: number, wide = false): number {
  const tensor = source === "input" ? 0 : source + 1;
  return (tensor * channelRange + channel) * pixelRange + (wide ? wideMark : 0);
}

/** The same element as the inference before left it. */
export const ofPreviousInference = (code: number): number => (code < 0 ? code : code + previousMark);

export interface Element {
  readonly source: TensorSource;
  readonly channel: number;
  readonly pixel: number;
  readonly wide: boolean;
  /** Left by the inference before. */
  readonly previous: boolean;
}

/** Inverse of `elementCode` plus pixel; null for bytes without meaning. */
export function decodeElement(code: number): Element | null {
  if (code < 0) return null;
  const previous = code >= previousMark;
  const current = previous ? code - previousMark : code;
  const wide = current >= wideMark;
  const plain = wide ? current - wideMark : current;
  const pixel = plain % pixelRange;
  const channel = Math.floor(plain / pixelRange) % channelRange;
  const tensor = Math.floor(plain / (pixelRange * channelRange));
  return { source: tensor === 0 ? "input" : tensor - 1, channel, pixel, wide, previous };
}
