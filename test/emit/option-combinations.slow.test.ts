import { describe, expect, it } from "vitest";
import type { Program, ProgramOutput } from "../../targets/accelerator/program.ts";
import { defaultEmitOptions, emitProject, type EmitOptions } from "../../targets/emit/index.ts";
import { devices, type DeviceSpec } from "../../targets/index.ts";
import { compileOnly, isInstalled } from "./host.ts";
import { handMadeProgram, words } from "./programs.ts";
import { knownAnswerOf, memoryOf, randomTensor } from "./tensors.ts";

/** Projects of options drawn at random, compiled as firmware engineers do. */

const warnings = ["-Wall", "-Wextra", "-Werror", "-Wcast-align", "-Wshadow", "-Wundef", "-Wpointer-arith"];
const compilers: readonly (readonly [command: string, flags: readonly string[]])[] = [
  ["gcc", ["-std=c11", "-O2"]],
  ["clang", ["-std=c11", "-O1"]],
  ["arm-none-eabi-gcc", ["-std=gnu99", "-O2", "-mcpu=cortex-m4", "-mthumb"]],
  ["riscv64-unknown-elf-gcc", ["-std=gnu99", "-O2", "-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"]],
];
const draws = 120;

type Random = (below: number) => number;
type Draw<Value> = (random: Random) => Value;

const one =
  <Value>(...values: readonly Value[]): Draw<Value> =>
  (random) =>
    values[random(values.length)] as Value;

const optionDraws: { readonly [Key in keyof EmitOptions]?: Draw<EmitOptions[Key]> } = {
  softmax: one(false, true),
  timer: one<number | null>(null, 0, 3),
  boost: one<EmitOptions["boost"]>(null, { port: 2, pin: 5 }),
  wfi: one(true, false),
  energy: one(false, false, true),
  unload: one(true, false),
  kat: one(true, false),
  maxVerifyLength: one<number | null>(null, 1, 9),
  scaleOutput: one(true, false),
  verifyWeights: one(false, true),
  verifyWrites: one(false, true),
  mlator: one(false, true),
  unrollMlator: one<number | null>(null, 1, 8),
  unrollNarrow: one<number | null>(null, 4),
  unrollWide: one<number | null>(null, 8),
  forever: one(false, false, true),
  stopStart: one(false, true),
  fifoWait: one(true, false),
  debugWait: one(0, 2),
  switchDelay: one(0, 10),
  clockDivider: one<number | null>(null, null, 4),
  clockTrim: one<EmitOptions["clockTrim"]>(null, [0, 2, 0], [1, 2, 3]),
  riscv: one(false, true),
  riscvDebug: one(false, true),
  riscvExclusive: one(false, true),
  deepsleep: one(false, true),
  apiFile: one<string | null>("cnn.c", null),
  sampleOutputFile: one<string | null>("sampleoutput.h", null),
};

function drawnOptions(device: DeviceSpec, random: Random): EmitOptions {
  const drawn = Object.entries(optionDraws).map(([key, draw]) => [key, (draw as Draw<unknown>)(random)]);
  const options = { ...defaultEmitOptions(device), ...(Object.fromEntries(drawn) as Partial<EmitOptions>) };
  const { riscv } = options;
  return {
    ...options,
    riscvDebug: riscv && options.riscvDebug,
    riscvExclusive: riscv && options.riscvExclusive,
    deepsleep: riscv && options.deepsleep,
  };
}

const plainOutput = { name: "fc", layer: 1, finalScale: 0 } as const;
const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
const location = {
  channels: 4,
  height: 4,
  width: 4,
  processors: range(16, 4),
  offset: 0,
  writeGap: 0,
  bits: 8,
} as const;
const results: readonly (readonly ProgramOutput[])[] = [
  [{ ...plainOutput, location }],
  [{ ...plainOutput, location: { ...location, height: 3, width: 1 } }],
  [
    {
      ...plainOutput,
      location: { ...location, channels: 10, processors: range(0, 10), height: 1, width: 1, bits: 32 },
    },
  ],
  [
    { ...plainOutput, location },
    { ...plainOutput, name: "more", finalScale: -2, location: { ...location, processors: range(32, 4), bits: 32 } },
  ],
  [{ ...plainOutput, finalScale: 2, location }],
];

function drawnProgram(device: DeviceSpec, { riscv, timer, energy, stopStart }: EmitOptions, random: Random): Program {
  const outputs = one(...results)(random);
  const tensors = outputs.map((output) => randomTensor(output.location, words(3)));
  const oneShot = device.capabilities.oneShot && timer === null && !energy && !stopStart && random(3) === 0;
  const fifo = one<Program["settings"]["fifo"]>("none", "none", "standard", riscv ? "fast" : "standard")(random);
  const settings: Partial<Program["settings"]> = {
    fifo,
    streaming: fifo !== "none" && random(2) === 0,
    mexpress: random(3) > 0,
    oneShot,
    oneShotSteps: oneShot ? 2 : 0,
    pll: device.capabilities.pll && random(3) > 0,
    finalWeightBits: one(8, 4)(random),
  };
  const knownAnswer = random(5) === 0 ? null : knownAnswerOf(memoryOf(device, tensors));
  return handMadeProgram(device, { outputs, knownAnswer, settings });
}

describe("projects of random options", () => {
  const next = words(20_24);
  const random: Random = (below) => Math.floor((next() / 2 ** 32) * below);
  const projects = range(0, draws).map((index) => {
    const device = one<DeviceSpec>(...Object.values(devices))(random);
    const options = drawnOptions(device, random);
    const program = drawnProgram(device, options, random);
    return { index, device: device.name, ...emitProject(program, device, options) };
  });

  it("are accepted, but for options that exclude each other", () => {
    const errors = projects.flatMap(({ diagnostics }) => diagnostics.filter(({ severity }) => severity === "error"));
    expect(errors.length).toBeLessThan(draws / 10);
    expect(new Set(errors.map(({ code }) => code)).size).toBeLessThanOrEqual(1);
  });

  describe.each(compilers)("with %s", (command, flags) => {
    const missing = isInstalled(command) ? "" : ` (skipped: ${command} is not installed)`;
    it.skipIf(missing !== "")(`compile without a warning${missing}`, { timeout: 300_000 }, () => {
      const failures = projects.flatMap(({ index, device, files }) => {
        try {
          compileOnly(files, command, [...flags, ...warnings]);
          return [];
        } catch (error) {
          return [`project ${index} for ${device}: ${(error as Error).message}`];
        }
      });
      expect(failures).toEqual([]);
    });
  });
});
