import { describe, expect, it } from "vitest";
import type { BusOperation, Program } from "../../accelerator/program.ts";
import { devices, registerTables } from "../../index.ts";
import { handMadeProgram } from "../../../test/emit/programs.ts";
import { printOperations, type PrintContext } from "./operations.ts";

const device = devices.MAX78000;
const program: Program = handMadeProgram(device);
const context: PrintContext = { program, device, registers: registerTables.MAX78000 };
const print = (operations: readonly BusOperation[], more: Partial<PrintContext> = {}) =>
  printOperations(operations, { ...context, ...more }, "data");

const write = (layer: number | null, quadrant: number, register: string, address: number, value: number) =>
  ({ kind: "register", register, quadrant, layer, address, value, label: "Label" }) as const;

describe("register writes", () => {
  it("carry the register's name and its fields", () => {
    const { lines } = print([write(null, 0, "SRAM", 0x50100004, 0x40e)]);
    expect(lines).toEqual([
      "  CNN_REG(0x50100004) = 0x0000040e; // SRAM (Label) readMarginEnable readMargin=3 negativeVoltage",
    ]);
  });

  it("stand in titled blocks per layer and quadrant, with the operator and its source line", () => {
    const { lines } = print(program.phases.configure);
    const titles = lines.filter((line) => line.includes("// Layer"));
    expect(titles).toEqual([
      "  // Layer 0 quadrant 0: conv1, models/tiny.ts:12",
      "  // Layer 0 quadrant 2: conv1, models/tiny.ts:12",
      "  // Layer 1 quadrant 0: fc",
      "  // Layer 1 quadrant 2: fc",
    ]);
    expect(lines.filter((line) => line === "").length).toBe(3);
    expect(lines[0]).toBe(titles[0]);
  });

  it("are read back on request, where the device returns what was written", () => {
    const operations = [write(0, 0, "ENA", 0x50100010, 1), write(0, 0, "FMAX", 0x50100014, 2)];
    const compared = (lines: readonly string[]) => lines.filter((line) => line.includes("CNN_FAIL")).length;
    expect(compared(print(operations).lines)).toBe(0);
    expect(compared(print(operations, { verifyWrites: true }).lines)).toBe(2);
    expect(compared(print(operations, { verifyWrites: true, device: devices.MAX78002 }).lines)).toBe(1);
  });

  it("survive names that would break out of a comment", () => {
    const { lines } = print([{ ...write(0, 0, "ENA", 0, 1), origin: "x\n#error y\\" }]);
    expect(lines.every((line) => line.startsWith("  ") && !line.endsWith("\\") && !line.includes("\n"))).toBe(true);
  });
});

describe("other operations", () => {
  it("wait and check behind the write they belong to", () => {
    const { lines } = print([
      write(null, 0, "SRAM_TEST", 0x5010000c, 5),
      { kind: "poll", address: 0x5010000c, mask: 0x40000, value: 0x40000, label: "Wait" },
      { kind: "check", address: 0x5010000c, mask: 0x4000, label: "Stop" },
      write(null, 0, "SRAM_TEST", 0x5010000c, 0),
      write(null, 1, "CTL", 0x50500000, 0),
    ]);
    expect(lines[1]).toBe("  while ((CNN_REG(0x5010000c) & 0x00040000) != 0x00040000) { } // Wait");
    expect(lines[2]).toBe("  if ((CNN_REG(0x5010000c) & 0x00004000) != 0) return CNN_FAIL; // Stop");
    expect(lines.indexOf("")).toBe(4);
  });

  it("loop over long blocks, from a table only when the words differ", () => {
    const block = { kind: "block", address: 0x50110000, width: 4, step: 4, label: "Fill" } as const;
    const same = print([{ ...block, words: new Uint32Array(100).fill(7) }]);
    expect(same.tables).toEqual([]);
    expect(same.lines).toEqual(["  for (int i = 0; i < 100; i++) CNN_REG(0x50110000 + 4 * i) = 0x00000007; // Fill"]);
    const different = print([{ ...block, step: 0, words: Uint32Array.from({ length: 9 }, (_, i) => i) }]);
    expect(different.tables.length).toBe(1);
    expect(different.tables[0]).toContain("data_0[]");
    expect(different.lines).toEqual(["  for (int i = 0; i < 9; i++) CNN_REG(0x50110000) = data_0[i]; // Fill"]);
  });

  it("print short blocks one by one, bytes as bytes", () => {
    const { lines } = print([
      { kind: "block", address: 0x50180001, width: 1, step: 1, label: "Go", words: Uint32Array.of(1) },
    ]);
    expect(lines).toEqual(["  CNN_BYTE(0x50180001) = 0x01; // Go"]);
  });

  it("print notes as comments of their own", () => {
    const { lines } = print([write(null, 0, "CTL", 0, 8), { kind: "note", text: "Here" }, write(null, 0, "CTL", 0, 9)]);
    expect(lines.slice(1, 3)).toEqual(["", "  // Here"]);
    expect(lines.length).toBe(4);
  });
});
