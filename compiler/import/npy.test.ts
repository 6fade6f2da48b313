import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNpyRecords, writeNpy } from "./npy.ts";

const ascii = (text: string) => Array.from(text, (character) => character.charCodeAt(0));

/** A record with a hand-written header. */
function record(header: string, numbers: readonly number[], version: readonly number[] = [1, 0]): Uint8Array {
  const length =
    version[0] === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...ascii("NUMPY"), ...version, ...length, ...ascii(header), ...numbers]);
}

const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

const messageOf = (bytes: Uint8Array) => {
  const { records, diagnostics } = readNpyRecords(bytes, "bad.npy");
  expect(records).toBeUndefined();
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]).toMatchObject({ code: "AI6101", severity: "error", location: { file: "bad.npy" } });
  return diagnostics[0]?.message;
};

describe("readNpyRecords", () => {
  it.each([
    ["|i1", [0xff, 0x02], [-1, 2]],
    ["|u1", [0xff, 0x02], [255, 2]],
    ["|b1", [1, 0], [1, 0]],
    ["<i2", [0xfe, 0xff, 0x02, 0], [-2, 2]],
    [">i2", [0xff, 0xfe, 0, 0x02], [-2, 2]],
    ["<u4", [0, 0, 0, 0x80, 1, 0, 0, 0], [2147483648, 1]],
    [">i4", [0x80, 0, 0, 0, 0, 0, 0, 1], [-2147483648, 1]],
    ["<i8", [0x80, ...Array<number>(7).fill(255), 127, ...Array<number>(7).fill(0)], [-128, 127]],
    [">i8", [...Array<number>(7).fill(255), 0x80, ...Array<number>(7).fill(0), 127], [-128, 127]],
    ["<f2", [0x00, 0xbc, 0x01, 0x00], [-1, 2 ** -24]],
    ["<f4", [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0], [1.5, -2]],
    [">f8", [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], [1.5, -2]],
  ])("reads %s", (descr, bytes, values) => {
    const { records } = readNpyRecords(record(header(descr, "(2,)"), bytes), "a.npy");
    expect(records?.map((array) => [array.shape, [...array.data]])).toEqual([[[2], values]]);
  });

  it("turns Fortran order into C order", () => {
    const { records } = readNpyRecords(record(header("|i1", "(2, 3)", "True"), [1, 4, 2, 5, 3, 6]), "a.npy");
    expect([...(records?.[0]?.data ?? [])]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("reads format versions 2 and 3, scalars, and files without records", () => {
    expect(readNpyRecords(record(header("|i1", "()"), [7], [2, 0]), "a.npy").records?.[0]).toMatchObject({ shape: [] });
    expect(readNpyRecords(record(header("|i1", "(0, 3)"), [], [3, 0]), "a.npy").records?.[0]).toMatchObject({
      shape: [0, 3],
    });
    expect(readNpyRecords(new Uint8Array(0), "a.npy")).toEqual({ records: [], diagnostics: [] });
  });

  it("delivers what writeNpy wrote, also several records in one file", () => {
    const arrays = fc.array(fc.array(fc.integer({ min: -128, max: 127 }), { maxLength: 20 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        arrays,
        fc.constantFrom("int8" as const, "int64" as const, "float32" as const, "float64" as const),
        (data, dtype) => {
          const file = joined(...data.map((values) => writeNpy([1, values.length], values, dtype)));
          const { records } = readNpyRecords(file, "a.npy");
          expect(records?.map((array) => [array.shape, array.dtype, [...array.data]])).toEqual(
            data.map((values) => [[1, values.length], dtype, values]),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it("says what is wrong with a bad file", () => {
    const good = record(header("<i8", "(2,)"), Array<number>(16).fill(0));
    expect(messageOf(joined(good, Uint8Array.from([1, 2, 3])))).toContain(
      `no NumPy array starts at byte ${good.length}`,
    );
    expect(messageOf(Uint8Array.from(ascii("hello")))).toContain("at byte 0");
    expect(messageOf(record(header("<i8", "(2,)"), [], [9, 0]))).toContain("version 9.0");
    expect(messageOf(record(header("<c8", "(1,)"), []))).toContain("'c8'");
    expect(messageOf(record("{'descr': [('a', '<i8')], 'fortran_order': False, 'shape': (1,), }", []))).toContain(
      "plain array",
    );
    expect(messageOf(record(header("<i8", "(99999999999999999999,)"), []))).toContain("shape");
    expect(messageOf(record(header("<i8", "(65536, 65536, 65536)"), []))).toContain("at most");
    expect(messageOf(record(header("<i8", "(3, -1)"), []))).toContain("plain array");
    expect(messageOf(record(header("<i8", "(3, , 2)"), []))).toContain("shape");
    expect(messageOf(record(header("<i8", "(1,)"), [0, 0, 0, 0, 0, 0, 0x40, 0]))).toContain("2^53");
  });

  it("refuses every shortened file", () => {
    const good = writeNpy([3, 5], Array<number>(15).fill(9));
    for (let length = 1; length < good.length; length++) messageOf(good.subarray(0, length));
  });
});
