import { describe, expect, it } from "vitest";
import { devices, registerTables } from "../../index.ts";
import { handMadeProgram, plainSettings } from "../../../test/emit/programs.ts";
import { inputDeclarations, inputLoader, sampleInputHeader } from "./input.ts";
import { knownAnswerTable, limitKnownAnswer } from "./known-answer.ts";
import { summaryLines } from "./summary.ts";
import { biasTransfers, kernelTable, weightsHeader, weightTransfers } from "./weights.ts";

const device = devices.MAX78000;

describe("weights", () => {
  it("are chunks of address, count and words, ended by zero", () => {
    const transfers = [
      { address: 0x50180000, words: Uint32Array.of(1, 2) },
      { address: 0x50184000, words: Uint32Array.of(3) },
    ];
    expect([...kernelTable(transfers)]).toEqual([0x50180000, 2, 1, 2, 0x50184000, 1, 3, 0]);
    expect([...kernelTable([])]).toEqual([0]);
  });

  it("come from the program's writes, with and without express loading", () => {
    const express = weightTransfers(handMadeProgram(device));
    const plain = weightTransfers(handMadeProgram(device, { settings: { mexpress: false } }));
    expect(express.map(({ words }) => words.length)).toEqual([12, 3, 9]);
    expect(plain.map(({ words }) => words.length)).toEqual([20, 4, 16]);
    expect(express[1]?.address).toBe(0x50180024);
    expect(plain[1]?.address).toBe(0x50180090);
  });

  it("refuse a program whose express transfers are not announced", () => {
    const program = handMadeProgram(device);
    const [announce, ...rest] = program.phases.loadWeights;
    const broken = (loadWeights: typeof rest) => ({ ...program, phases: { ...program.phases, loadWeights } });
    expect(announce?.kind).toBe("block");
    expect(() => weightTransfers(broken(rest))).toThrow("announced");
    expect(() =>
      weightTransfers({
        ...program,
        settings: plainSettings,
        phases: handMadeProgram(device, { settings: { mexpress: false } }).phases,
      }),
    ).toThrow();
  });

  it("stand in weights.h beside the bias of each quadrant", () => {
    const header = weightsHeader(handMadeProgram(device), device);
    expect([...header.matchAll(/#define (\w+)/g)].map((match) => match[1])).toEqual(["BIAS_0", "BIAS_2", "KERNELS"]);
    expect(header).toContain("0x01, 0xff, 0x00, 0x80");
    expect(biasTransfers(handMadeProgram(device), device).map(({ address }) => address)).toEqual([
      0x50108000, 0x50908000,
    ]);
  });
});

describe("known answers", () => {
  const blocks = [
    { address: 0x50400000, mask: 0xff, words: Uint32Array.of(1, 2) },
    { address: 0x50408000, mask: 0xffffffff, words: Uint32Array.of(3, 4, 5) },
  ];

  it("are a table of blocks, ended by zero", () => {
    expect(knownAnswerTable(blocks)).toEqual([0x50400000, 0xff, 2, 1, 2, 0x50408000, 0xffffffff, 3, 3, 4, 5, 0]);
    expect(knownAnswerTable([])).toEqual([0]);
  });

  it("can be shortened to a number of words", () => {
    const counts = (limit: number | null) => limitKnownAnswer(blocks, limit).map(({ words }) => words.length);
    expect([null, 0, 1, 2, 3, 9].map(counts)).toEqual([[2, 3], [], [1], [2], [2, 1], [2, 3]]);
  });
});

describe("sample input", () => {
  it("is copied to memory array by array", () => {
    const program = handMadeProgram(device);
    expect(sampleInputHeader(program, null)).toContain("#define SAMPLE_INPUT_4 {");
    expect(inputDeclarations(program, "__attribute__((x))").slice(-2)).toEqual([
      "__attribute__((x))",
      "static const uint32_t input_4[] = SAMPLE_INPUT_4;",
    ]);
    expect(inputLoader(program, device, registerTables.MAX78000, { fifoWait: true, repeatedInput: null })).toEqual([
      "  memcpy32((uint32_t *)(uintptr_t) 0x50408040, input_4, 12);",
    ]);
  });

  it("waits for room in each FIFO unless told otherwise", () => {
    const arrays = [1, 2].map((index) => ({
      index,
      address: 0x50000008 + 4 * index,
      words: new Uint32Array(3 + index),
      comment: "",
    }));
    const program = handMadeProgram(device, { arrays, settings: { fifo: "standard" } });
    const lines = inputLoader(program, device, registerTables.MAX78000, { fifoWait: true, repeatedInput: null });
    expect(lines[0]).toBe("  for (int i = 0; i < 5; i++) {");
    expect(lines[1]).toBe("    if (i < 4) {");
    expect(lines[2]).toBe("      while ((CNN_REG(0x50000004) & 0x00000002) != 0) { } // Wait for room in FIFO 1");
    expect(lines).toContain("    while ((CNN_REG(0x50000004) & 0x00000004) != 0) { } // Wait for room in FIFO 2");
    expect(lines).toContain("    CNN_REG(0x50000010) = input_2[i];");
    expect(
      inputLoader(program, device, registerTables.MAX78000, { fifoWait: false, repeatedInput: null }).join("\n"),
    ).not.toContain("while");
  });

  it("goes to the fast FIFO through its own registers", () => {
    const arrays = [{ index: 0, address: 0x400c0410, words: new Uint32Array(3), comment: "" }];
    const program = handMadeProgram(device, { arrays, settings: { fifo: "fast" } });
    const lines = inputLoader(program, device, registerTables.MAX78000, { fifoWait: true, repeatedInput: null });
    expect(lines[1]).toBe("    while ((CNN_REG(0x400c0404) & 0x00000002) != 0) { } // Wait for room in FIFO 0");
  });

  it("is left to the user when there is no sample", () => {
    const lines = inputLoader(handMadeProgram(device, { arrays: [] }), device, registerTables.MAX78000, {
      fifoWait: true,
      repeatedInput: null,
    });
    expect(lines.length).toBe(1);
    expect(lines[0]).toMatch(/^ {2}\/\//);
  });
});

describe("summary", () => {
  it("counts operations and memory", () => {
    expect(summaryLines(handMadeProgram(device))).toEqual([
      "SUMMARY OF OPS",
      "Hardware: 3,948 ops (3,864 macc; 84 comp; 0 add; 0 mul; 0 bitwise)",
      "  Layer 0 (conv1): 3,108 ops (3,024 macc; 84 comp; 0 add; 0 mul; 0 bitwise)",
      "  Layer 1 (fc): 840 ops (840 macc; 0 comp; 0 add; 0 mul; 0 bitwise)",
      "",
      "RESOURCE USAGE",
      "Weight memory: 1,092 bytes out of 442,368 bytes total (0.2%)",
      "Bias memory:   128 bytes out of 2,048 bytes total (6.2%)",
      "Data memory:   512 bytes out of 32,768 bytes per instance (1.6%)",
      "",
      "Estimated latency: 1,101 cycles",
    ]);
  });

  it("gives no latency where no model exists", () => {
    const program = handMadeProgram(device);
    expect(summaryLines({ ...program, cycles: null }).join()).not.toContain("latency");
  });
});
