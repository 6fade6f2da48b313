import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { buildModel } from "../../dsl/define-model.ts";
import { concatenation, eltwise } from "../../dsl/functions.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { compile, type CompileRequest } from "../../compiler/compile.ts";
import { defaultProgramOptions, type ProgramOptions } from "../../compiler/options.ts";
import { randomInput, randomWeights } from "../fixtures/random-model.ts";
import { checkModel } from "./check-models.ts";

/** What random models found, as the smallest model that shows it. */
interface Found {
  readonly shape: readonly number[];
  readonly build: (x: TensorHandle) => TensorHandle | readonly TensorHandle[];
  readonly format?: "CHW" | "HWC";
  readonly fifo?: string;
  readonly program?: Partial<ProgramOptions>;
}

const add = (...operands: readonly TensorHandle[]): TensorHandle => eltwise("add", add, operands);
const concat = (...parts: readonly TensorHandle[]): TensorHandle => concatenation(concat, parts);

const found: Readonly<Record<string, Found>> = {
  "channels inside a word": {
    shape: [4, 6, 6],
    build: (x) => {
      const y = x.conv2d(16, { kernel: 3, padding: 1 });
      return [y.channels(5, 6).conv2d(8, { kernel: 3 }), y.channels(2, 3).passthrough()];
    },
  },
  "channels of the second turn": {
    shape: [4, 6, 6],
    build: (x) => {
      const y = x.conv2d(128, { kernel: 1 });
      return [y.channels(64, 64).conv2d(8, { kernel: 3 }), y.channels(0, 32).maxPool2d(2)];
    },
  },
  "weights of an operator that nothing reads": {
    shape: [4, 6, 6],
    build: (x) => {
      x.conv2d(8, { name: "owner", kernel: 3 });
      return x.conv2d(8, { kernel: 3, padding: 1, weightsOf: "owner" });
    },
  },
  "pooling to one column in front of a 1-D convolution": {
    shape: [4, 6, 2],
    build: (x) => x.conv2d(4, { kernel: 1 }).maxPool2d(1, { stride: 2 }).conv1d(4, { kernel: 1 }),
  },
  "operands of the same pixels in other rows": {
    shape: [4, 3, 1],
    build: (x) => {
      const row = x.reshape(1, 3);
      return add(row.conv2d(4, { kernel: 3, padding: 1 }), row);
    },
  },
  "a sum of a sum in other rows": {
    shape: [4, 2, 1],
    build: (x) => {
      const row = x.reshape(1, 2);
      const [a, b] = [row.conv2d(4, { kernel: 1 }), row.conv2d(4, { kernel: 1 })];
      return add(add(a, b), row);
    },
  },
  "wide results of a far dilated convolution": {
    shape: [4, 24],
    build: (x) => [x.conv1d(4, { kernel: 3, dilation: 5, wide: true }), x.conv1d(4, { kernel: 1 })],
  },
  "a rolling buffer that a far dilated convolution reads": {
    shape: [4, 3],
    build: (x) => x.rollingBuffer(14).conv1d(4, { kernel: 2, dilation: 9 }),
  },
  "the tail of a far dilated input of several passes": {
    shape: [72, 11],
    build: (x) => {
      const y = x.conv1d(1, { kernel: 2, dilation: 9 }).convTranspose2d(16, { kernel: 3 });
      return [y.conv2d(1, { kernel: 3, wide: true }), y.conv2d(1, { kernel: 3 }), y.conv2d(1, { kernel: 3 })];
    },
  },
};

