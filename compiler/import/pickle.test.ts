import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, readGuarded } from "./byte-reader.ts";
import { writePickle } from "./pickle-writer.ts";
import type { PickleKey, PickleValue } from "./pickle.ts";
import { readPickle } from "./pickle.ts";

const rules = { mayName: (name: string) => name === "good Class", mayCall: (name: string) => name === "good Class" };

const read = (bytes: ArrayLike<number>) =>
  readGuarded(() => readPickle(new ByteReader(Uint8Array.from(bytes), "x.pkl", "AI6102", "hint"), rules));

const ascii = (text: string) => Array.from(text, (character) => character.charCodeAt(0));

const messageOf = (...bytes: readonly (number | string)[]) => {
  const { value, diagnostics } = read(bytes.flatMap((item) => (typeof item === "string" ? ascii(item) : [item])));
  expect(value).toBeUndefined();
  expect(diagnostics).toHaveLength(1);
  return diagnostics[0]?.message;
};

const values = fc.letrec<{ value: PickleValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 200n }),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 4 }).map((items): PickleValue => ({ kind: "list", items })),
    fc.array(tie("value"), { maxLength: 4 }).map((items): PickleValue => ({ kind: "tuple", items })),
    fc
      .array(tie("value"), { maxLength: 3 })
      .map((args): PickleValue => ({ kind: "object", constructor: "good Class", args })),
    tie("value").map((id): PickleValue => ({ kind: "persistent", id })),
    fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.integer()), tie("value")), { maxLength: 4 })
      .map((entries): PickleValue => ({
        kind: "dictionary",
        ordered: false,
        entries: new Map<PickleKey, PickleValue>(entries),
      })),
  ),
}));

describe("readPickle", () => {
  it("gives back what writePickle wrote", () => {
    fc.assert(
      fc.property(values.value, (value) => {
        expect(read(writePickle(value)).value).toEqual(value);
      }),
    );
  });

  it("reads what Python writes, with memo and short tuples", () => {
    // pickle.dumps({'a': (1, 2.5), 'b': ['x', 'x', None, True]}, 2)
    const python =
      "80027d71002858010000006171014b0147400400000000000086710258010000006271035d71042858010000007871056805";
    const bytes = Buffer.from(`${python}4e8865752e`, "hex");
    const entries = new Map<PickleKey, PickleValue>([
      ["a", { kind: "tuple", items: [1, 2.5] }],
      ["b", { kind: "list", items: ["x", "x", null, true] }],
    ]);
    expect(read(bytes).value).toEqual({ kind: "dictionary", ordered: false, entries });
  });

  it("executes nothing", () => {
    expect(messageOf(0x80, 2, "cos\nsystem\n", 0x58, 2, 0, 0, 0, "ls", 0x85, "R.")).toContain("'os.system'");
    expect(messageOf("cbuiltins\neval\n.")).toContain("'builtins.eval'");
    expect(messageOf(0x80, 2, "cgood\nClass\n", ")R", 0x85, ")R.")).toContain("no class");
    expect(messageOf("(S'ls'\nios\nsystem\n.")).toContain("0x53");
    expect(messageOf(0x80, 4, 0x95)).toContain("protocol 4");
    expect(messageOf("c", "x".repeat(500))).toContain("class name");
  });

  it("refuses damaged streams", () => {
    expect(messageOf(".")).toContain("nothing to take");
    expect(messageOf("(.")).toContain("nothing to take");
    expect(messageOf("t.")).toContain("no mark");
    expect(messageOf("h", 5, ".")).toContain("entry 5");
    expect(messageOf("Na.")).toContain("nothing to take");
    expect(messageOf("NNa.")).toContain("no list");
    expect(messageOf("](NNu.")).toContain("no dictionary");
    expect(messageOf("}(Nu.")).toContain("no dictionary");
    expect(messageOf("}]Ns.")).toContain("key");
    expect(messageOf("X", 255, 255, 255, 255, "a.")).toContain("a text");
    expect(messageOf("N")).toContain("ends in the middle");
  });

  it("takes deep nesting, circles and doubling without trouble", () => {
    const deep = read([...Array<number>(100_000).fill(0x5d), ...Array<number>(99_999).fill(0x61), 0x2e]);
    expect(deep.value).toMatchObject({ kind: "list" });
    // A list that contains itself.
    const circle = read([0x5d, 0x71, 0, 0x68, 0, 0x61, 0x2e]).value as { items: unknown[] };
    expect(circle.items[0]).toBe(circle);
    // Thirty lists, each holding the one before twice: a billion when written out, sixty references here.
    const doubling = Array.from({ length: 30 }, (_, i) => [0x5d, 0x28, 0x68, i, 0x68, i, 0x65, 0x71, i + 1]);
    expect(read([0x5d, 0x71, 0, ...doubling.flat(), 0x2e]).value).toMatchObject({ kind: "list" });
  });

  it("stops at an absurd number of instructions", () => {
    expect(messageOf("N".repeat(1_000_001))).toContain("instructions");
  });
});
