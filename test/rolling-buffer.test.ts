import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { yamlToNetwork } from "../compiler/import/yaml-network.ts";
import type { Network } from "../compiler/ir/network.ts";
import type { LayerPlacement } from "../compiler/ir/placement.ts";
import { defaultProgramOptions, type ProgramOptions } from "../compiler/options.ts";
import { lowerProgram } from "../compiler/lower/lower-program.ts";
import { placeNetwork } from "../compiler/placement/place.ts";
import { verifyPlacement } from "../compiler/placement/verify-placement.ts";
import { buildModel } from "../dsl/define-model.ts";
import type { Model } from "../dsl/model.ts";
import type { TensorHandle } from "../dsl/tensor-handle.ts";
import { executeLayers } from "../runtime/reference/execute.ts";
import { infer, prepare, readOutput } from "../runtime/simulator/index.ts";
import { defaultEmitOptions, emitProject } from "../targets/emit/index.ts";
import { type DeviceName, devices, type Program } from "../targets/index.ts";
import { compileProject, hostCompiler, type CompiledProject } from "./emit/host.ts";
import { type BufferState, interpretModel } from "./fixtures/interpret-model.ts";
import { randomInput, randomIntegers } from "./fixtures/random-model.ts";
import { messages } from "./golden/case-network.ts";
import { fixtures, fixtureWeights, parsed } from "./import/descriptions.ts";

/** A model with a rolling buffer, and sometimes a second one. */
interface Rolling {
  readonly channels: number;
  readonly added: number;
  readonly columns: number;
  readonly longer: number;
  readonly from: "input" | "first layer" | "second layer" | "pooling" | "sum";
  readonly reader: "conv1d" | "conv2d" | "pooling" | "linear" | "crop" | "output" | "sum" | "two buffers";
  readonly format: "CHW" | "HWC";
  readonly seed: number;
}

const rolling: fc.Arbitrary<Rolling> = fc.record({
  channels: fc.constantFrom(1, 3, 4, 8, 17, 64),
  added: fc.integer({ min: 1, max: 4 }),
  columns: fc.integer({ min: 1, max: 3 }),
  longer: fc.integer({ min: 1, max: 6 }),
  from: fc.constantFrom("input", "first layer", "second layer", "pooling", "sum"),
  reader: fc.constantFrom("conv1d", "conv2d", "pooling", "linear", "crop", "output", "sum", "two buffers"),
  format: fc.constantFrom("HWC", "HWC", "CHW"),
  seed: fc.nat(1_000_000),
});

function newestRows(x: TensorHandle, { channels, from }: Rolling): TensorHandle {
  const first = x.conv2d(channels, { kernel: 1 });
  if (from === "first layer") return first;
  if (from === "pooling") return first.maxPool2d(2, { stride: 1 });
  return from === "sum" ? first.passthrough() : first.conv2d(channels, { kernel: 3, padding: 1 });
}

function results(buffer: TensorHandle, newest: TensorHandle, { reader, columns, longer }: Rolling): TensorHandle[] {
  const [channels, rows] = buffer.shape;
  switch (reader) {
    case "conv1d":
      return columns === 1
        ? [buffer.conv1d(5, { kernel: Math.min(rows, 3) }), newest]
        : [buffer.maxPool2d([2, 1], { stride: 1 })];
    case "conv2d":
      return [buffer.conv2d(6, { kernel: 3, padding: 1, activation: "relu" })];
    case "pooling":
      return [buffer.avgPool2d([2, 1], { stride: 1 })];
    case "linear":
      return [channels * rows * columns > 500 ? buffer.passthrough() : buffer.flatten().linear(4, { wide: true })];
    case "crop":
      return [buffer.crop(1, 0).conv2d(4, { kernel: 1 })];
    case "output":
      return [buffer, newest];
    case "sum":
      return [buffer.conv2d(channels, { kernel: 1 }).named("moved").passthrough(), buffer];
    case "two buffers":
      return [buffer, newest.rollingBuffer(rows + longer).conv2d(3, { kernel: 1 })];
  }
}

function modelOf(given: Rolling, device: DeviceName): Model {
  const extra = given.from === "pooling" ? 1 : 0;
  const shape = [given.from === "input" ? given.channels : 3, given.added + extra, given.columns + extra];
  const format = given.from === "input" && given.channels > 16 ? "HWC" : given.format;
  const build = (x: TensorHandle): TensorHandle[] => {
    const newest = given.from === "input" ? x : newestRows(x, given);
    return results(newest.rollingBuffer(given.added + given.longer), newest, given).filter((result) => result !== x);
  };
  return buildModel({ name: "rolling", device, input: { shape, format } }, build, modelOf);
}

