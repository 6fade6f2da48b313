import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BusOperation, Program, ProgramOutput, TensorLocation } from "../../targets/accelerator/program.ts";
import { defaultEmitOptions, emitProject, type EmitOptions, unloadResult } from "../../targets/emit/index.ts";
import { devices } from "../../targets/index.ts";
import type { DeviceSpec } from "../../targets/index.ts";
import {
  canObserve,
  compileOnly,
  compileProject,
  type CompiledProject,
  type HostCompiler,
  hostCompiler,
  type HostWrite,
  isInstalled,
} from "./host.ts";
import { handMadeProgram, words } from "./programs.ts";
import { deliveredWords, knownAnswerOf, memoryOf, randomTensor, type StoredTensor } from "./tensors.ts";

const all: readonly DeviceSpec[] = Object.values(devices);
const compilers: readonly HostCompiler[] = ["gcc", "clang"];
const armCompiler = "arm-none-eabi-gcc";
const armFlags = ["-O2", "-mcpu=cortex-m4", "-mthumb", "-Wall", "-Wextra", "-Werror", "-Wcast-align"];
const hasArm = isInstalled(armCompiler);
const noCompiler = hostCompiler === null ? " (skipped: no host compiler on Linux)" : "";
const noObserver = canObserve ? "" : " (skipped: observing accesses needs Linux on x86-64)";
const noArm = hasArm ? "" : ` (skipped: ${armCompiler} is not installed)`;

const range = (first: number, count: number, step = 1): number[] =>
  Array.from({ length: count }, (_, i) => first + i * step);

const output = (name: string, location: Partial<TensorLocation>, finalScale = 0): ProgramOutput => ({
  name,
  layer: 1,
  finalScale,
  location: { channels: 4, height: 1, width: 1, processors: range(0, 4), offset: 0, writeGap: 0, bits: 8, ...location },
});

/** Every way a result can lie in memory. */
const unloadCases: Record<string, readonly ProgramOutput[]> = {
  "ten wide values": [output("fc", { channels: 10, processors: range(0, 10), offset: 0x1000, bits: 32 })],
  "wide with pixels and a partial group": [
    output("map", { channels: 7, height: 3, width: 5, processors: range(16, 7), offset: 0x200, bits: 32 }),
  ],
  "one wide channel with pixels": [output("one", { channels: 1, height: 4, width: 4, processors: [32], bits: 32 })],
  "wide, unaligned map": [output("odd", { channels: 6, height: 2, width: 2, processors: range(3, 6), bits: 32 })],
  "wide, several turns": [
    output("many", { channels: 70, height: 1, width: 3, processors: range(0, 36), offset: 0x400, bits: 32 }),
  ],
  "bytes in CHW order": [output("conv", { channels: 8, height: 4, width: 6, processors: range(20, 8), offset: 0x80 })],
  "bytes that do not fill a word": [output("conv", { channels: 5, height: 3, width: 3, processors: range(12, 5) })],
  "bytes on an unaligned map": [output("conv", { channels: 6, height: 2, width: 3, processors: range(14, 6) })],
  "bytes on a map with holes": [output("conv", { channels: 4, height: 2, width: 2, processors: [1, 3, 6, 9] })],
  "bytes with a write gap": [
    output("conv", { channels: 4, height: 3, width: 3, processors: range(40, 4), offset: 0x100, writeGap: 2 }),
  ],
  "bytes in several turns with a gap": [
    output("conv", { channels: 150, height: 2, width: 2, processors: range(0, 52), offset: 0x20, writeGap: 1 }),
  ],
  "a single byte": [output("flag", { channels: 1, processors: [63], offset: 0x7000 })],
  "several outputs of both kinds": [
    output("boxes", { channels: 6, height: 2, width: 2, processors: range(0, 6), offset: 0x2000, bits: 32 }),
    output("mask", { channels: 3, height: 3, width: 3, processors: range(8, 3), offset: 0x2000 }),
    output("classes", { channels: 5, processors: range(16, 5), offset: 0x2000, bits: 32 }),
    output("rest", { channels: 2, processors: range(24, 2), offset: 0x2000 }),
  ],
  "scaled wide values": [output("fc", { channels: 9, processors: range(0, 9), bits: 32 }, -4)],
  "scaled bytes and words": [
    output("boxes", { channels: 4, height: 3, width: 3, processors: range(0, 4), offset: 0 }, 2),
    output("plain", { channels: 3, height: 1, width: 3, processors: range(4, 3), offset: 0 }, 0),
    output("down", { channels: 5, height: 1, width: 1, processors: range(8, 5), offset: 0 }, -1),
  ],
};

