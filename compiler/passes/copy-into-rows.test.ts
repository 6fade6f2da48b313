import { describe, expect, it } from "vitest";
import { buildModel } from "../../dsl/define-model.ts";
import { eltwise, rowConcatenation } from "../../dsl/functions.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { devices } from "../../targets/index.ts";
import { randomInput, randomWeights } from "../../test/fixtures/random-model.ts";
import { compile } from "../compile.ts";

type Build = (x: TensorHandle) => TensorHandle | readonly TensorHandle[];

const rows = (...parts: TensorHandle[]): TensorHandle => rowConcatenation(rows, parts);
const add = (...operands: TensorHandle[]): TensorHandle => eltwise("add", add, operands);

/** What layers read, and how many tensors are copied to their rows; the program is run by the simulator. */
function built(build: Build, inputShape: readonly number[] = [4, 8, 8], fifo = "none") {
  const options = { name: "m", device: "MAX78000", fifo, input: { shape: inputShape, format: "HWC" } };
  const model = buildModel(options, build, built);
  const shape = model.nodes[0]?.shape ?? { channels: 1, height: 1, width: 1 };
  const { network, verified, diagnostics } = compile({
    model,
    device: devices.MAX78000,
    weights: randomWeights(model, 5),
    sample: { shape, data: randomInput(model, 5) },
  });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(verified).toBe(true);
  const nameOf = (source: number | "input") => (source === "input" ? source : network?.layers[source]?.name);
  const layers = network?.layers.map(({ name, sources, input }) => {
    const { channels, height, width } = input;
    return `${name} <- ${sources.map(nameOf).join(", ")} as ${channels}x${height}x${width}`;
  });
  return { layers, copies: diagnostics.filter(({ code }) => code === "AI2560").length };
}

const conv = { kernel: 3, padding: 1 };
const point = { kernel: 1 };

describe("rows of several tensors", () => {
  it("are read as one tensor where they were written behind one another", () => {
    const { layers, copies } = built((x) => {
      const y = x.conv2d(80, conv);
      return rows(y, x.crop(3).conv2d(80, conv)).conv2d(8, conv);
    });
    expect(layers).toEqual([
      "conv2d_1 <- input as 4x8x8",
      "conv2d_2 <- input as 4x5x8",
      "conv2d_3 <- conv2d_1, conv2d_2 as 80x13x8",
    ]);
    expect(copies).toBe(0);
  });

  it("may be samples, rows of rows, cropped and counted anew", () => {
    const { layers } = built(
      (x) => {
        const [a, b] = [x.conv1d(4, conv), x.conv1d(4, { kernel: 3 })];
        return rows(a, b).crop(5, 1).conv1d(4, conv);
      },
      [4, 20],
    );
    expect(layers?.at(-1)).toBe("conv1d_3 <- conv1d_1, conv1d_2 as 4x32x1");
    const anew = built((x) => rows(x.conv2d(4, conv), x.conv2d(4, conv).reshape(8, 8)).reshape(32, 4).conv2d(4, conv));
    expect(anew.layers?.at(-1)).toBe("conv2d_3 <- conv2d_1, conv2d_2 as 4x32x4");
    const nested = built((x) => rows(rows(x.conv2d(4, conv), x.conv2d(4, conv)), x.conv2d(4, point)).conv2d(4, conv));
    expect(nested.layers?.at(-1)).toBe("conv2d_4 <- concatRows_1, conv2d_3 as 4x24x8");
  });

  it("are copied where a tensor has its place already", () => {
    expect(built((x) => rows(x, x.conv2d(4, conv)).conv2d(4, conv)).copies).toBe(1);
    const twice: Build = (x) => {
      const y = x.conv2d(4, conv);
      return rows(y, y).conv2d(4, conv);
    };
    expect(built(twice).copies).toBe(1);
    const added: Build = (x) => {
      const [a, b] = [x.conv2d(4, conv), x.conv2d(4, point)];
      return [rows(a, b).conv2d(4, conv), add(a, x.conv2d(4, point))];
    };
    expect(built(added).copies).toBe(1);
    const far: Build = (x) => rows(x.conv1d(4, { kernel: 3, dilation: 5 }), x.conv1d(4, conv)).conv1d(4, conv);
    expect(built(far, [4, 24]).copies).toBe(1);
  });

  it("are copied when they stream", () => {
    const streams: Build = (x) => {
      const y = x.conv2d(4, { ...conv, streaming: true });
      return rows(y, y.conv2d(4, conv)).conv2d(4, conv);
    };
    expect(built(streams, [4, 8, 8], "standard").copies).toBe(1);
  });
});
