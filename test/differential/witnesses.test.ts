import { describe, expect, it } from "vitest";
import type { BusOperation, Program } from "../../targets/accelerator/program.ts";
import { devices } from "../../targets/index.ts";
import { buildModel } from "../../dsl/define-model.ts";
import { eltwise } from "../../dsl/functions.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { compile } from "../../compiler/compile.ts";
import { defaultProgramOptions } from "../../compiler/options.ts";
import { randomInput, randomWeights } from "../fixtures/random-model.ts";
import type { Model } from "../../dsl/model.ts";
import { interpretModel } from "../fixtures/interpret-model.ts";
import { compareExecution } from "./compare-execution.ts";
import { compareRegisters } from "./compare-registers.ts";
import { compareValues } from "./compare-values.ts";
import { memoryAddress, turns } from "./data-memory.ts";
import { networkFacts } from "./layer-facts.ts";

const names = ["MAX78000", "MAX78002"] as const;

describe("places in data memory", () => {
  it("are those of the vendor's documents", () => {
    const at = (name: (typeof names)[number]) => [0, 4, 12, 16, 44, 60].map((p) => memoryAddress(devices[name], p, 0));
    expect(at("MAX78000")).toEqual([0x50400000, 0x50408000, 0x50418000, 0x50800000, 0x50c18000, 0x51018000]);
    expect(at("MAX78002")).toEqual([0x51800000, 0x51820000, 0x51860000, 0x52800000, 0x53860000, 0x54860000]);
  });

  it("are divided into equal turns of whole instances", () => {
    const channels = [21, 64, 65, 79, 96, 97, 126, 160, 192, 288, 720, 1000];
    expect(channels.map((count) => turns(count).passes)).toEqual([1, 1, 2, 2, 2, 2, 2, 3, 3, 5, 12, 16]);
    expect(channels.map((count) => turns(count).perPass)).toEqual([21, 64, 36, 40, 48, 52, 64, 56, 64, 60, 60, 64]);
  });
});

/** A network of every kind of layer that writes many registers. */
function example(name: (typeof names)[number]) {
  const device = devices[name];
  const build = (x: TensorHandle) => {
    const y = x.conv2d(20, { kernel: 3, padding: 1, activation: "relu" });
    const sum = eltwise("add", example, [y.conv2d(72, { kernel: 1 }), y.conv2d(72, { kernel: 3, padding: 1 })]);
    return [
      y,
      sum.maxPool2d(2).conv2d(8, { kernel: 3, padding: 1, weightBits: 4 }).flatten().linear(5, { wide: true }),
    ];
  };
  const options = { name: "example", device: name, input: { shape: [3, 8, 8], format: "HWC" } };
  const model = buildModel(options, build, example);
  const shape = { channels: 3, height: 8, width: 8 };
  const sample = { shape, data: randomInput(model, 1) };
  const { program, placement, tensors } = compile({ model, device, weights: randomWeights(model, 1), sample });
  if (!program || !placement || !tensors) throw new Error("the example does not compile");
  return { device, program, placement, tensors: tensors.map((tensor) => tensor ?? new Int32Array()) };
}

describe.each(names)("witnesses of a program for %s", (name) => {
  const { device, program, placement, tensors } = example(name);
  const programOptions = defaultProgramOptions(device);
  const sets = networkFacts(placement, device, programOptions).layers.map(({ set }) => set);
  const registersOf = (changed: Program) => compareRegisters(changed, placement, device, programOptions).differences;

  it("agree with it", () => {
    expect(registersOf(program)).toEqual([]);
    expect(compareValues(program, placement, device, tensors, sets)).toEqual([]);
  });

  it("notice every changed, missing or moved register", () => {
    const { configure } = program.phases;
    const withPhase = (operations: readonly BusOperation[]): Program => ({
      ...program,
      phases: { ...program.phases, configure: operations },
    });
    for (const [index, operation] of configure.entries()) {
      if (operation.kind !== "register") continue;
      const changes = [
        [{ ...operation, value: (operation.value ^ 1) >>> 0 }],
        [{ ...operation, address: operation.address + 4 }],
        [],
      ];
      for (const change of changes) {
        expect(registersOf(withPhase(configure.toSpliced(index, 1, ...change))), operation.label).not.toEqual([]);
      }
    }
    expect(configure.length).toBeGreaterThan(60);
  });

  it("notice every changed value of the known answer, and one too many", () => {
    const blocks = program.knownAnswer ?? [];
    for (const [index, block] of blocks.entries()) {
      const low = block.mask & -block.mask;
      const words = Uint32Array.from(block.words, (word, i) => (i === block.words.length - 1 ? word ^ low : word));
      const changed = { ...program, knownAnswer: blocks.toSpliced(index, 1, { ...block, words }) };
      expect(compareValues(changed, placement, device, tensors, sets)[0]).toMatch(/^known answer of layer/);
    }
    const extra = { address: memoryAddress(device, 60, 0x1000), mask: 0xff, words: Uint32Array.of(1) };
    const longer = { ...program, knownAnswer: [...blocks, extra] };
    expect(compareValues(longer, placement, device, tensors, sets)).toEqual([
      "1 bytes of the known answer belong to no output",
    ]);
  });
});

