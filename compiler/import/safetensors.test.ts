import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SafetensorsOutput } from "./safetensors.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

/** A file with a hand-written header. */
function fileOf(header: unknown, bytes = 0, length?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + bytes);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const messageOf = (bytes: Uint8Array) => {
  const { file, diagnostics } = readSafetensors(bytes, "x.safetensors");
  expect(file).toBeUndefined();
  expect(diagnostics).toMatchObject([{ code: "AI6103", severity: "error", location: { file: "x.safetensors" } }]);
  return diagnostics[0]?.message;
};

const tensor = (start: number, end: number, dtype = "I8", shape: unknown = [end - start]) => ({
  dtype,
  shape,
  data_offsets: [start, end],
});

describe("safetensors", () => {
  it("gives back what was written, in order", () => {
    const outputs = fc.oneof(
      fc
        .array(fc.integer({ min: -128, max: 127 }))
        .map((data): SafetensorsOutput => ({ shape: [1, data.length], dtype: "int8", data })),
      fc
        .array(fc.float({ noNaN: true }))
        .map((data): SafetensorsOutput => ({ shape: [data.length], dtype: "float32", data })),
    );
    const named = fc.uniqueArray(
      fc.tuple(
        fc.string().filter((name) => name !== "__metadata__"),
        outputs,
      ),
      {
        selector: ([name]) => name,
      },
    );
    fc.assert(
      fc.property(named, fc.array(fc.tuple(fc.string(), fc.string())), (tensors, texts) => {
        const metadata = new Map(texts);
        const { file, diagnostics } = readSafetensors(writeSafetensors(new Map(tensors), metadata), "a");
        expect(diagnostics).toEqual([]);
        expect(file?.metadata).toEqual(metadata);
        const read = [...(file?.tensors ?? [])].map(([name, { data, ...rest }]) => [
          name,
          { ...rest, data: [...data] },
        ]);
        expect(new Map(read as never)).toEqual(new Map<string, unknown>(tensors));
      }),
    );
  });

  it("reads other types, and tensors in any order", () => {
    const file = fileOf({ b: tensor(4, 6, "BF16", [1]), a: tensor(0, 4, "I16", [2]) }, 6);
    file.set([1, 0, 0xff, 0xff, 0xc0, 0x3f], file.length - 6);
    const { tensors } = readSafetensors(file, "a").file ?? {};
    expect(tensors?.get("a")).toEqual({ shape: [2], dtype: "int16", data: Float64Array.of(1, -1) });
    expect(tensors?.get("b")).toEqual({ shape: [1], dtype: "bfloat16", data: Float64Array.of(1.5) });
  });

  it.each([
    ["nothing", new Uint8Array(0), "header length"],
    ["an absurd header length", fileOf({}, 0, 2n ** 60n), "absurd"],
    ["a header beyond the end", fileOf({}, 0, 100n), "claims 100 bytes"],
    ["no JSON", fileOf("{'a': 1}"), "no JSON object"],
    ["a list", fileOf([]), "no JSON object"],
    ["deep nesting", fileOf("[".repeat(200_000)), "no JSON object"],
    ["a repeated name", fileOf('{"a": {"dtype":"I8","shape":[0],"data_offsets":[0,0]}, "\\u0061": {}}'), "'a' twice"],
    ["an unknown type", fileOf({ a: tensor(0, 1, "C64") }, 1), '"C64"'],
    ["a type from the prototype", fileOf({ a: tensor(0, 1, "constructor") }, 1), "constructor"],
    ["no type", fileOf({ a: { shape: [1], data_offsets: [0, 1] } }, 1), "undefined"],
    ["a negative size", fileOf({ a: tensor(0, 1, "I8", [-1]) }, 1), "shape"],
    ["an absurd size", fileOf({ a: tensor(0, 1, "I8", [2 ** 40]) }, 1), "at most"],
    ["no offsets", fileOf({ a: { dtype: "I8", shape: [1] } }, 1), "offsets"],
    ["a wrong size", fileOf({ a: tensor(0, 3, "I8", [2]) }, 3), "3 bytes"],
    ["overlapping tensors", fileOf({ a: tensor(0, 4), b: tensor(2, 6) }, 6), "'b' starts at byte 2"],
    ["a hole", fileOf({ a: tensor(0, 2), b: tensor(3, 4) }, 4), "'b' starts at byte 3"],
    ["a tensor beyond the end", fileOf({ a: tensor(0, 8) }, 4), "take 8 bytes"],
    ["bytes left over", fileOf({ a: tensor(0, 2) }, 4), "the file has 4"],
    ["metadata of numbers", fileOf({ __metadata__: { a: 1 } }), "'a' is no text"],
    ["an entry that is no object", fileOf({ a: null }), "'a' is no JSON object"],
  ])("refuses %s", (_, bytes, message) => expect(messageOf(bytes)).toContain(message));

  it("reads names as long as the header may be", () => {
    const name = `\\"${"x".repeat(2 ** 20 - 200)}`;
    expect(readSafetensors(fileOf({ [name]: tensor(0, 0) }), "a").file?.tensors.has(name)).toBe(true);
  });

  it("refuses every shortened file", () => {
    const good = writeSafetensors(new Map([["a", { shape: [3], dtype: "int8" as const, data: [1, 2, 3] }]]));
    for (let length = 0; length < good.length; length++) messageOf(good.subarray(0, length));
  });
});
