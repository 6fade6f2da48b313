import { describe, expect, it } from "vitest";
import { cannotRepeat, changeSample, noSampleChange } from "./change-sample.ts";
import type { Sample } from "./fold-input.ts";

const sample = (channels: number, pixels: number, value: (channel: number, pixel: number) => number): Sample => ({
  shape: { channels, height: pixels, width: 1 },
  data: Int8Array.from({ length: channels * pixels }, (_, i) => value(Math.floor(i / pixels), i % pixels)),
});

/** Pixels as the words of a FIFO: channel 0 in the lowest byte. */
const wordsOf = ({ shape, data }: Sample): number[] => {
  const pixels = shape.height * shape.width;
  return Array.from({ length: pixels }, (_, pixel) =>
    Array.from(
      { length: shape.channels },
      (_, channel) => (data[channel * pixels + pixel]! & 0xff) * 256 ** channel,
    ).reduce((sum, byte) => sum + byte, 0),
  );
};

describe("changeSample", () => {
  it("alternates two bytes", () => {
    const { data } = changeSample(
      sample(1, 4, () => 7),
      { ...noSampleChange, alternate: true },
    );
    expect([...new Uint8Array(data.buffer)]).toEqual([0x55, 0xaa, 0x55, 0xaa]);
  });

  it.each([1, 2, 3, 4])("adds the step to whole words of %i channels, without what overflows", (channels) => {
    const given = sample(channels, 8, (channel, pixel) => (pixel < 2 ? -1 - pixel * 3 - channel : 99));
    const step = 0x1f3;
    const repeated = wordsOf(changeSample(given, { ...noSampleChange, step, words: 2 }));
    const expected = wordsOf(given).slice(0, 2);
    for (let pixel = 2; pixel < 8; pixel++) expected.push((expected[pixel - 2]! + step) % 256 ** channels);
    expect(repeated).toEqual(expected);
  });

  it("leaves a sample alone, and never changes the one given", () => {
    const given = sample(2, 8, (channel, pixel) => channel + pixel);
    const before = [...given.data];
    expect(changeSample(given, noSampleChange)).toBe(given);
    changeSample(given, { ...noSampleChange, step: 5, words: 4 });
    expect([...given.data]).toEqual(before);
  });
});

describe("cannotRepeat", () => {
  it("names what does not fit a word, or does not come out even", () => {
    expect(
      cannotRepeat(
        sample(4, 16, () => 0),
        8,
      ),
    ).toBeNull();
    expect(
      cannotRepeat(
        sample(5, 16, () => 0),
        8,
      ),
    ).toBe("it has 5 channels; 1 to 4 make a word");
    expect(
      cannotRepeat(
        sample(1, 18, () => 0),
        8,
      ),
    ).toBe("8 pixels are repeated, which does not divide its 18 pixels");
  });
});
