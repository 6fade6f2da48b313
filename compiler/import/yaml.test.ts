import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseYamlNetwork } from "./yaml.ts";
import { resolvePlain } from "./yaml-tree.ts";

const head = "arch: net\ndataset: Set\nlayers:\n";
const parse = (text: string) => parseYamlNetwork(text, "n.yaml");
const codes = (text: string) => parse(text).diagnostics.map(({ code, location }) => `${code}@${location?.line}`);
const layer = (text: string) => parse(`${head}  - { ${text} }\n`).description?.layers[0]?.values;

describe("plain words of YAML 1.1", () => {
  it.each([
    ["10", 10n],
    ["010", 8n],
    ["0x0000_00ff", 255n],
    ["0b101", 5n],
    ["-3", -3n],
    ["0xffffffffffffffff", 2n ** 64n - 1n],
    ["1:30", 90n],
    ["0", 0n],
  ])("%s is an integer", (text, value) => expect(resolvePlain(text)).toEqual({ kind: "integer", value }));

  it.each(["0x0000.0000.0000.00ff", "08", "3x3", "0o10", "0x", "_1"])("%s is a text", (value) =>
    expect(resolvePlain(value)).toEqual({ kind: "text", value }),
  );

  it.each([
    ["yes", true],
    ["Off", false],
    ["true", true],
  ])("%s is a switch", (text, value) => expect(resolvePlain(text)).toEqual({ kind: "boolean", value }));

  it("reads every integer back from decimal, hexadecimal and octal", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 64n }), (value) => {
        for (const text of [value.toString(), `0x${value.toString(16)}`, `0${value.toString(8)}`]) {
          expect(resolvePlain(text)).toEqual({ kind: "integer", value });
        }
      }),
    );
  });
});

describe("network description", () => {
  it("reads keys, their other spellings and processor maps", () => {
    const values = layer("processors: 0xffff_0000_0000_0001, op: MLP, activate: ReLU, max_pool: 2, quantization: bin");
    expect(values).toEqual({
      processors: 0xffff000000000001n,
      operator: "linear",
      activation: "relu",
      max_pool: [2, 2],
      quantization: -1,
    });
    expect(layer("processors: 0x0000.0000.0000.00ff")?.processors).toBe(255n);
    expect(layer("processors: '10'")?.processors).toBe(16n);
    expect(layer("processors: 10")?.processors).toBe(10n);
  });

  it("reads sizes, kernels and references", () => {
    expect(layer("in_dim: 20, kernel_size: 3X1, in_sequences: [input, A, 3], pool_stride: [2, 1]")).toEqual({
      in_dim: [20, 1],
      kernel_size: { rows: 3, columns: 1 },
      in_sequences: ["input", "a", 3],
      pool_stride: [2, 1],
    });
  });

  it("collects all problems with their lines", () => {
    const text = `${head}  - processors: 0\n    op: pool\n    bogus: 1\n  - op: add\n    operation: add\n    pad: -1\n`;
    expect(codes(text)).toEqual(["AI6205@4", "AI6205@5", "AI6202@6", "AI6206@8", "AI6205@9"]);
  });

  it.each([
    ["a duplicate key", `${head}  - pad: 1\n    pad: 2\n`, "AI6203@5"],
    ["a merge key", `${head}  - &a { pad: 1 }\n  - { <<: *a }\n`, "AI6202@5"],
    ["broken syntax", `${head}  - [`, "AI6201@4"],
    ["a missing key", "arch: a\ndataset: b\n", "AI6204@1"],
    ["no layers", "arch: a\ndataset: b\nlayers: []\n", "AI6204@3"],
    ["an empty activation", `${head}  - activation:\n`, "AI6205@4"],
    ["a circular alias", "arch: &a [*a]\n", "AI6201@1"],
  ])("reports %s", (_, text, expected) => expect(codes(text)).toContain(expected));

  it("takes other values of a switch by truth, with a warning", () => {
    const { description, diagnostics } = parse(`${head}  - { flatten: "false" }\n`);
    expect(description?.layers[0]?.values.flatten).toBe(true);
    expect(diagnostics).toMatchObject([{ code: "AI6205", severity: "warning" }]);
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."a:-&*[]{}'\"#\n |>!%@`0x_,?") }), (text) => {
        const { description, diagnostics } = parse(text);
        expect(description !== undefined || diagnostics.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