interface Prepared {
  readonly program: Program;
  readonly tensors: readonly StoredTensor[];
}

function prepare(
  device: DeviceSpec,
  outputs: readonly ProgramOutput[],
  settings: Partial<Program["settings"]> = {},
): Prepared {
  const random = words(outputs.length + (outputs[0]?.location.channels ?? 0));
  const tensors = outputs.map(({ location }) => randomTensor(location, random));
  const knownAnswer = knownAnswerOf(memoryOf(device, tensors));
  return { program: handMadeProgram(device, { outputs, knownAnswer, settings }), tensors };
}

function emit(program: Program, device: DeviceSpec, options: Partial<EmitOptions> = {}): ReadonlyMap<string, string> {
  const { files, diagnostics } = emitProject(program, device, { ...defaultEmitOptions(device), ...options });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return files;
}

const preloadOf = (program: Program) =>
  (program.knownAnswer ?? []).map(({ address, words: values }) => ({ address, words: values }));

describe.each(all)("cnn_unload() and check_output() on $name", (device) => {
  describe.each(Object.entries(unloadCases))("%s", (_, outputs) => {
    const { program, tensors } = prepare(device, outputs);
    const narrowBytes = outputs.some(({ location, finalScale }) => location.bits === 8 && finalScale !== 0) ? 2 : 1;
    const expected = deliveredWords(
      tensors,
      narrowBytes,
      outputs.map(({ finalScale }) => finalScale),
    );
    let project: CompiledProject | undefined;
    beforeAll(() => {
      if (hostCompiler !== null) project = compileProject(emit(program, device));
    });
    afterAll(() => project?.remove());

    it("has a TypeScript twin that delivers the same words", () => {
      const memory = memoryOf(device, tensors);
      const delivered = unloadResult(program, device, (address) => memory.get(address)?.word ?? 0xa5a5a5a5);
      expect([...delivered]).toEqual(expected);
    });

    it.skipIf(hostCompiler === null)(`delivers every value, and checks it${noCompiler}`, () => {
      const result = project?.run({ preload: preloadOf(program), calls: ["check_output"], unload: true });
      expect(result?.checkOutput).toBe(true);
      expect([...(result?.unload ?? [])]).toEqual(expected);
    });

    it.skipIf(hostCompiler === null)(`finds a flipped bit, and ignores bits of others${noCompiler}`, () => {
      const blocks = program.knownAnswer ?? [];
      const random = words(99);
      for (const block of [blocks[0], blocks.at(-1)]) {
        if (block === undefined) throw new Error("no known answer");
        const at = random() % block.words.length;
        for (const mask of [block.mask & -block.mask, ~block.mask]) {
          if (mask === 0) continue;
          const flipped = ((block.words[at] as number) ^ mask) >>> 0;
          const preload = [...preloadOf(program), { address: block.address + 4 * at, words: [flipped] }];
          const result = project?.run({ preload, calls: ["check_output"] });
          expect(result?.checkOutput).toBe(mask === ~block.mask);
          if (mask !== ~block.mask) expect(result?.stdout).toContain("mismatch");
        }
      }
    });
  });
});

const pollsOf = (program: Program) =>
  Object.values(program.phases)
    .flat()
    .filter((operation) => operation.kind === "poll");

/** Writes of a list of operations, as a bus analyzer would see them. */
function writesOf(operations: readonly BusOperation[]): HostWrite[] {
  return operations.flatMap((operation): HostWrite[] => {
    if (operation.kind === "register") return [{ address: operation.address, value: operation.value }];
    if (operation.kind !== "block") return [];
    return [...operation.words].map((value, i) => ({ address: operation.address + i * operation.step, value }));
  });
}