/** Results of several inferences in a row, by output, in three ways that know nothing of each other. */
function inferences(model: Model, device: DeviceName, seed: number) {
  const operators = randomIntegers(model, seed);
  const weights = { operators, batchNorms: new Map() };
  const state: BufferState = new Map();
  let previous: Int32Array[] | null = null;
  let machine: ReturnType<typeof prepare> | null = null;
  return Array.from({ length: 4 }, (_, turn) => {
    const data = randomInput(model, seed + turn);
    const sample = { shape: model.nodes[0]!.shape, data };
    const { program, network, diagnostics } = compile({ model, device: devices[device], weights, sample });
    if (program === undefined || network === undefined) throw new Error(messages(diagnostics));
    const results: Int32Array[] = executeLayers(network.layers, sample, network.options, previous);
    previous = results;
    machine ??= prepare(program);
    infer(machine, program);
    const simulated = program.outputs.map(({ layer, location }) => ({ layer, values: readOutput(machine!, location) }));
    expect(machine.problems).toEqual([]);
    const meant = interpretModel(model, operators, data, false, state);
    return {
      simulated: simulated.map(({ values }) => [...values]),
      reference: simulated.map(({ layer }) => [...(results[layer ?? -1] as Int32Array)]),
      meant: meant.map((values) => [...values]),
    };
  });
}

describe("rolling buffers over several inferences", () => {
  it.each(["MAX78000", "MAX78002"] as const)("hold what was added, whatever the lengths, on %s", (device) => {
    const property = fc.property(rolling, (given) => {
      const model = modelOf(given, device);
      for (const { simulated, reference, meant } of inferences(model, device, given.seed)) {
        expect(simulated).toEqual(reference);
        // The order of outputs in a program is that of its layers.
        const sorted = (values: readonly (readonly number[])[]) => values.map((one) => one.join()).toSorted();
        expect(sorted(reference)).toEqual(sorted(meant));
      }
    });
    fc.assert(property, { numRuns: 40, seed: 5 });
  });

  it("differ from inferences that forget", () => {
    const given: Rolling = {
      channels: 4,
      added: 1,
      columns: 1,
      longer: 3,
      from: "second layer",
      reader: "output",
      format: "HWC",
      seed: 2,
    };
    const [first, second] = inferences(modelOf(given, "MAX78000"), "MAX78000", 2);
    const rows = (values: readonly number[]) => values.slice(0, 4);
    const ofFirst = first!.simulated.find((values) => values.length === 16)!;
    const ofSecond = second!.simulated.find((values) => values.length === 16)!;
    expect(rows(ofFirst).slice(0, 3)).toEqual([0, 0, 0]);
    expect(rows(ofSecond).slice(0, 3)).toEqual([0, 0, rows(ofFirst)[3]]);
    expect(ofFirst.some((value) => value !== 0)).toBe(true);
  });
});

const fixture = fixtures["temporal"]!;
const sampleOf = (network: Network) => {
  const { channels, height, width } = network.input;
  const data = Int8Array.from({ length: channels * height * width }, (_, i) => ((i * 29) % 256) - 128);
  return { shape: { channels, height, width }, data };
};

function described(): Network {
  const weights = fixtureWeights(fixture);
  const found = yamlToNetwork(parsed(fixture.yaml), {
    device: devices.MAX78000,
    weights,
    sample: { shape: fixture.sample },
  });
  if (found.network === undefined) throw new Error(messages(found.diagnostics));
  return found.network;
}

function programOf(options: Partial<ProgramOptions> = {}): Program {
  const network = described();
  const { placement, diagnostics } = placeNetwork(network, devices.MAX78000);
  if (placement === undefined) throw new Error(messages(diagnostics));
  const sample = sampleOf(network);
  const tensors = executeLayers(network.layers, sample, network.options);
  const all = { ...defaultProgramOptions(devices.MAX78000), ...options };
  const lowered = lowerProgram(placement, devices.MAX78000, all, { sample, tensors });
  if (lowered.program === undefined) throw new Error(messages(lowered.diagnostics));
  return lowered.program;
}

