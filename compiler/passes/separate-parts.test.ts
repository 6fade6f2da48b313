import { describe, expect, it } from "vitest";
import { add, bitwiseXor, defineModel, sub, type DefinedModel } from "../../dsl/index.ts";
import { checkModel } from "../../dsl/check.ts";
import { devices } from "../../targets/index.ts";
import { randomInput, randomIntegers } from "../../test/fixtures/random-model.ts";
import { interpretModel } from "../../test/fixtures/interpret-model.ts";
import { executeLayers } from "../../runtime/reference/execute.ts";
import { compile } from "../compile.ts";

/** Layers, notices and errors; the program of the model is run by the simulator and its results are as interpreted. */
function built(model: DefinedModel) {
  expect(checkModel(model).filter(({ severity }) => severity === "error")).toEqual([]);
  const [name = "MAX78000"] = model.devices;
  const weights = randomIntegers(model, 7);
  const data = randomInput(model, 7);
  const shape = model.nodes[0]?.shape ?? { channels: 1, height: 1, width: 1 };
  const { network, program, diagnostics, times } = compile({
    model,
    device: devices[name],
    weights: { operators: weights, batchNorms: new Map() },
    sample: { shape, data },
  });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (network === undefined || program === undefined) throw new Error("nothing was compiled");
  expect(times.map(({ pass }) => pass)).toContain("verifyProgram");
  const results = executeLayers(network.layers, { shape, data }, network.options);
  const outputs = network.layers.flatMap(({ isOutput, index }) => (isOutput ? [[...(results[index] ?? [])]] : []));
  expect(outputs).toEqual(interpretModel(model, weights, data, false));
  return { layers: network.layers, codes: diagnostics.map(({ code }) => code) };
}

const input = { shape: [8, 6, 6], format: "HWC" } as const;
const device = "MAX78000";
const name = "parts";

describe("parts of one tensor", () => {
  it("of the network input are loaded in words of their own", () => {
    const { layers, codes } = built(defineModel({ name, device, input }, (x) => sub(...x.split(2))));
    expect(layers).toMatchObject([{ sources: ["input"], input: { channels: 4 }, eltwise: { operands: 2 } }]);
    expect(codes).not.toContain("AI2557");
  });

  it("are pooled in the same layer, before or after", () => {
    const before = built(defineModel({ name, device, input }, (x) => add(...x.maxPool2d(2).split(2))));
    expect(before.layers).toMatchObject([{ sources: ["input"], eltwise: { poolFirst: true }, pool: { kind: "max" } }]);
    const after = built(defineModel({ name, device, input }, (x) => add(...x.split(2)).avgPool2d(2)));
    expect(after.layers).toMatchObject([{ sources: ["input"], eltwise: { poolFirst: false, operands: 2 } }]);
  });

  it("of several passes are those passes", () => {
    const model = defineModel({ name, device, input }, (x) => bitwiseXor(...x.conv2d(128, { kernel: 1 }).split(2)));
    const { layers, codes } = built(model);
    expect(layers).toMatchObject([{ convolution: { kind: "conv2d" } }, { sources: [0], input: { channels: 64 } }]);
    expect(codes).not.toContain("AI2557");
  });

  it("of other results are copied", () => {
    const model = defineModel({ name, device, input }, (x) => {
      const y = x.conv2d(12, { kernel: 3, padding: 1 });
      return [sub(...y.split(3)), y.maxPool2d(2)];
    });
    const { layers, codes } = built(model);
    expect(layers.find(({ eltwise }) => eltwise !== null)).toMatchObject({ sources: [3, 2, 1] });
    expect(codes).toContain("AI2557");
  });

  it("of an input that others read are copied", () => {
    const model = defineModel({ name, device, input }, (x) => [add(...x.split(2)), x.conv2d(4, { kernel: 1 })]);
    expect(built(model).codes).toContain("AI2557");
  });

  it("of planar input are copied", () => {
    const planar = { shape: [8, 6, 6], format: "CHW" } as const;
    expect(built(defineModel({ name, device, input: planar }, (x) => add(...x.split(2)))).codes).toContain("AI2557");
  });

  it("of other parts are copied", () => {
    const model = defineModel({ name, device, input }, (x) => sub(...add(...x.split(2)).split(2)));
    expect(built(model).layers.filter(({ eltwise }) => eltwise !== null)).toHaveLength(2);
  });

  it("of a pooled tensor with other readers are pooled first", () => {
    const model = defineModel({ name, device, input }, (x) => {
      const y = x.maxPool2d(2);
      return [add(...y.split(2)), y.conv2d(4, { kernel: 1 })];
    });
    expect(built(model).layers.filter(({ pool }) => pool !== null)).toHaveLength(1);
  });
});