describe.each(all)("the writes of a project on $name", (device) => {
  const registers = device.memoryMap;
  describe.each([
    ["express weights", { settings: {} }],
    ["plain weights", { settings: { mexpress: false } }],
    [
      "standard FIFO",
      {
        settings: { fifo: "standard" as const },
        arrays: [0, 1].map((index) => ({
          index,
          address: registers.apbBase + registers.fifo.data + 4 * index,
          words: Uint32Array.from({ length: 10 }, words(index)),
          comment: `FIFO ${index}`,
        })),
      },
    ],
  ] as const)("%s", (_, parts) => {
    it.skipIf(!canObserve || hostCompiler === null)(`are those of the program${noObserver}`, () => {
      const program = handMadeProgram(device, parts);
      const project = compileProject(emit(program, device));
      try {
        const polls = pollsOf(program);
        const calls = [
          "cnn_init",
          "cnn_load_weights",
          "cnn_load_bias",
          "cnn_configure",
          "load_input",
          "cnn_start",
        ] as const;
        const result = project.run({ polls, calls, trace: true });
        const phases = ["init", "loadWeights", "loadBias", "configure", "loadInput", "start"] as const;
        for (const [i, phase] of phases.entries()) {
          const { returned, writes } = result.calls[i] as (typeof result.calls)[number];
          const expected = writesOf(program.phases[phase]);
          if (phase === "loadInput" && program.settings.fifo !== "none") {
            expect(writes).toEqual(interleaved(program));
          } else expect(writes).toEqual(expected);
          expect(returned).toBe(1);
          expect(writes.length).toBeGreaterThan(0);
        }
      } finally {
        project.remove();
      }
    });
  });

  it.skipIf(!canObserve || hostCompiler === null)(`power the quadrants in use, in order${noObserver}`, () => {
    const project = compileProject(emit(handMadeProgram(device), device));
    try {
      const { calls } = project.run({ calls: ["cnn_enable", "cnn_stop", "cnn_continue", "cnn_disable"], trace: true });
      const gcfr = registers.gcfr;
      const power = (writes: readonly HostWrite[]) =>
        writes
          .filter(({ address }) => address >= gcfr && address < gcfr + 16)
          .map(({ address, value }) => [(address - gcfr) / 4, value]);
      expect(power(calls[0]?.writes ?? [])).toEqual([
        [3, 0xf],
        [1, 0b0101],
        [0, 0b0101],
        [2, 0b1010],
        [3, 0],
      ]);
      expect(power(calls[3]?.writes ?? [])).toEqual([
        [3, 0xf],
        [2, 0xf],
        [0, 0],
        [1, 0],
        [3, 0],
      ]);
      const control = registers.apbBase + registers.quadrantRegisters;
      expect(calls[1]?.writes).toEqual([{ address: control, value: 0 }]);
      expect(calls[2]?.writes).toEqual([{ address: control, value: 1 }]);
    } finally {
      project.remove();
    }
  });

  it.skipIf(!canObserve || hostCompiler === null)(`stop when a self test fails${noObserver}`, () => {
    const program = handMadeProgram(device);
    const check = program.phases.init.find((operation) => operation.kind === "check");
    if (check === undefined) throw new Error("the program checks nothing");
    const done = program.phases.init.filter((operation) => operation.kind === "poll");
    const failing = { address: check.address, mask: check.mask, value: check.mask & -check.mask };
    const project = compileProject(emit(program, device));
    try {
      expect(project.run({ polls: [...done, failing], calls: ["cnn_init"] }).calls[0]?.returned).toBe(0);
    } finally {
      project.remove();
    }
  });
});

/** What the processors' weight memories show after loading: four bus words per weight word. */
function weightMemory(program: Program, device: DeviceSpec): { address: number; words: number[] }[] {
  const blocks = program.phases.loadWeights.filter((operation) => operation.kind === "block" && operation.width === 4);
  return blocks.map((block) => {
    if (block.kind !== "block") throw new Error("not a block");
    if (!program.settings.mexpress) return { address: block.address, words: [...block.words] };
    const bytes = [...block.words].flatMap((word) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff));
    const window = block.address - (block.address % device.memoryMap.weightProcessorStride);
    const columns = Math.floor(bytes.length / 9);
    const word = (at: number): number => bytes.slice(at, at + 4).reduce((value, byte) => value * 256 + byte, 0);
    return {
      address: window + 4 * (block.address - window),
      words: Array.from({ length: columns }, (_, i) => [
        bytes[9 * i] as number,
        word(9 * i + 1),
        word(9 * i + 5),
        0,
      ]).flat(),
    };
  });
}