/** Facts about the program of the reference generator for the same description and weights. */
const recorded = {
  /** Layer 1 moves the buffer by one word, from 0x404 to 0x400. */
  mover: [
    [0x50100014, 0x00000007],
    [0x50100114, 0x00000101],
    [0x50100314, 0x00000100],
    [0x50100394, 0x00002000],
    [0x50100514, 0x00000101],
    [0x50100594, 0x00000920],
    [0x50100794, 0x03000000],
    [0x50500014, 0x00000007],
    [0x50500114, 0x00000101],
    [0x50500314, 0x00008100],
    [0x50500394, 0x00002000],
    [0x50500514, 0x00000101],
    [0x50500594, 0x00000920],
    [0x50500714, 0x000000ff],
    [0x50500794, 0x03000000],
  ],
  /** Layer 2 writes at 0x420; layer 3 reads nine words from 0x400. */
  writePointer: [0x50100318, 0x00008108],
  rows: [0x5010001c, 0x00000008],
  readPointer: [0x5010051c, 0x00000100],
  knownAnswer: [
    [0x50400000, 0xffffe1e0, 0xffffcf40, 0xffffdba0, 0xffffe800],
    [0x50408000, 0xfffff460],
  ],
} as const;

describe("the program of a temporal network", () => {
  const program = programOf();
  const words = program.phases.configure.flatMap((operation) =>
    operation.kind === "register" ? [[operation.address, operation.value] as const] : [],
  );

  it("has the registers and the known answer of the reference generator", () => {
    const mover = words.filter(([address]) => (address & 0x7f) === 0x14 && address < 0x50900000);
    expect(mover.toSorted(([a], [b]) => a - b)).toEqual(recorded.mover);
    for (const word of [recorded.writePointer, recorded.rows, recorded.readPointer]) expect(words).toContainEqual(word);
    const answers = program.knownAnswer!.map(({ address, words: values }) => [address, ...values]);
    expect(answers).toEqual(recorded.knownAnswer);
  });

  it("says which layer moves the buffer", () => {
    expect(program.layers[1]).toMatchObject({ name: "shift", description: "8x8x1, roll buffer by 1 -> 8x8x1" });
  });

  it("clears the buffer once, unless all memory is cleared", () => {
    const cleared = (phases: Program["phases"]) =>
      phases.init.flatMap((operation) =>
        operation.kind === "block" ? [[operation.address, operation.words.join("")]] : [],
      );
    expect(cleared(program.phases)).toEqual([
      [0x50800400, "000000000"],
      [0x50808400, "000000000"],
    ]);
    expect(cleared(programOf({ zeroSram: true }).phases)).toEqual([]);
  });

  it("is not compared with its known answer behind the inferences of an energy measurement", () => {
    const device = devices.MAX78000;
    const emitted = (energy: boolean, given = program) =>
      emitProject(given, device, { ...defaultEmitOptions(device), energy });
    const measured = emitted(true);
    expect(measured.diagnostics.map(({ code }) => code)).toEqual(["AI5006"]);
    expect(measured.files.get("main.c")).not.toContain("check_output");
    expect(emitted(false).files.get("main.c")).toContain("check_output()");
    const { rolling: _, ...settings } = program.settings;
    expect(emitted(true, { ...program, settings }).files.get("main.c")).toContain("check_output()");
  });

  let project: CompiledProject | null = null;
  afterAll(() => project?.remove());
  it.skipIf(hostCompiler === null)("gives C that clears the buffer and checks its known answer", () => {
    const device = devices.MAX78000;
    project = compileProject(emitProject(program, device, defaultEmitOptions(device)).files);
    const stale = [0x50800400, 0x50808400].map((address) => ({ address, words: Array.from({ length: 10 }, () => 7) }));
    const { checkOutput, dumps } = project.run({
      preload: [...stale, ...program.knownAnswer!],
      calls: ["cnn_init", "check_output"],
      dumps: stale.map(({ address }) => ({ address, count: 10 })),
    });
    expect(checkOutput).toBe(true);
    const cleared = [0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
    expect(dumps.map((dump) => [...dump])).toEqual([cleared, cleared]);
  });
});

describe("the placement verifier", () => {
  const network = described();
  const { placement } = placeNetwork(network, devices.MAX78000);
  const moved = (index: number, change: Partial<LayerPlacement>): string[] => {
    const layers = placement!.layers.map((place, i) => (i === index ? { ...place, ...change } : place));
    return verifyPlacement({ ...placement!, layers }, devices.MAX78000).map(({ code }) => code);
  };

  it.each([
    ["nothing wrong with a rolling buffer", 0, {}, []],
    ["results over kept rows", 0, { outputProcessors: 0xf0000n, outputOffset: 0x400 }, ["AI3023"]],
    [
      "later results over rows for the next inference",
      3,
      { outputProcessors: 0xff0000n, outputOffset: 0x404 },
      ["AI3023", "AI3024"],
    ],
    ["a buffer that moves by two rows", 1, { inputOffset: 0x408 }, ["AI3023"]],
    ["newest rows in another place", 2, { outputOffset: 0x424 }, ["AI3023"]],
  ] as const)("finds %s", (_, index, change, codes) => {
    expect([...new Set(moved(index, change))]).toEqual(codes);
  });
});
