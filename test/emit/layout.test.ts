import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProgramOutput, TensorLocation } from "../../targets/accelerator/program.ts";
import { outputLayouts, outputWords, unloadOrder, unloadResult } from "../../targets/emit/index.ts";
import { devices } from "../../targets/index.ts";
import { handMadeProgram, wideOutput, words } from "./programs.ts";
import { deliveredWords, memoryOf, randomTensor } from "./tensors.ts";

/** Channels per turn, as the hardware divides them: equal turns, whole instances. */
function perTurn(channels: number): number {
  const turns = Math.ceil(channels / 64);
  return channels <= 64 ? channels : Math.min(64, Math.ceil(channels / turns / 4) * 4);
}

const locations = fc
  .record({
    channels: fc.integer({ min: 1, max: 200 }),
    height: fc.integer({ min: 1, max: 5 }),
    width: fc.integer({ min: 1, max: 5 }),
    writeGap: fc.integer({ min: 0, max: 3 }),
    bits: fc.constantFrom<8 | 32>(8, 32),
    seed: fc.integer(),
  })
  .chain(({ seed, ...shape }) => {
    const count = perTurn(shape.channels);
    return fc
      .shuffledSubarray(
        Array.from({ length: 64 }, (_, i) => i),
        { minLength: count, maxLength: count },
      )
      .map((chosen): { location: TensorLocation; seed: number } => ({
        seed,
        location: { ...shape, offset: 0, processors: chosen.toSorted((a, b) => a - b) },
      }));
  });

describe.each(Object.values(devices))("unloading on $name", (device) => {
  it("delivers every element of any placement, each once", () => {
    fc.assert(
      fc.property(fc.array(locations, { minLength: 1, maxLength: 3 }), (given) => {
        // One region of memory per output
        const outputs = given.map(({ location }, i): ProgramOutput => ({
          name: `out${i}`,
          layer: i,
          finalScale: 0,
          location: { ...location, offset: i * 0x2000 },
        }));
        const tensors = outputs.map(({ location }, i) => randomTensor(location, words(given[i]?.seed ?? 0)));
        const program = handMadeProgram(device, { outputs });
        const memory = memoryOf(device, tensors);
        const delivered = unloadResult(program, device, (address) => memory.get(address)?.word ?? 0);
        expect([...delivered]).toEqual(deliveredWords(tensors));
        const targets = unloadOrder(program, device).map(({ target }) => target);
        expect(new Set(targets).size).toBe(targets.length);
        expect(targets.length).toBe(
          outputs.reduce((sum, { location }) => sum + location.channels * location.height * location.width, 0),
        );
      }),
      { numRuns: 40 },
    );
  });

  it("starts every output on a word and counts words", () => {
    const narrow = (channels: number): ProgramOutput => ({
      ...wideOutput,
      location: {
        ...wideOutput.location,
        channels,
        processors: wideOutput.location.processors.slice(0, channels),
        bits: 8,
      },
    });
    const program = handMadeProgram(device, { outputs: [narrow(5), wideOutput, narrow(3)] });
    const layouts = outputLayouts(program, device, true);
    expect(layouts.map(({ wordOffset }) => wordOffset)).toEqual([0, 2, 12]);
    expect(outputWords(layouts)).toBe(13);
  });
});
