import { describe, expect, it } from "vitest";
import { checkModel } from "./check.ts";
import { defineModel } from "./index.ts";

const two = (options: object) =>
  defineModel({ name: "two", device: "MAX78002", input: { shape: [3, 8, 8], format: "HWC" }, ...options }, (x) =>
    x.conv2d(4, { name: "a", kernel: 1 }).conv2d(4, { name: "b", kernel: 1 }),
  );

const findings = (options: object): string[] =>
  checkModel(two(options)).map(({ code, message }) => `${code} ${message}`);

describe("what a model says about execution and read-out", () => {
  it("is kept as it was written, with the place of the model", () => {
    const sequence = { start: "b", next: { b: "a", a: "stop" }, onSnoop: { b: "a" }, simulated: ["b"] };
    const snoop = { unit1: { A1: 0x200000, C1: 5 }, expected: { unit2: { AM: 0xffffffff } } };
    const unload = [
      { tensor: "a", rows: [0, 4] },
      { name: "raw", processors: 0xfn, channels: 4, height: 2, offset: 0x40, bits: 32 },
    ];
    const model = two({ sequence, snoop, unload });
    expect(model).toMatchObject({ sequence, snoop, unload });
    expect(model.source?.file).toMatch(/sequence\.test\.ts$/);
    expect(checkModel(model)).toEqual([]);
  });

  it("is absent where nothing was said", () => {
    const model = two({});
    for (const key of ["sequence", "snoop", "unload", "source"]) expect(model).not.toHaveProperty(key);
  });

  it.each([
    [{ sequence: 3 }, "AI1002 sequence of defineModel must be an object, got 3"],
    [{ sequence: { first: "a" } }, "AI1001 sequence of defineModel has no first"],
    [{ sequence: { start: 0 } }, "AI1002 sequence.start of defineModel must be the name of an operator, got 0"],
    [
      { sequence: { next: ["a"] } },
      'AI1002 sequence.next of defineModel must be names of operators by name of operator, got ["a"]',
    ],
    [
      { sequence: { simulated: "a" } },
      'AI1002 sequence.simulated of defineModel must be a list of names of operators, got "a"',
    ],
    [{ snoop: { unit3: {} } }, "AI1001 snoop of defineModel has no unit3"],
    [{ snoop: { unit1: { A3: 1 } } }, "AI1001 snoop.unit1 of defineModel has no A3"],
    [
      { snoop: { unit2: { C1: 2 ** 32 } } },
      "AI1002 snoop.unit2.C1 of defineModel must be a whole number of 32 bits, got 4294967296",
    ],
    [{ snoop: { expected: { unit1: { A1: 1 } } } }, "AI1001 snoop.expected.unit1 of defineModel has no A1"],
    [{ unload: [] }, "AI1002 unload of defineModel must be a list with at least one item, got []"],
    [
      { unload: [{ tensor: "a", rows: [3, 3] }] },
      "AI1002 unload[0].rows of defineModel must be [first, behind the last], got [3,3]",
    ],
    [
      { unload: [{ name: "raw", processors: 0n, channels: 4, height: 1, offset: 0 }] },
      "AI1002 unload[0].processors of defineModel must be a mask of 64 bits, like 0xfn, got 0n",
    ],
    [
      { unload: [{ name: "raw", processors: 15n, channels: 4, height: 1, offset: 0, bits: 16 }] },
      "AI1002 unload[0].bits of defineModel must be 8 or 32, got 16",
    ],
  ])("is refused when it cannot be meant: %o", (options, message) => {
    expect(findings(options)).toEqual([message]);
  });

  it.each([
    [{ sequence: { start: "c" } }, 'AI1044 sequence.start names "c"; there is no such operator'],
    [{ sequence: { next: { a: "c" } } }, 'AI1044 sequence.next names "c"; there is no such operator'],
    [{ sequence: { onSnoop: { c: "b" } } }, 'AI1044 sequence.onSnoop names "c"; there is no such operator'],
    [{ sequence: { onSnoop: { b: "b" } } }, 'AI1045 sequence.onSnoop leads from "b" to itself'],
    [{ unload: [{ tensor: "c" }] }, 'AI1044 unload names "c"; there is no such operator'],
    [{ device: "MAX78000", snoop: {} }, "AI2612 snoop units are not available on MAX78000"],
    [{ device: "MAX78000", sequence: { onSnoop: { a: "b" } } }, "AI2612 snoop units are not available on MAX78000"],
  ])("is compared with operators and device: %o", (options, message) => {
    expect(findings(options)).toEqual([message]);
  });
});