describe("witnesses of what a model says beyond its operators", () => {
  const device = devices.MAX78002;
  const stated: Pick<Model, "sequence" | "unload"> = {
    sequence: { start: "a", next: { a: "c", c: "b", b: "d", d: "stop" } },
    unload: [
      { tensor: "b", channels: [1, 3] },
      { tensor: "d", rows: [1, 2] },
    ],
  };
  const unit = { A1: 0x200000, A2: 0x21ffff, D1: 1, D2: 0x7f, C1: 0x62055039, C2: 0x3000 };
  const build = (x: TensorHandle) => {
    const a = x.conv2d(4, { name: "a", kernel: 3, padding: 1 });
    const b = a.conv2d(4, { name: "b", kernel: 1 });
    const c = a.conv2d(4, { name: "c", kernel: 3, padding: 1 });
    return [eltwise("add", build, [b, c]).conv2d(4, { name: "d", kernel: 1, bias: false })];
  };
  const input = { shape: [4, 6, 6], format: "HWC" };
  const options = { name: "stated", device: device.name, input, snoop: { unit1: unit }, ...stated };
  const model = buildModel(options, build, build);
  const data = randomInput(model, 1);
  const weights = randomWeights(model, 1);
  const sample = { shape: { channels: 4, height: 6, width: 6 }, data };
  const { program, placement, network } = compile({ model, device, weights, sample, verify: false });
  if (!program || !placement || !network) throw new Error("the example does not compile");
  const sets = networkFacts(placement, device, defaultProgramOptions(device)).layers.map(({ set }) => set);
  const valuesOf = (name: string) => {
    const outputs = model.nodes.filter((node) => node.name === name).map(({ id }) => id);
    return interpretModel({ ...model, outputs }, weights.operators, data, false)[0] as number[];
  };
  const differences = (changed: Partial<Model>) =>
    compareExecution({ model: { ...model, ...changed }, network, program, device, sets, valuesOf });

  it("agree with the program", () => {
    expect(differences({})).toEqual([]);
    expect(sets).toEqual([0, 2, 1, 3]);
  });

  it.each([
    [
      "order",
      { sequence: { start: "a", next: { a: "b", b: "c", c: "d", d: "stop" } } },
      /^layers run as a c b add_1\/d, not/,
    ],
    ["number of layers", { sequence: { simulated: ["a", "c", "b"] } }, /^4 layers run, not 3/],
    [
      "channels",
      {
        unload: [
          { tensor: "b", channels: [0, 2] },
          { tensor: "d", rows: [1, 2] },
        ],
      },
      /^the read-out list: value 0/,
    ],
    [
      "rows",
      {
        unload: [
          { tensor: "b", channels: [1, 3] },
          { tensor: "d", rows: [2, 3] },
        ],
      },
      /^the read-out list: value 18/,
    ],
    ["snooped values", { snoop: { unit1: { ...unit, D2: 0x7e } } }, /^the units get/],
  ] as const)("notice another %s", (_, changed, expected) => {
    expect(differences(changed as Partial<Model>)[0]).toMatch(expected);
  });

  it("notice another count of what a snoop unit saw", () => {
    const seen = differences({ snoop: { unit1: { ...unit, D1: 60 } } });
    expect(seen).toHaveLength(2);
    expect(seen[1]).toMatch(/^snoop unit 1 holds \d+,\d+,\d+,\d+, not /);
  });
});