describe.each(all)("cnn_verify_weights() on $name", (device) => {
  it.skipIf(hostCompiler === null).each([true, false])("finds weights that differ, express loading: %s", (mexpress) => {
    const program = handMadeProgram(device, { settings: { mexpress } });
    const memory = weightMemory(program, device);
    const project = compileProject(emit(program, device, { verifyWeights: true }));
    try {
      const verify = (preload: typeof memory) =>
        project.run({ preload, calls: ["cnn_verify_weights"] }).calls[0]?.returned;
      expect(verify(memory)).toBe(1);
      for (const { address, words: column } of memory) {
        for (const at of [0, column.length - 2]) {
          const wrong = { address: address + 4 * at, words: [((column[at] as number) ^ 0x10) >>> 0] };
          expect(verify([...memory, wrong])).toBe(0);
        }
      }
    } finally {
      project.remove();
    }
  });
});

/** FIFOs are filled in turns. */
function interleaved(program: Program): HostWrite[] {
  const { arrays } = program.input;
  return Array.from({ length: arrays[0]?.words.length ?? 0 }, (_, i) =>
    arrays.map(({ address, words: values }) => ({ address, value: values[i] as number })),
  ).flat();
}

/** Options that change code; each must compile everywhere and run to the end. */
const variants: Record<
  string,
  {
    options?: Partial<EmitOptions>;
    settings?: Partial<Program["settings"]>;
    devices?: (device: DeviceSpec) => boolean;
    ends?: false;
  }
> = {
  plain: {},
  softmax: { options: { softmax: true } },
  "softmax of four-bit weights": { options: { softmax: true }, settings: { finalWeightBits: 4 } },
  timer: { options: { timer: 0 } },
  boost: { options: { boost: { port: 2, pin: 5 } } },
  "no wfi": { options: { wfi: false } },
  energy: { options: { energy: true } },
  transposer: { options: { mlator: true, unrollMlator: 4, unrollWide: 2 } },
  "unrolled loops, RISC-V": { options: { riscv: true, mlator: true, unrollNarrow: 4, unrollWide: 8 } },
  "no unload": { options: { unload: false } },
  "no known answer": { options: { kat: false } },
  "verified weights, writes": { options: { verifyWeights: true, verifyWrites: true } },
  "verified plain weights": { options: { verifyWeights: true }, settings: { mexpress: false } },
  forever: { options: { forever: true, boost: { port: 2, pin: 5 } }, ends: false },
  "stop and start": { options: { stopStart: true } },
  "clock trims": { options: { clockTrim: [1, 2, 3], clockDivider: 4, debugWait: 0, switchDelay: 10 } },
  "full speed": { options: { maxSpeed: true }, devices: ({ capabilities }) => capabilities.pll },
  "no PLL": { settings: { pll: false } },
  "no pipeline": { settings: { pipeline: false } },
  "one shot": { settings: { oneShot: true, oneShotSteps: 2 }, devices: ({ capabilities }) => capabilities.oneShot },
  streaming: { settings: { streaming: true } },
  "RISC-V": { options: { riscv: true, softmax: true, timer: 1 } },
  "RISC-V with everything": {
    options: {
      riscv: true,
      riscvDebug: true,
      riscvExclusive: true,
      deepsleep: true,
      energy: true,
      verifyWeights: true,
    },
  },
  "RISC-V without sleep": { options: { riscv: true, wfi: false } },
  "RISC-V, fast FIFO": { options: { riscv: true }, settings: { fifo: "fast" } },
  "other names": {
    options: {
      mainFile: "demo",
      apiFile: "net.c",
      weightsFile: "w.h",
      sampleInputFile: "in.h",
      sampleOutputFile: "out.h",
    },
  },
  "a single C file": { options: { apiFile: null, sampleOutputFile: null, softmax: true, timer: 0 } },
  "a single C file, RISC-V": { options: { apiFile: null, riscv: true } },
};

