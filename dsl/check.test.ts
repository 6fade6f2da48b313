import { describe, expect, it } from "vitest";
import { devices } from "../targets/index.ts";
import { checkModel, modelDiagnostics } from "./check.ts";
import { dslCodes } from "./codes.ts";
import { add, concat, defineModel, sub } from "./index.ts";
import type { Model, ModelNode } from "./model.ts";

const base = { name: "m", device: "MAX78000", input: { shape: [4, 16, 16], format: "HWC" } } as const;

const told = (model: Model) => modelDiagnostics(model).map(({ code, severity }) => `${code} ${severity}`);
const plain = (model: Model): Model => JSON.parse(JSON.stringify(model)) as Model;
const changed = (model: Model, id: number, change: object): Model => ({
  ...plain(model),
  nodes: plain(model).nodes.map((node) => (node.id === id ? ({ ...node, ...change } as ModelNode) : node)),
});

const good = defineModel(base, (x) => {
  const y = x.conv2d(8, { kernel: 3, padding: 1, activation: "relu" });
  return add(y, y.conv2d(8, { kernel: 1 })).maxPool2d(2);
});

describe("checkModel", () => {
  it("finds nothing wrong with a good model, also as plain data and on the other device", () => {
    expect(checkModel(good)).toEqual([]);
    expect(checkModel(plain(good), [devices.MAX78000, devices.MAX78002])).toEqual([]);
  });

  it("judges graphs from anywhere by the same rules", () => {
    const [problem] = checkModel(changed(good, 1, { kernel: [5, 5], shape: { channels: 8, height: 14, width: 14 } }));
    expect(problem).toMatchObject({
      code: "AI2001",
      message: "kernel 5x5 is not available on MAX78000; use 1x1 or 3x3",
      location: good.nodes[1]?.source,
    });
    expect(problem?.hint).toBeDefined();
  });

  it("tells each problem once per device that has it", () => {
    const depthwise = defineModel({ ...base, device: ["MAX78002", "MAX78000"] as never }, (x) =>
      x.conv2d(Number("4"), { kernel: Number("5"), groups: Number("4") }),
    );
    expect(checkModel(depthwise).map(({ message }) => message)).toEqual([
      "kernel 5x5 is not available on MAX78000; use 1x1 or 3x3",
      "groups 4 is not available on MAX78000; use 1",
      "kernel 5x5 is not available on MAX78002; use 1x1 or 3x3",
    ]);
  });

  it("collects the mistakes of all operators", () => {
    const model = defineModel(base, (x) =>
      x
        .conv2d(Number("2000"), { kernel: 1 })
        .maxPool2d(Number("17"))
        .conv2d(Number("0"), { kernel: 1, outputShift: Number("99") }),
    );
    expect(told(model)).toEqual(["AI2014 error", "AI2030 error", "AI2014 error", "AI2013 error"]);
  });

  it("counts weights exactly in branches, shared ones once", () => {
    const branches = (shared: boolean) =>
      defineModel({ ...base, input: { shape: [64, 4, 4], format: "HWC" } }, (x) => {
        const a = x.conv2d(500, { kernel: 3, name: "a" });
        const b = x.conv2d(500, { kernel: 3, ...(shared ? { weightsOf: "a" } : {}) });
        return add(a, b);
      });
    expect(told(branches(true))).toEqual([]);
    expect(modelDiagnostics(branches(false)).map(({ message }) => message)).toEqual([
      "weights reach 576000 bytes here; MAX78000 holds 442368",
    ]);
  });

  it("wants room for the whole result of the last streaming operator only", () => {
    const stream = (second: boolean) =>
      defineModel({ ...base, input: { shape: [3, 200, 200], format: "HWC" } }, (x) =>
        x
          .conv2d(16, { kernel: 3, padding: 1, streaming: true })
          .maxPool2d(4)
          .conv2d(16, { kernel: 3, padding: 1, streaming: second }),
      );
    expect(told(stream(true))).toEqual([]);
    expect(told(stream(false))).toEqual(["AI3103 error"]);
  });

  it("tells when an input that is pooled first has to be stored", () => {
    const pooled = (streaming: boolean) =>
      defineModel({ ...base, input: { shape: [3, 200, 200], format: "HWC" } }, (x) =>
        x.maxPool2d(4).conv2d(16, { kernel: 3, padding: 1, streaming }),
      );
    expect(told(pooled(true))).toEqual([]);
    expect(told(pooled(false))).toEqual(["AI3102 error"]);
  });

  it("refuses outputs that only a following operator could finish", () => {
    expect(told(defineModel(base, (x) => x.conv2d(4, { kernel: 1 }).maxPool2d(4).flatten()))).toEqual(["AI1016 error"]);
    const pooled = defineModel({ ...base, input: { shape: [65, 8, 8], format: "HWC" } }, (x) => x.maxPool2d(2));
    expect(told(pooled)).toEqual(["AI2034 error"]);
  });

  it("warns about what is legal but rarely meant", () => {
    const model = defineModel(base, (x) => {
      x.conv2d(4, { kernel: 1 });
      const wide = x.conv2d(4, { kernel: 1, wide: true });
      return wide.conv2d(4, { kernel: 1 }).linear(4);
    });
    expect(told(model)).toEqual(["AI1024 warning", "AI1027 warning", "AI1026 warning"]);
    const oneDimensional = defineModel({ ...base, input: { shape: [4, 16], format: "HWC" } }, (x) =>
      x.maxPool1d(2).conv2d(4, { kernel: 1 }),
    );
    expect(told(oneDimensional)).toEqual(["AI1028 warning"]);
  });

  it("wants shared weights to exist and to fit", () => {
    const model = defineModel(base, (x) =>
      x
        .conv2d(4, { kernel: 3, weightsOf: "none" })
        .conv2d(8, { kernel: 1, name: "a" })
        .conv2d(8, { kernel: 1, weightsOf: "a" }),
    );
    expect(modelDiagnostics(model).map(({ message }) => message)).toEqual([
      'weightsOf "none" names no earlier operator with weights',
      'weights of "a" are 8x4x1x1, these are 8x8x1x1',
    ]);
  });

  it.each([
    ["an id out of place", 1, { id: 7 }],
    ["an input that comes later", 1, { inputs: [3] }],
    ["an input that is no number", 1, { inputs: ["input"] }],
    ["too few inputs", 2, { inputs: [] }],
    ["too many inputs", 2, { inputs: [0, 1] }],
    ["a name used twice", 2, { name: "conv2d_1" }],
  ])("refuses graphs with %s", (_, id, change) => {
    const damaged = plain(good);
    const nodes = damaged.nodes.map((node, index) => (index === id ? { ...node, ...change } : node));
    const codes = checkModel({ ...damaged, nodes: nodes as ModelNode[] }).map(({ code }) => code);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.every((code) => code === "AI1022" || code === "AI1004")).toBe(true);
  });

  it("wants all parts of a split tensor, in order", () => {
    const problems = (build: Parameters<typeof defineModel<"MAX78000", readonly [4, 16, 16], "HWC">>[1]) =>
      checkModel(defineModel(base, build)).filter(({ severity }) => severity === "error");
    expect(problems((x) => sub(...x.split(4)))).toEqual([]);
    expect(
      problems((x) => {
        const [a, b] = x.split(2);
        return sub(b, a);
      }),
    ).toMatchObject([
      { code: "AI1036", message: "sub_1 combines part 2, part 1; it needs the 2 parts of input, all of them in order" },
    ]);
    expect(
      problems((x) => {
        const [a, b] = x.split(2);
        return [add(a, x.conv2d(2, { kernel: 1 })), b];
      }),
    ).toMatchObject([
      {
        code: "AI1036",
        message: "add_1 combines part 1, conv2d_1; it needs the 2 parts of input, all of them in order",
      },
      { code: "AI1035" },
    ]);
  });

  it("refuses outputs that are no nodes", () =>
    expect(checkModel({ ...plain(good), outputs: [9] })[0]?.code).toBe("AI1022"));

  it("explains every code with a title and a text", () => {
    for (const { title, explanation } of Object.values(dslCodes)) {
      expect(title.length).toBeGreaterThan(10);
      expect(explanation).toMatch(/\.$/);
    }
  });

  it("concatenates", () => {
    const model = defineModel(base, (x) => concat(x.conv2d(4, { kernel: 1 }), x.conv2d(5, { kernel: 1 })));
    expect(model.nodes.at(-1)?.shape).toEqual({ channels: 9, height: 16, width: 16 });
    expect(told(model)).toEqual([]);
  });
});
