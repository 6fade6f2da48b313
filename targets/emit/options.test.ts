import { describe, expect, it } from "vitest";
import type { Program } from "../accelerator/program.ts";
import { devices } from "../index.ts";
import type { DeviceSpec } from "../index.ts";
import { handMadeProgram, wideOutput } from "../../test/emit/programs.ts";
import { clockPlan } from "./clock.ts";
import { defaultEmitOptions, type EmitOptions } from "./options.ts";
import { emitProject } from "./project.ts";

const small = devices.MAX78000;
const large = devices.MAX78002;

function codes(options: Partial<EmitOptions>, device: DeviceSpec = small, program: Program = handMadeProgram(device)) {
  const { diagnostics, files } = emitProject(program, device, { ...defaultEmitOptions(device), ...options });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(files.size === 0).toBe(errors.length > 0);
  return errors.map(({ code }) => code);
}

describe("options", () => {
  it("are fine by default, on both devices", () => {
    expect(codes({})).toEqual([]);
    expect(codes({}, large)).toEqual([]);
  });

  it.each<[string, Partial<EmitOptions>, string]>([
    ["a timer that does not exist", { timer: 6 }, "AI5001"],
    ["half a timer", { timer: 0.5 }, "AI5001"],
    ["a pin that does not exist", { boost: { port: 2, pin: 32 } }, "AI5001"],
    ["a negative delay", { debugWait: -1 }, "AI5001"],
    ["a clock divider of three", { clockDivider: 3 }, "AI5001"],
    ["a trim that is too wide", { clockTrim: [0, 512, 0] }, "AI5001"],
    ["a loop without statements", { unrollWide: 0 }, "AI5001"],
    ["a path as project name", { projectName: "../up" }, "AI5002"],
    ["a board that would break the makefile", { board: "a b" }, "AI5002"],
    ["two files of one name", { apiFile: "main.c" }, "AI5002"],
    ["an API file the makefile cannot find", { apiFile: "cnn.txt" }, "AI5002"],
    ["a macro with blanks", { defines: ["A B"] }, "AI5003"],
    ["deep sleep of the only core", { deepsleep: true }, "AI5004"],
    ["RISC-V debugging without RISC-V", { riscvDebug: true }, "AI5004"],
    ["full speed without a PLL", { maxSpeed: true }, "AI5004"],
  ])("refuse %s", (_, options, code) => expect(codes(options)).toEqual([code]));

  it("refuse what the program's settings exclude", () => {
    const settings = (more: Partial<Program["settings"]>) => handMadeProgram(large, { settings: more });
    expect(codes({}, large, settings({ fifo: "fast" }))).toEqual(["AI5004"]);
    expect(codes({ riscv: true }, large, settings({ fifo: "fast" }))).toEqual([]);
    expect(codes({ timer: 0 }, large, settings({ oneShot: true, oneShotSteps: 1 }))).toEqual(["AI5004"]);
    expect(codes({ maxSpeed: true, clockDivider: 2 }, large)).toEqual(["AI5004"]);
    expect(codes({ clockDivider: 2 }, large, settings({ pipeline: false }))).toEqual(["AI5010"]);
  });

  it("refuse a softmax or a scale that does not fit", () => {
    const wide = (channels: number, height: number, finalScale = 0) => [
      { ...wideOutput, finalScale, location: { ...wideOutput.location, channels, height, width: height } },
    ];
    expect(codes({ softmax: true }, small, handMadeProgram(small, { outputs: wide(10, 100) }))).toEqual(["AI5008"]);
    expect(codes({}, small, handMadeProgram(small, { outputs: wide(10, 1, 32) }))).toEqual(["AI5011"]);
    expect(codes({ scaleOutput: false }, small, handMadeProgram(small, { outputs: wide(10, 1, 32) }))).toEqual([]);
    const narrow = [{ ...wideOutput, finalScale: 9, location: { ...wideOutput.location, bits: 8 as const } }];
    expect(codes({}, small, handMadeProgram(small, { outputs: narrow }))).toEqual(["AI5011"]);
  });

  it("say what they ignore", () => {
    const found = (options: Partial<EmitOptions>) =>
      emitProject(handMadeProgram(small), small, { ...defaultEmitOptions(small), ...options }).diagnostics.map(
        ({ code }) => code,
      );
    expect(found({ energy: true, timer: 0 })).toContain("AI5005");
    expect(found({})).toContain("AI5006");
    expect(found({ mlator: true })).toContain("AI5007");
    expect(found({ unrollMlator: 4, unrollNarrow: 2, unrollWide: 4 }).filter((code) => code === "AI5013")).toHaveLength(
      2,
    );
  });
});

describe("the clock", () => {
  const plan = (device: DeviceSpec, settings: Partial<Program["settings"]>, options: Partial<EmitOptions> = {}) => {
    const program = handMadeProgram(device, { settings });
    const { source, loadDivider, inferenceDivider } = clockPlan(program, device, {
      ...defaultEmitOptions(device),
      ...options,
    });
    return [source, loadDivider, inferenceDivider];
  };

  it.each([
    ["MAX78000", plan(small, {}), ["PCLK", 1, 1]],
    ["the PLL", plan(large, {}), ["IPLL", 4, 1]],
    ["the PLL at full speed", plan(large, {}, { maxSpeed: true }), ["IPLL", 1, 1]],
    ["the PLL without pipeline", plan(large, { pipeline: false }), ["IPLL", 4, 4]],
    ["no PLL", plan(large, { pll: false }), ["PCLK", 1, 1]],
    ["neither", plan(large, { pll: false, pipeline: false }), ["PCLK", 2, 2]],
    ["a given divider", plan(large, {}, { clockDivider: 8 }), ["IPLL", 4, 8]],
  ])("with %s", (_, found, expected) => expect(found).toEqual(expected));
});