describe.each(all)("a project for $name", (device) => {
  const outputs = [
    output("mask", { channels: 3, height: 2, width: 2, processors: range(8, 3), offset: 0x100 }),
    output("fc", { channels: 10, processors: range(16, 10), offset: 0x300, bits: 32 }),
  ];
  const wanted = Object.entries(variants).filter(([, variant]) => variant.devices?.(device) ?? true);

  describe.each(wanted)("%s", (name, variant) => {
    const { program } = prepare(device, outputs, variant.settings);
    const files = emit(program, device, variant.options);

    // Every option with one host compiler on each device; the plain project with both.
    for (const compiler of compilers.filter((_c, i) => name === "plain" || i === all.indexOf(device))) {
      const skipped = hostCompiler !== null && isInstalled(compiler) ? "" : ` (skipped: ${compiler} is not installed)`;
      it.skipIf(skipped !== "")(`compiles without warnings with ${compiler} and runs${skipped}`, () => {
        const project = compileProject(files, compiler);
        try {
          if (variant.ends === false || !canObserve) return;
          // Weights are packed on their way in, so that reading them back needs the hardware.
          if (variant.options?.verifyWeights === true && program.settings.mexpress) return;
          const result = project.run({ preload: preloadOf(program), polls: pollsOf(program), calls: ["main"] });
          expect(result.stdout).toContain("*** PASS ***");
          expect(result.stdout.includes("Inference time: 1234 us")).toBe((variant.options?.timer ?? null) !== null);
        } finally {
          project.remove();
        }
      });
    }

    it.skipIf(!hasArm)(`compiles without warnings for the Cortex-M4${noArm}`, () => {
      compileOnly(files, armCompiler, armFlags);
    });
  });
});

describe("waiting for the end of an inference", () => {
  const main = (options: Partial<EmitOptions>) => {
    const device = devices.MAX78000;
    const wait = emit(handMadeProgram(device), device, options).get("main.c") ?? "";
    return wait.slice(wait.indexOf("wait_for_cnn(void)"), wait.indexOf("static void run_cnn"));
  };

  it("looks again behind the point from which interrupts are held back, and lets them through after sleep", () => {
    const order = ["while (cnn_time == 0)", "cpsid i", "if (cnn_time == 0)", "MXC_LP_EnterSleepMode", "cpsie i"];
    const found = order.map((text) => main({}).indexOf(text));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(found[0]).toBeGreaterThan(0);
  });

  it("holds nothing back where it does not sleep", () => {
    expect(main({ wfi: false })).not.toMatch(/cpsi|Sleep/);
  });
});

describe("softmax", () => {
  it.skipIf(hostCompiler === null)(`prints the probability of each class${noCompiler}`, () => {
    const device = devices.MAX78000;
    const scores = [1000, -2000, 3000, 500];
    const outputs = [output("fc", { channels: 4, bits: 32 })];
    const tensor = { location: (outputs[0] as ProgramOutput).location, values: scores.map((score) => [score]) };
    const knownAnswer = knownAnswerOf(memoryOf(device, [tensor]));
    const program = handMadeProgram(device, { outputs, knownAnswer, settings: { finalWeightBits: 4 } });
    const project = compileProject(
      emit({ ...program, phases: { ...program.phases, init: [] } }, device, { softmax: true }),
    );
    try {
      const { stdout } = project.run({ preload: preloadOf(program), calls: ["main"] });
      expect(stdout).toContain("[  16000] -> Class 0: 16.3%");
      expect(stdout).toContain("[ -32000] -> Class 1: 2.0%");
      expect(stdout).toContain("[  48000] -> Class 2: 65.3%");
      expect(stdout).toContain("[   8000] -> Class 3: 16.3%");
    } finally {
      project.remove();
    }
  });

  it.skipIf(hostCompiler === null)(`widens 8-bit scores to 14 fraction bits${noCompiler}`, () => {
    const device = devices.MAX78002;
    const outputs = [output("fc", { channels: 2 })];
    const tensor = { location: (outputs[0] as ProgramOutput).location, values: [[127], [-1]] };
    const knownAnswer = knownAnswerOf(memoryOf(device, [tensor]));
    const program = handMadeProgram(device, { outputs, knownAnswer });
    const project = compileProject(
      emit({ ...program, phases: { ...program.phases, init: [] } }, device, { softmax: true }),
    );
    try {
      const { stdout } = project.run({ preload: preloadOf(program), calls: ["main"] });
      // One octave apart: two thirds and one third.
      expect(stdout).toContain("[  16256] -> Class 0: 66.7%");
      expect(stdout).toContain("[   -128] -> Class 1: 33.3%");
    } finally {
      project.remove();
    }
  });
});
