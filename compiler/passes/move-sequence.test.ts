import { describe, expect, it } from "vitest";
import type { NetworkSequence } from "../ir/network-sequence.ts";
import { cutSequence, movedSequence } from "./move-sequence.ts";
import { snoopOf, snoopValues } from "./snoop-values.ts";

const sequence = (given: Partial<NetworkSequence>): NetworkSequence => ({
  positions: null,
  onSnoop: [],
  snoop: null,
  simulated: null,
  ...given,
});

describe("a sequence whose network gets another layer", () => {
  it("gives it the register set behind the layer it follows", () => {
    // Layers 0, 1, 2 become 0, 1, 3: the new one runs after layer 1.
    expect(movedSequence(sequence({ positions: [1, 0, 2] }), [0, 1, 3], 4).positions).toEqual([2, 0, 1, 3]);
    expect(movedSequence(sequence({ positions: [1, 0, 2] }), [1, 2, 3], 4).positions).toEqual([1, 2, 0, 3]);
  });

  it("runs it with the sample when execution passes it, and not when a jump leaves it out", () => {
    const onSnoop = [{ layer: 0, next: 2 }];
    const skipping = movedSequence(sequence({ onSnoop, simulated: [0, 2, 3] }), [0, 2, 3, 5], 6);
    expect(skipping).toMatchObject({ onSnoop: [{ layer: 0, next: 3 }], simulated: [0, 3, 4, 5] });
    const stopping = movedSequence(sequence({ simulated: [0, 1] }), [1, 3, 4], 5);
    expect(stopping.simulated).toEqual([0, 1, 2, 3]);
  });
});

it("a sequence that is cut leads nowhere behind its end", () => {
  const whole = sequence({ positions: [3, 0, 2, 1], onSnoop: [{ layer: 0, next: 3 }], simulated: [0, 3] });
  expect(cutSequence(whole, 3)).toEqual(sequence({ positions: [2, 0, 1], onSnoop: [], simulated: [0] }));
});

it("snoop values are registers by name, and back", () => {
  const snoop = { unit1: { A1: 1, AM: 2 }, unit2: { C1: 3 }, expected: { unit2: { ACC: 4 } } };
  const values = snoopValues(snoop);
  expect(values).toHaveLength(32);
  expect([values[0], values[11], values[18], values[28]]).toEqual([1, 2, 3, 4]);
  expect(snoopOf(values)).toEqual(snoop);
});
