import type { Sample } from "./fold-input.ts";

/** What a project is fed instead of the sample as it is, to save memory or to test. */
export interface SampleChange {
  /** Alternating bytes 0x55 and 0xaa. */
  readonly alternate: boolean;
  /** Repeat the first `words` pixels to the end, each time raised by `step`; null: all pixels are those of the sample. */
  readonly step: number | null;
  readonly words: number;
}

export const noSampleChange: SampleChange = { alternate: false, step: null, words: 8 };

const alternating = [0x55, 0xaa - 0x100];

/** The sample that a network is fed. A repeated one needs `repeats(...)` to hold. */
export function changeSample(sample: Sample, change: SampleChange): Sample {
  if (change.alternate) return { ...sample, data: sample.data.map((_, i) => alternating[i % 2] as number) };
  return change.step === null ? sample : repeated(sample, change.step, change.words);
}

/** Why the pixels of this sample cannot be repeated; null: they can. */
export function cannotRepeat({ shape }: Sample, words: number): string | null {
  const pixels = shape.height * shape.width;
  if (shape.channels > mostChannels) return `it has ${shape.channels} channels; 1 to ${mostChannels} make a word`;
  return pixels % words === 0 ? null : `${words} pixels are repeated, which does not divide its ${pixels} pixels`;
}

/** A word holds a pixel of so many channels, channel 0 in its lowest byte. */
const mostChannels = 4;

/** Carries run from one channel of a pixel into the next: whole words are added. */
function repeated(sample: Sample, step: number, words: number): Sample {
  const { channels, height, width } = sample.shape;
  const pixels = height * width;
  const data = sample.data.slice();
  for (let pixel = words; pixel < pixels; pixel++) {
    let carry = step;
    for (let channel = 0; channel < channels; channel++) {
      const before = (data[channel * pixels + pixel - words] as number) & 0xff;
      const sum = before + carry;
      data[channel * pixels + pixel] = sum;
      carry = Math.floor(sum / 0x100);
    }
  }
  return { ...sample, data };
}
