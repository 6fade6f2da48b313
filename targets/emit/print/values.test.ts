import { describe, expect, it } from "vitest";
import { commentLines, hex, percent, staticTable, tableMacro, thousands, withoutContinuation } from "./values.ts";

describe("numbers", () => {
  it("are unsigned hexadecimal words", () => {
    expect(hex(-1)).toBe("0xffffffff");
    expect(hex(0x50100000)).toBe("0x50100000");
    expect(hex(5, 1)).toBe("0x5");
  });

  it("have thousands separators", () => {
    expect([0, 999, 1000, 442368, 1234567].map(thousands)).toEqual(["0", "999", "1,000", "442,368", "1,234,567"]);
  });

  it("round percentages exactly, ties to even", () => {
    expect(percent(128, 2048)).toBe("6.2");
    expect(percent(138, 2048)).toBe("6.7");
    expect(percent(2504, 442368)).toBe("0.6");
    expect(percent(27, 400)).toBe("6.8");
    expect(percent(1, 0)).toBe("0.0");
  });
});

describe("tables", () => {
  it("continue over lines of eight words", () => {
    const text = tableMacro("WORDS", [1, 2, 3, 4, 5, 6, 7, 8, 9], 8);
    const lines = text.split("\n");
    expect(lines[0]).toBe("#define WORDS { \\");
    expect(lines[1]).toBe(`  ${[1, 2, 3, 4, 5, 6, 7, 8].map((value) => hex(value)).join(", ")}, \\`);
    expect(lines[2]).toBe("  0x00000009 \\");
    expect(lines[3]).toBe("}");
  });

  it("are never empty", () => expect(tableMacro("NOTHING", [], 8)).toContain("0x00000000"));

  it("can be constants of bytes", () => {
    expect(staticTable("uint8_t", "t", [1, 255], 2)).toBe("static const uint8_t t[] = {\n  0x01, 0xff\n};\n");
  });
});

describe("comments", () => {
  it("are wrapped between words", () => {
    const lines = commentLines("word ".repeat(60).trim(), "  ");
    expect(lines.length).toBe(3);
    expect(lines.every((line) => line.startsWith("  // word") && line.length <= 110)).toBe(true);
  });

  it("cannot swallow the next line or leave their line", () => {
    expect(withoutContinuation("a\nb \\")).toBe("a b ");
    expect(commentLines("name\\\nint x;")).toEqual(["// name\\ int x;"]);
  });
});
