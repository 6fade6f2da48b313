import { describe, expect, it } from "vitest";
import type { BusOperation, Program } from "../../targets/accelerator/program.ts";
import { devices } from "../../targets/index.ts";
import { buildModel } from "../../dsl/define-model.ts";
import { eltwise } from "../../dsl/functions.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { compile } from "../../compiler/compile.ts";
import { defaultProgramOptions } from "../../compiler/options.ts";
import { randomInput, randomWeights } from "../fixtures/random-model.ts";
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
