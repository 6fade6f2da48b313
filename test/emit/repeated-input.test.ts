import { describe, expect, it } from "vitest";
import type { Program } from "../../targets/accelerator/program.ts";
import { defaultEmitOptions, emitProject, type RepeatedInput } from "../../targets/emit/index.ts";
import { devices } from "../../targets/index.ts";
import { canObserve, compileProject, hostCompiler } from "./host.ts";
import { handMadeProgram, words } from "./programs.ts";

const device = devices.MAX78002;
const { apbBase, fifo } = device.memoryMap;
const repeated: RepeatedInput = { step: 0x10203, words: 5 };
const skipped = !canObserve || hostCompiler === null;
const reason = skipped ? " (skipped: observing accesses needs a host compiler on Linux on x86-64)" : "";

/** A FIFO program whose words follow the rule. */
function program(channels: number, format: "HWC" | "CHW" = "HWC"): Program {
  const mask = 256n ** BigInt(channels) - 1n;
  const random = words(channels);
  const values: number[] = [];
  for (let i = 0; i < 20; i++) {
    const before = i < repeated.words ? random() : values[i - repeated.words]! + repeated.step;
    values.push(Number(BigInt(before) & mask));
  }
  const array = { index: 0, address: apbBase + fifo.data, words: Uint32Array.from(values), comment: "FIFO 0" };
  const made = handMadeProgram(device, { settings: { fifo: "standard" }, arrays: [array] });
  return { ...made, input: { ...made.input, channels, format } };
}

const emitted = (given: Program, repeatedInput: RepeatedInput | null = repeated) =>
  emitProject(given, device, { ...defaultEmitOptions(device), repeatedInput });
const codes = (given: Program) =>
  emitted(given).diagnostics.flatMap(({ code, severity }) => (severity === "error" ? code : []));

const stored = (text: string | undefined) => (text?.match(/0x[0-9a-f]{8}/g) ?? []).map(Number);

describe("a repeated input", () => {
  it.each([1, 2, 3, 4])("of %i channels is stored once", (channels) => {
    const given = program(channels);
    const all = [...(given.input.arrays[0]?.words ?? [])];
    expect(stored(emitted(given).files.get("sampledata.h"))).toEqual(all.slice(0, repeated.words));
    expect(stored(emitted(given, null).files.get("sampledata.h"))).toEqual(all);
  });

  it.skipIf(skipped).each([1, 2, 3, 4])(`of %i channels arrives as a whole${reason}`, (channels) => {
    const given = program(channels);
    const project = compileProject(emitted(given).files);
    try {
      const polls = [{ address: apbBase + fifo.data - 4, mask: 0xffff, value: 0 }];
      const { calls } = project.run({ polls, calls: ["load_input"], trace: true });
      expect(calls[0]?.writes.map(({ value }) => value)).toEqual([...(given.input.arrays[0]?.words ?? [])]);
    } finally {
      project.remove();
    }
  });

  it("is refused where it would not be the sample", () => {
    expect(codes(program(3))).toEqual([]);
    expect(codes(program(1, "CHW"))).toEqual(["AI5012"]);
    const settings = { ...program(1).settings, fifo: "none" as const };
    expect(codes({ ...program(1), settings })).toEqual(["AI5012"]);
    const other = program(2);
    other.input.arrays[0]!.words[17]! ^= 1;
    expect(emitted(other).diagnostics).toMatchObject([
      { code: "AI5006" },
      { code: "AI5012", message: "word 17 of the sample is not the word 5 before it plus 66051" },
    ]);
  });
});
