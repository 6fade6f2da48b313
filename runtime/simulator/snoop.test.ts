import { describe, expect, it } from "vitest";
import { devices, type SnoopField } from "../../targets/index.ts";
import type { Chip, LayerExecution } from "./chip.ts";
import { busAddressOf, deviceDataMemory } from "./memory.ts";
import { RegisterFile } from "./register-file.ts";
import { SnoopUnits } from "./snoop.ts";

const device = devices.MAX78002;
const flag = 2 ** 21;
const [atOnce, byCount] = [0x3000, 0x4000];
const [equal, range] = [0x82022001, 0x62055001];
const [stop, link, sum, hit, largest] = [2, 4, 8, 16, 32];

/** The units beside a chip that does nothing but hold registers and memory. */
function bench(registers: Partial<Record<SnoopField, number>>) {
  const undecided: string[] = [];
  const chip = {
    device,
    registers: new RegisterFile(device),
    data: deviceDataMemory(device),
    undecided: (reason: string) => undecided.push(reason),
  } as unknown as Chip;
  const named = Object.entries(registers);
  for (const [name, value] of named) {
    for (const q of [0, 1]) chip.registers.set(`SNP1_${name}`, { value: value >>> 0 }, q);
  }
  const units = new SnoopUnits(chip);
  units.start();
  return {
    undecided,
    units,
    /** A layer writes words from a word address on. */
    write: (layer: number, first: number, words: readonly number[]) => {
      const written = words.map((word, i) => ({ address: busAddressOf(device, chip.data, first + i), word }));
      units.watch({ layer, written } as unknown as LayerExecution, [0, 1]);
    },
    held: (quadrant = 0) =>
      ["ACC", "HIT", "MAX", "AM"].map((name) => chip.registers.get(`SNP1_${name}`, "value", quadrant)),
  };
}

describe("a snoop unit", () => {
  it("adds up, counts and remembers words equal to a value at one address, in every quadrant", () => {
    const control = { C1: equal | sum | hit | largest, C2: atOnce };
    const { write, held } = bench({ A1: flag + 7, D1: 50, ACC: 1000, HIT: 3, MAX: 49, ...control });
    write(0, 6, [50, 51, 50]);
    expect(held()).toEqual([1000, 3, 49, 0]);
    write(1, 6, [50, 50, 50]);
    expect(held()).toEqual([1050, 4, 50, flag + 7]);
    expect(held(1)).toEqual(held(0));
  });

  it("compares the last byte of some words with a range, whose ends belong to it", () => {
    const limits = { A1: flag + 0x8001, A2: flag + 0x8005, D1: 0x1b, D2: 0x56 };
    const { write, held, undecided } = bench({ ...limits, C1: range | hit | largest, C2: atOnce });
    write(0, 0x8000, [0x1b000000, 0x1aff1b1b, 0x1b000000, 0xf4ff0000, 0x56ffffff, 0x57000000, 0x20000000]);
    expect(held()).toEqual([0, 2, 0x56, flag + 0x8004]);
    expect(undecided).toEqual([]);
  });

  it("looks at the results of one layer where told so", () => {
    const { write, held } = bench({ A1: flag + 1, D1: 5, C1: equal | hit, C2: atOnce | 0x200 | 2 });
    for (const layer of [0, 1, 2, 3]) write(layer, 1, [5]);
    expect(held()[1]).toBe(1);
  });

  it.each([
    ["ends execution", stop, true, { stops: true, links: true }],
    ["takes the link", link, true, { stops: false, links: true }],
    ["takes no link", link, false, { stops: false, links: false }],
    ["runs on", stop, false, { stops: false, links: true }],
    ["has nothing to do with it", hit, true, { stops: false, links: true }],
  ])("%s (action %i, seen: %s)", (_, action, isSeen, verdict) => {
    const { write, units, undecided } = bench({ A1: flag + 1, D1: 5, C1: equal | action, C2: atOnce });
    write(0, 1, [isSeen ? 5 : 6]);
    expect(units.behind(0, false, true, 0)).toEqual(verdict);
    expect(undecided).toEqual([]);
  });

  it("takes no link that is not there", () => {
    const { write, units } = bench({ A1: flag + 1, D1: 5, C1: equal | link, C2: atOnce });
    write(0, 1, [5]);
    expect(units.behind(0, false, false, 0)).toEqual({ stops: false, links: false });
  });

  it("starts every inference anew", () => {
    const { write, units } = bench({ A1: flag + 1, D1: 5, C1: equal | stop, C2: atOnce });
    write(0, 1, [5]);
    units.start();
    expect(units.behind(0, false, false, 0).stops).toBe(false);
  });

  it.each([
    ["counts decide", { C1: (range & ~1) | 0x00500001, C2: byCount }, /which matches its count includes/],
    ["comparisons are unknown", { C1: 0x82012001, C2: atOnce }, /C1 of 0x82012003 asks for an unknown comparison/],
    ["C2 is unknown", { C1: range, C2: 0 }, /C2 of 0x0 has an unknown meaning/],
    ["addresses are not those of data memory", { C1: range, C2: atOnce, A2: 5 }, /not those of data memory/],
    ["a sign decides", { C1: range, C2: atOnce, D1: 0x10, D2: 0x90 }, /may or may not have a sign/],
  ])("leaves it open whether execution ends when %s", (_, registers, reason) => {
    const given = { A1: flag + 1, A2: flag + 1, D1: 0x10, D2: 0x20, ...registers };
    const { write, units, undecided } = bench({ ...given, C1: given.C1 | stop });
    write(0, 1, [0x18ffffff]);
    expect(units.behind(0, false, false, 0).stops).toBe(false);
    expect(undecided).toHaveLength(1);
    expect(undecided[0]).toMatch(reason);
  });

  it("leaves open what it remembers, and what it does to streaming layers", () => {
    const { write, units, undecided } = bench({ A1: flag + 1, D1: 5, C1: equal | stop, C2: atOnce });
    write(0, 1, [5]);
    expect(units.behind(1, false, false, 0).stops).toBe(false);
    expect(units.behind(0, true, false, 0).stops).toBe(false);
    expect(undecided.map((reason) => reason.split(": ")[1])).toEqual([
      "whether it remembers what layer 0 wrote is not known",
      "when it acts on streaming layers is not known",
    ]);
  });

  it("is off without its first bit", () => {
    const { write, units, held } = bench({ A1: flag + 1, D1: 5, C1: (equal & ~1) | stop | hit, C2: atOnce });
    write(0, 1, [5]);
    expect(held()[1]).toBe(0);
    expect(units.behind(0, false, false, 0)).toEqual({ stops: false, links: false });
  });
});
