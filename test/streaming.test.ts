import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { checkKnownAnswer, infer, prepare, type Machine } from "../runtime/simulator/index.ts";
import { devices, type DeviceName, type Program } from "../targets/index.ts";
import { streamingModels, streamingRequest, type StreamingModel } from "./fixtures/random-streaming.ts";

const names = ["MAX78000", "MAX78002"] as const;

/** What the device or its memory cannot do, which is not what these tests are about. */
const refusals = ["AI2530", "AI3201"];

/** The compiled program, compared with the reference executor on the way; null when it is refused. */
function programOf(given: StreamingModel, name: DeviceName): Program | null {
  const request = streamingRequest(given, devices[name]);
  if (request === null) return null;
  const { program, diagnostics, times } = compile(request);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0 && errors.every(({ code }) => refusals.includes(code))) return null;
  expect(errors).toEqual([]);
  expect(times.map(({ pass }) => pass)).toContain("verifyProgram");
  return program ?? null;
}

interface Run {
  readonly problems: readonly string[];
  readonly wrongWords: number;
}

/** Runs a program after a change of its registers. */
function runChanged(program: Program, change: (machine: Machine) => void): Run {
  const machine = prepare(program);
  change(machine);
  infer(machine, program);
  const wrongWords = checkKnownAnswer(machine, program.knownAnswer ?? []).length;
  return { problems: machine.problems, wrongWords };
}

function setInAllQuadrants(machine: Machine, register: string, values: Record<string, number>, layer: number): void {
  for (let quadrant = 0; quadrant < machine.device.quadrants; quadrant++) {
    machine.registers.set(register, values, quadrant, layer);
  }
}

const streamingLayers = ({ registers, device }: Machine): number[] =>
  Array.from({ length: device.limits.streamingLayers }, (_, layer) => layer).filter(
    (layer) => registers.get("STREAM1", "start", 0, layer) > 0,
  );

describe.each(names)("random streaming networks on %s", (name) => {
  it("give on the simulator what the reference executor computes", () => {
    let checked = 0;
    const layers = new Set<number>();
    const property = fc.property(streamingModels, (given) => {
      const program = programOf(given, name);
      fc.pre(program !== null);
      if (program === null) return;
      layers.add(streamingLayers(prepare(program)).length);
      checked++;
    });
    fc.assert(property, { numRuns: 25, seed: 1, maxSkipsPerRun: 10 });
    expect(checked).toBe(25);
    expect([...layers].sort()).toEqual([1, 2, 3, 4]);
  });

  it("give the same when they run word by word", () => {
    // Buffers in the upper half of data memory, longer than needed: they overlap without being used so far.
    const spread = (machine: Machine): void => {
      const free = machine.data.usableWords / 2;
      for (const layer of streamingLayers(machine)) {
        const word = free + (layer * free) / 4;
        setInAllQuadrants(machine, "RPTR_BASE", { word }, layer);
        if (layer > 0) setInAllQuadrants(machine, "WPTR_BASE", { word }, layer - 1);
        setInAllQuadrants(machine, "FMAX", { words: free / 4 + (layer < 3 ? 1 : 0) }, layer);
      }
    };
    let compared = 0;
    const small = streamingModels.filter(({ height, width, steps }) => height * width < 200 && steps.length > 1);
    const property = fc.property(small, (given) => {
      const program = programOf(given, name);
      fc.pre(program !== null && streamingLayers(prepare(program)).length > 1);
      if (program === null) return;
      const { problems, wrongWords } = runChanged(program, spread);
      fc.pre(problems.length > 0);
      expect(
        problems.filter((problem) => !/^the streaming buffers of layers \d and \d overlap$/.test(problem)),
      ).toEqual([]);
      expect(wrongWords).toBe(0);
      compared++;
    });
    fc.assert(property, { numRuns: 6, seed: 5, maxSkipsPerRun: 30 });
    expect(compared).toBe(6);
  });
});

