import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { KnownAnswerBlock } from "../../targets/accelerator/program.ts";
import type { Placement } from "../ir/placement.ts";
import { outputLayers, outputLocation, tensorRuns, type TensorRun } from "./output-location.ts";

interface KnownWord {
  readonly mask: number;
  readonly address: number;
  readonly value: number;
}

/**
 * What data memory must hold after a run: the words of all outputs, grouped by mask and ascending address.
 * `tensors` holds every layer's result in the order channels, rows, columns.
 */
export function knownAnswer(
  placement: Placement,
  device: DeviceSpec,
  tensors: readonly (ArrayLike<number> | undefined)[],
  executed: readonly number[],
): KnownAnswerBlock[] {
  const words: KnownWord[] = [];
  for (const index of outputLayers(placement, executed)) {
    const location = outputLocation(placement, index);
    const pixels = location.height * location.width;
    for (const run of tensorRuns(location, device)) {
      addWords(words, run, tensors[index] as ArrayLike<number>, pixels, location.bits);
    }
  }
  words.sort((a, b) => a.mask - b.mask || a.address - b.address);
  return groupWords(words);
}

const wholeWord = 0xffffffff;

function addWords(
  words: KnownWord[],
  { address, step, lanes }: TensorRun,
  data: ArrayLike<number>,
  pixels: number,
  bits: number,
): void {
  const isWide = bits === 32;
  const mask = isWide ? wholeWord : lanes.reduce((all, { lane }) => all + 0xff * 2 ** (8 * lane), 0);
  for (let pixel = 0; pixel < pixels; pixel++) {
    let value = 0;
    for (const { lane, channel } of lanes) {
      const result = data[channel * pixels + pixel] as number;
      value |= isWide ? result : (result & 0xff) << (8 * lane);
    }
    words.push({ mask, address: address + pixel * step, value: value >>> 0 });
  }
}

/** Joins words of the same mask at consecutive addresses. */
function groupWords(words: readonly KnownWord[]): KnownAnswerBlock[] {
  const blocks: KnownAnswerBlock[] = [];
  let first = 0;
  for (let i = 1; i <= words.length; i++) {
    const previous = words[i - 1] as KnownWord;
    const word = words[i];
    if (word !== undefined && word.mask === previous.mask && word.address === previous.address + 4) continue;
    const { address, mask } = words[first] as KnownWord;
    blocks.push({ address, mask, words: Uint32Array.from(words.slice(first, i), ({ value }) => value) });
    first = i;
  }
  return blocks;
}