const foundOnLargerDevice: Readonly<Record<string, Found>> = {
  "a reader of what is read ahead and of what comes of it": {
    shape: [4, 6, 6],
    build: (x) => {
      const y = x.conv2d(4, { kernel: 1 });
      return add(y.conv2d(4, { kernel: 3, padding: 1, readAhead: true }), y);
    },
  },
  "results that end in another block than the input read ahead": {
    shape: [1, 2, 1],
    format: "CHW",
    build: (x) => {
      const y = x.conv1d(1, { kernel: 1 });
      const ahead = { kernel: 3, readAhead: true };
      const [sum, wide] = [add(x, y), y.conv2d(1, { padding: 2, ...ahead })];
      const last = x.conv2d(1, { padding: 1, ...ahead });
      return [sum, wide, last, last.conv1d(1, { kernel: 2 })];
    },
  },
  "binary weights with zeros between their taps": {
    shape: [4, 12],
    build: (x) => x.conv1d(4, { kernel: 2, dilation: 3, padding: 1, weightBits: 1, binary: true }),
  },
  "binary weights over a pass that is not full": {
    shape: [4, 4, 4],
    build: (x) => x.conv2d(65, { kernel: 1 }).conv2d(4, { kernel: 3, weightBits: 1, binary: true }),
  },
  "transposed convolution of one of several interleaved operands": {
    shape: [1, 1, 1],
    format: "CHW",
    build: (x) => {
      const y = x.conv2d(1, { kernel: 3, padding: 2 });
      const up = y.convTranspose2d(1, { kernel: 3 });
      const sum = add(y, y, y);
      return [up, sum, sum.conv2d(1, { kernel: 3 })];
    },
  },
  "depthwise Conv1d whose results move": {
    shape: [8, 10],
    build: (x) => {
      const y = x.conv1d(24, { kernel: 1 });
      return concat(y.conv1d(24, { kernel: 3, padding: 1, groups: 24 }), y).conv1d(4, { kernel: 1 });
    },
  },
  "a copy of a depthwise result beside its input": {
    shape: [16, 1, 2],
    format: "CHW",
    build: (x) => {
      const y = x.conv2d(16, { kernel: 1, groups: 16 });
      const copy = y.passthrough();
      return [concat(x, copy), copy.conv2d(4, { kernel: 1 }), y.conv2d(4, { kernel: 3, padding: 1 })];
    },
  },
  "an average behind a sum outside of quadrant 0": {
    shape: [1, 2, 1],
    format: "CHW",
    fifo: "standard",
    build: (x) => {
      const y = x.conv2d(16, { kernel: 1 });
      const a = y.conv2d(1, { kernel: 1 });
      const sum = add(a.conv2d(1, { kernel: 1 }), a);
      const mean = sum.avgPool2d(1, { stride: 2 });
      return [y.flatten().linear(24, { wide: true }), sum, mean, mean.conv2d(1, { kernel: 1 })];
    },
  },
  "a bypass of single pixels behind a streaming layer": {
    shape: [4, 6, 6],
    fifo: "standard",
    build: (x) => x.conv2d(8, { kernel: 3, padding: 1, streaming: true }).conv2d(4, { kernel: 1, bypass: true }),
  },
  "one layer after the other where a hidden one is among them": {
    shape: [4, 4, 4],
    program: { oneShot: true },
    build: (x) => {
      const y = x.conv2d(4, { kernel: 1 });
      const sum = add(y.conv2d(4, { kernel: 1 }), y.conv2d(4, { kernel: 1 }));
      return [sum, sum.avgPool2d(2).conv2d(4, { kernel: 1 })];
    },
  },
};

function requestOf(given: Found, name: "MAX78000" | "MAX78002"): CompileRequest {
  const input = { shape: given.shape, format: given.format ?? "HWC" };
  const model = buildModel({ name: "found", device: name, input, fifo: given.fifo ?? "none" }, given.build, requestOf);
  const device = devices[name];
  const shape = model.nodes[0]?.shape ?? { channels: 1, height: 1, width: 1 };
  const sample = { shape, data: randomInput(model, 1) };
  const program = { ...defaultProgramOptions(device), ...given.program };
  return { model, device, weights: randomWeights(model, 1), sample, program, verify: false };
}

const codesOf = (given: Found, name: "MAX78000" | "MAX78002"): string[] =>
  compile(requestOf(given, name))
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code }) => code);

describe.each(["MAX78000", "MAX78002"] as const)("what random models found on %s", (name) => {
  const entries = { ...found, ...(devices[name].capabilities.depthwise ? foundOnLargerDevice : {}) };
  it.each(Object.entries(entries))("%s", (_, given) => {
    const request = requestOf(given, name);
    checkModel(request, compile(request), { ...defaultProgramOptions(request.device), ...given.program });
  });

  it("a quad FIFO in front of other than 3x3 kernels is refused", () => {
    const build = (x: TensorHandle) => x.conv2d(16, { kernel: 1 });
    expect(codesOf({ shape: [3, 4, 4], fifo: "fast-quad", build }, name)).toEqual(["AI3205"]);
  });

  it("streaming 1-D convolutions side by side are refused", () => {
    const options = { kernel: 3, padding: 1, streaming: true };
    const build = (x: TensorHandle) => x.conv1d(4, options).conv1d(4, options).conv1d(4, { kernel: 1 });
    expect(new Set(codesOf({ shape: [3, 16], fifo: "standard", build }, name))).toEqual(new Set(["AI2530"]));
  });
});

describe("what only MAX78002 can do", () => {
  it("bypassed kernels over a pass that is not full are refused", () => {
    const build = (x: TensorHandle) => x.conv2d(65, { kernel: 1 }).conv2d(4, { kernel: 1, bypass: true });
    expect(codesOf({ shape: [4, 4, 4], build }, "MAX78002")).toEqual(["AI2029"]);
  });

  it("depthwise kernels are not calculated four at a time", () => {
    const build = (x: TensorHandle) => x.conv2d(16, { kernel: 3, groups: 16, calcx4: true });
    expect(codesOf({ shape: [16, 4, 4], build }, "MAX78002")).toEqual(["AI3203"]);
  });
});