/** 3x12x16 through the FIFO; 2x2 windows before the second streaming layer, none before the third. */
const example: StreamingModel = {
  channels: 3,
  format: "HWC",
  height: 12,
  width: 16,
  steps: [
    { channels: 8, kernel: 3, padding: 1, pool: null, isAverage: false, activation: "relu" },
    { channels: 8, kernel: 3, padding: 1, pool: [2, 2], isAverage: false, activation: "relu" },
    { channels: 8, kernel: 3, padding: 1, pool: null, isAverage: false, activation: "relu" },
  ],
  isFollowed: true,
  seed: 3,
};

/**
 * Generated value of a field, and the largest smaller one that fails. The gap is what our bounds leave open (see
 * `runtime/simulator/stream-progress.ts`): the generated values have a margin, and a chip may need more than we know.
 */
interface Tightness {
  readonly register: "STREAM1" | "STREAM2" | "FMAX";
  readonly field: string;
  readonly layer: number;
  readonly generated: number;
  readonly failing: number;
  readonly problem: RegExp;
}

const early = /^layer \d: reads \d+ windows? of its input before it has arrived$/;
const late = /^layer \d: \d+ windows? of its input are overwritten before they are read$/;

const start = { register: "STREAM1", field: "start", problem: early } as const;
const delta1 = { register: "STREAM2", field: "delta1", problem: early } as const;
const delta2 = { register: "STREAM2", field: "delta2", problem: early } as const;
const rollover = { register: "FMAX", field: "words", problem: late } as const;

const tightness: Record<DeviceName, readonly Tightness[]> = {
  MAX78000: [
    { ...start, layer: 1, generated: 60, failing: 49 },
    { ...start, layer: 2, generated: 25, failing: 16 },
    { ...delta1, layer: 1, generated: 2, failing: 1 },
    { ...delta1, layer: 2, generated: 1, failing: 0 },
    { ...delta2, layer: 1, generated: 20, failing: 11 },
    { ...rollover, layer: 1, generated: 78, failing: 19 },
    { ...rollover, layer: 2, generated: 26, failing: 2 },
  ],
  MAX78002: [
    { ...start, layer: 1, generated: 59, failing: 49 },
    { ...start, layer: 2, generated: 23, failing: 16 },
    { ...delta1, layer: 1, generated: 2, failing: 1 },
    { ...delta1, layer: 2, generated: 1, failing: 0 },
    { ...delta2, layer: 1, generated: 18, failing: 12 },
    { ...rollover, layer: 1, generated: 61, failing: 18 },
  ],
};

describe.each(names)("stream registers on %s", (name) => {
  const program = programOf(example, name) as Program;
  const at = ({ register, field, layer }: Tightness, value: number): Run =>
    runChanged(program, (machine) => setInAllQuadrants(machine, register, { [field]: value }, layer));

  it.each(tightness[name])("fail at too small a $field of layer $layer: $failing", (entry) => {
    expect(prepare(program).registers.get(entry.register, entry.field, 0, entry.layer)).toBe(entry.generated);
    for (let value = entry.generated; value > entry.failing; value--) {
      expect([value, at(entry, value)]).toEqual([value, { problems: [], wrongWords: 0 }]);
    }
    const { problems, wrongWords } = at(entry, entry.failing);
    expect(problems[0]).toMatch(entry.problem);
    expect(wrongWords).toBeGreaterThan(0);
  });

  it("fail when a layer starts too late for its buffer", () => {
    const change = (machine: Machine): void => setInAllQuadrants(machine, "STREAM1", { start: 160 }, 1);
    const { problems, wrongWords } = runChanged(program, change);
    expect(problems[0]).toMatch(late);
    expect(wrongWords).toBeGreaterThan(0);
  });

  it("fail when the frame is shorter than the input", () => {
    const { problems, wrongWords } = runChanged(program, (machine) => {
      for (let quadrant = 0; quadrant < 4; quadrant++) machine.registers.set("IFRM", { words: 12 * 16 - 1 }, quadrant);
    });
    expect(problems[0]).toBe("layer 0: reads 1 window of its input before it has arrived");
    expect(wrongWords).toBeGreaterThan(0);
  });
});
