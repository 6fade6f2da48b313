import { describe, expect, it } from "vitest";
import { modelDiagnostics } from "./check.ts";
import { add, concat, defineModel } from "./index.ts";
import { buildProblems, isModel } from "./define-model.ts";

const base = { name: "m", device: "MAX78000", input: { shape: [3, 16, 16], format: "HWC" } } as const;

/** Calls the types refuse, as values from outside would make them. */
// oxlint-disable-next-line no-explicit-any
const untyped = (build: (x: any) => unknown) => (defineModel as any)(base, build) as ReturnType<typeof defineModel>;

const tiny = () =>
  defineModel(base, (x) => x.conv2d(8, { kernel: 3, padding: 1 }).maxPool2d(2).flatten().linear(4, { wide: true }));

describe("defineModel", () => {
  it("keeps operators, parameters and shapes in order", () => {
    const { name, devices, nodes, outputs } = tiny();
    expect({ name, devices, outputs }).toEqual({ name: "m", devices: ["MAX78000"], outputs: [4] });
    expect(nodes.map(({ kind, inputs, shape }) => [kind, inputs, shape.channels, shape.height, shape.width])).toEqual([
      ["input", [], 3, 16, 16],
      ["conv2d", [0], 8, 16, 16],
      ["maxPool2d", [1], 8, 8, 8],
      ["flatten", [2], 512, 1, 1],
      ["linear", [3], 4, 1, 1],
    ]);
    expect(nodes[1]).toMatchObject({ kernel: [3, 3], padding: [1, 1], bias: true, weightBits: 8, wide: false });
    expect(nodes[2]).toMatchObject({ kernel: [2, 2], stride: [2, 2], dilation: [1, 1] });
  });

  it("takes pins by name, under what calls pin", () => {
    const model = defineModel(
      base,
      (x) => x.conv2d(8, { kernel: 1, name: "first" }).pin({ layer: 0 }).conv2d(8, { kernel: 1 }),
      { first: { layer: 3, outputOffset: 64 }, conv2d_1: { processors: 0xffn }, input: { inputOffset: 8 } },
    );
    expect(model.nodes.map(({ pins }) => pins)).toEqual([
      { inputOffset: 8 },
      { layer: 0, outputOffset: 64 },
      { processors: 0xffn },
    ]);
    expect(buildProblems(model)).toEqual([]);
  });

  it("refuses pins without an operator, and pins that are none", () => {
    const pinned = (pins: unknown) => {
      // oxlint-disable-next-line no-explicit-any
      const model = (defineModel as any)(base, (x: any) => x.conv2d(8, { kernel: 1, name: "first" }), pins);
      return buildProblems(model).map(({ code, message }) => [code, message]);
    };
    expect(pinned({ last: { layer: 0 } })).toEqual([
      ["AI1041", 'pins are given for "last", but no operator has this name'],
    ]);
    const told = [["AI1002", "pins of defineModel must be an object of pins by operator name"]];
    expect(pinned({ first: 3 })).toEqual(told);
    expect(pinned([{ layer: 0 }])).toEqual(told);
  });

  it("keeps how the input arrives and how averages round, where that is not the usual way", () => {
    // oxlint-disable-next-line no-explicit-any
    const defined = (more: object) => (defineModel as any)({ ...base, ...more }, (x: any) => x.maxPool2d(2));
    const { fifo, averagePoolRounding } = defined({ fifo: "fast", averagePoolRounding: true });
    expect([fifo, averagePoolRounding]).toEqual(["fast", true]);
    expect(Object.keys(defined({ fifo: "none", averagePoolRounding: false }))).toEqual(Object.keys(defined({})));
    const problems = buildProblems(defined({ fifo: "slow", averagePoolRounding: "yes" }));
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ["AI1002", 'fifo must be one of "none", "standard", "fast", "fast-quad"; got slow'],
      ["AI1002", "averagePoolRounding must be true or false, got yes"],
    ]);
  });

  it("is plain data", () => {
    const model = tiny();
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
    expect(isModel(model)).toBe(true);
    expect(isModel(JSON.parse(JSON.stringify(model)))).toBe(false);
  });

  it("remembers where every operator was written", () => {
    const model = defineModel(base, (x) => {
      const y = x.conv2d(8, { kernel: 1 });
      return add(y, y.conv2d(8, { kernel: 1 }));
    });
    const [input, first, second, sum] = model.nodes.map(({ source }) => source);
    expect(first?.file).toBe(import.meta.filename);
    expect((first?.line as number) - (input?.line as number)).toBe(1);
    expect((second?.line as number) - (first?.line as number)).toBe(1);
    expect(sum?.line).toBe(second?.line);
    expect([first?.column, sum?.column, second?.column]).toEqual([19, 14, 23]);
  });

  it("numbers operators by kind, around names that were given", () => {
    const model = defineModel(base, (x) =>
      x
        .conv2d(8, { kernel: 1, name: "conv2d_1" })
        .conv2d(8, { kernel: 1 })
        .maxPool2d(2)
        .conv2d(8, { kernel: 1 })
        .named("last"),
    );
    expect(model.nodes.map(({ name }) => name)).toEqual(["input", "conv2d_1", "conv2d_2", "maxPool2d_1", "last"]);
  });

  it("refuses a name used twice, and says where the first one is", () => {
    const model = defineModel(base, (x) => x.conv2d(8, { kernel: 1, name: "a" }).conv2d(8, { kernel: 1, name: "a" }));
    const [problem] = buildProblems(model);
    expect(problem).toMatchObject({ code: "AI1004", message: 'two operators are named "a"' });
    expect(problem?.notes?.[0]?.location).toEqual(model.nodes[1]?.source);
    expect(new Set(model.nodes.map(({ name }) => name)).size).toBe(3);
  });

  it("folds the input", () => {
    const model = defineModel(base, (x) => x.fold(4).conv2d(8, { kernel: 1 }));
    expect(model.nodes[0]).toMatchObject({ fold: 4, shape: { channels: 48, height: 4, width: 4 } });
    const late = untyped((x) => {
      x.conv2d(8, { kernel: 1 });
      return x.fold(2).conv2d(8, { kernel: 1 });
    });
    expect(buildProblems(late).map(({ code }) => code)).toEqual(["AI1005"]);
  });

  it("keeps pins", () => {
    const model = defineModel(base, (x) => x.conv2d(8, { kernel: 1 }).pin({ outputOffset: 64 }).pin({ writeGap: 1 }));
    expect(model.nodes[1]?.pins).toEqual({ outputOffset: 64, writeGap: 1 });
  });

  it("returns several outputs", () => {
    const model = defineModel(base, (x) => [x.conv2d(8, { kernel: 1 }), x.conv2d(4, { kernel: 1 })]);
    expect(model.outputs).toEqual([1, 2]);
  });

  it("takes one-dimensional input", () => {
    const model = defineModel({ name: "m", device: "MAX78002", input: { shape: [2, 64], format: "HWC" } }, (x) =>
      x.conv1d(8, { kernel: 9, padding: 2 }).maxPool1d(2),
    );
    expect(model.nodes[0]).toMatchObject({ oneDimensional: true, shape: { channels: 2, height: 64, width: 1 } });
    expect(model.nodes[1]).toMatchObject({ kernel: [9, 1], padding: [2, 0], shape: { height: 60, width: 1 } });
    expect(model.nodes[2]).toMatchObject({ kernel: [2, 1], stride: [2, 1], shape: { height: 30, width: 1 } });
    expect(modelDiagnostics(model)).toEqual([]);
  });

  it("collects wrong arguments instead of throwing", () => {
    const model = untyped((x) =>
      x
        .conv2d("8", { kernel: null, padding: Number.NaN, bias: 1, name: "" })
        .conv2d(8, [3])
        .maxPool2d()
        .linear(8n, "wide")
        .dropout("half")
        .batchNorm({ epsilon: -1 }),
    );
    const codes = buildProblems(model).map(({ code }) => code);
    expect(codes).toContain("AI1002");
    expect(codes).toContain("AI1003");
    expect(buildProblems(model).map(({ message }) => message)).toEqual([
      'channels of conv2d must be a number, got "8"',
      "kernel of conv2d must be a number or a pair of numbers, got null",
      "padding of conv2d must be a number or a pair of numbers, got null",
      'name of conv2d must be a text, got ""',
      "bias of conv2d must be true or false, got 1",
      "options of conv2d must be an object, got [3]",
      "conv2d needs kernel",
      "maxPool2d needs size",
      'options of linear must be an object, got "wide"',
      "features of linear must be a number, got 8n",
      'probability of dropout must be a number, got "half"',
      "epsilon of batchNorm must not be negative, got -1",
    ]);
    expect(model.nodes).toHaveLength(7);
  });

  it("tells what is wrong with name, device, input and result", () => {
    const model = (defineModel as unknown as (options: object, build: () => unknown) => typeof base)(
      { name: "", device: ["MAX78000", "Z80"], input: { shape: [1, 2, 3, 4], format: "NCHW" } },
      () => 5,
    );
    expect(buildProblems(model as never).map(({ code }) => code)).toEqual([
      "AI1008",
      "AI1009",
      "AI1002",
      "AI1010",
      "AI1002",
    ]);
  });

  it("refuses tensors of another model", () => {
    let foreign: unknown;
    untyped((x) => (foreign = x));
    const model = untyped((x) => {
      const y = x.conv2d(3, { kernel: 1 });
      // oxlint-disable-next-line no-explicit-any
      return [(add as any)(y, y, foreign), (concat as any)(y, 7)];
    });
    expect(buildProblems(model).map(({ message }) => message)).toEqual([
      "operand 3 of add is a tensor of another model",
      "operand 2 of concat is no tensor",
    ]);
    expect(() => (add as unknown as (a: number) => void)(1)).toThrow("add needs tensors");
  });
});
