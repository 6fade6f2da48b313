import { describe, expect, it } from "vitest";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { devices } from "../../targets/index.ts";
import { buildModel } from "../../dsl/define-model.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { concatenation, eltwise } from "../../dsl/functions.ts";
import type { Model } from "../../dsl/model.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { printNetwork } from "../ir/print-network.ts";
import type { Network, NetworkOptions } from "../ir/network.ts";
import { Pipeline } from "../pipeline.ts";
import { modelToNetwork } from "./model-to-network.ts";
import { randomWeights } from "./random-weights.ts";

type Shape = readonly number[];

function define(shape: Shape, build: (x: TensorHandle) => TensorHandle | TensorHandle[], format = "HWC"): Model {
  return buildModel({ name: "net", device: "MAX78000", input: { shape, format } }, build as never, define);
}

function toNetwork(
  model: Model,
  device: DeviceSpec = devices.MAX78000,
  options: Partial<NetworkOptions> = {},
): { readonly network: Network | undefined; readonly diagnostics: readonly Diagnostic[] } {
  const pipeline = new Pipeline({ device, options: { averagePoolRounding: false, fifo: "none", ...options } });
  let network: Network | undefined;
  pipeline.during(() => {
    network = modelToNetwork(pipeline, { model, weights: randomWeights(model, 1), sample: null }).network;
  });
  return { network, diagnostics: pipeline.diagnostics };
}

/** Stages of every layer, without weights and shifts: what this file is about. */
function layersOf(model: Model, device?: DeviceSpec, options?: Partial<NetworkOptions>): string[] {
  const { network, diagnostics } = toNetwork(model, device, options);
  if (network === undefined) return diagnostics.map(({ code }) => code);
  return printNetwork(network)
    .split("\n")
    .slice(1, -1)
    .map((line) =>
      line
        .trim()
        .replace(/ (pad|shift) -?\d+| \d-bit| bias/g, "")
        .replace(/ {2,}/g, " "),
    );
}

const codesOf = (model: Model, device?: DeviceSpec) => toNetwork(model, device).diagnostics.map(({ code }) => code);

const add = (...operands: TensorHandle[]) => eltwise("add", add, operands);
const concat = (...parts: TensorHandle[]) => concatenation(concat, parts);
const same = { kernel: 3, padding: 1 };

describe("operators that no result depends on", () => {
  it("stay where they have a layer of their own", () => {
    const aside = (pins: object) =>
      define([4, 8, 8], (x) => {
        const first = x.conv2d(4, same);
        first.conv2d(6, same).pin(pins);
        return first.conv2d(3, same);
      });
    expect(layersOf(aside({}))).toHaveLength(2);
    expect(codesOf(aside({}))).toContain("AI1510");
    expect(layersOf(aside({ layer: 1 }))).toHaveLength(3);
    expect(codesOf(aside({ layer: 1 }))).not.toContain("AI1510");
  });
});

describe("fusing", () => {
  it("lets the layer that combines operands cut them itself, where all are cut alike", () => {
    const cut = (start: number, end: number) =>
      define([4, 8, 6], (x) => {
        const [a, b] = [x.conv2d(4, same), x.conv2d(4, { kernel: 1 })];
        return add(a.crop(1, 2).reshape(6, 5), b.crop(start, end).reshape(6, 5)).conv2d(3, { ...same, bias: false });
      });
    const alike = layersOf(cut(1, 2));
    expect(alike).toHaveLength(3);
    expect(alike[2]).toBe("conv2d_3 <- conv2d_1, conv2d_2 4x6x5 cropped 1+2 add > conv2d 3x3 -> 3x6x5 output");
    expect(layersOf(cut(2, 1)).length).toBeGreaterThan(3);
  });

  it("takes dilated maxima in front of a 1-D convolution in a layer of their own", () => {
    const dilated = (dilation: number) =>
      define([4, 32], (x) => x.maxPool1d(2, { stride: 1, dilation }).conv1d(4, { kernel: 3 }));
    expect(layersOf(dilated(1), devices.MAX78002)).toHaveLength(1);
    expect(layersOf(dilated(2), devices.MAX78002)).toHaveLength(2);
  });

  it("cuts what is split into operands in the same layer", () => {
    const layers = layersOf(define([8, 8, 6], (x) => add(...x.crop(2).split(2))));
    expect(layers).toEqual(["add_1 <- input 4x6x6 cropped 2+0 add -> 4x6x6 output"]);
  });

  it("combines and flattens in one layer when told to", () => {
    const joined = (pins: object) =>
      define([4, 3, 2], (x) =>
        add(...x.split(2))
          .pin(pins)
          .flatten()
          .linear(4, { bias: false })
          .pin(pins),
      );
    expect(layersOf(joined({}))).toHaveLength(2);
    expect(layersOf(joined({ layer: 0 }))).toHaveLength(1);
    const read = define([4, 3, 2], (x) => {
      const sum = add(...x.split(2)).pin({ layer: 0 });
      return [sum.flatten().linear(4, { bias: false }).pin({ layer: 0 }), sum];
    });
    expect(codesOf(read)).toEqual(["AI1506"]);
  });

  it("flattens single pixels only where a layer is pinned", () => {
    const flattened = (pins: object) => define([3, 1, 1], (x) => x.flatten().linear(4, {}).pin(pins));
    expect(layersOf(flattened({}))).toEqual(["linear_1 <- input 3x1x1 linear -> 4x1x1 output"]);
    expect(layersOf(flattened({ layer: 0 }))).toEqual(["linear_1 <- input 3x1x1 flatten > linear -> 4x1x1 output"]);
  });

  it("pools in front of the convolution and activates behind it", () => {
    expect(layersOf(define([3, 8, 8], (x) => x.maxPool2d(2).conv2d(4, same).relu()))).toEqual([
      "conv2d_1 <- input 3x8x8 max 2x2/2x2 > conv2d 3x3 > relu -> 4x4x4 output",
    ]);
  });

  it("does not pool behind the convolution", () => {
    expect(layersOf(define([3, 8, 8], (x) => x.conv2d(4, same).maxPool2d(2)))).toEqual([
      "conv2d_1 <- input 3x8x8 conv2d 3x3 -> 4x8x8",
      "maxPool2d_1 <- conv2d_1 4x8x8 max 2x2/2x2 -> 4x4x4 output",
    ]);
  });

  it("leaves a tensor alone that someone else needs, too", () => {
    const model = define([3, 8, 8], (x) => {
      const pooled = x.maxPool2d(2);
      return [pooled, pooled.conv2d(4, same)];
    });
    expect(layersOf(model)).toEqual([
      "maxPool2d_1 <- input 3x8x8 max 2x2/2x2 -> 3x4x4 output",
      "conv2d_1 <- maxPool2d_1 3x4x4 conv2d 3x3 -> 4x4x4 output",
    ]);
  });

  it("adds in flight, with bias only where the device can", () => {
    const model = (bias: boolean) =>
      define([4, 4, 4], (x) => add(x.conv2d(8, same), x.conv2d(8, same)).conv2d(2, { ...same, bias }));
    const inFlight = "conv2d_3 <- conv2d_1, conv2d_2 8x4x4 add > conv2d 3x3 -> 2x4x4 output";
    expect(layersOf(model(true)).at(-1)).toBe(inFlight);
    expect(layersOf(model(false), devices.MAX78002).at(-1)).toBe(inFlight);
    expect(layersOf(model(true), devices.MAX78002).slice(-2)).toEqual([
      "add_1 <- conv2d_1, conv2d_2 8x4x4 add -> 8x4x4",
      "conv2d_3 <- add_1 8x4x4 conv2d 3x3 -> 2x4x4 output",
    ]);
  });

  it("knows how many channels and operands fit in flight", () => {
    const model = (channels: number, count: number) =>
      define([4, 2, 2], (x) =>
        add(...Array.from({ length: count }, () => x.conv2d(channels, same))).conv2d(4, { ...same, bias: false }),
      );
    expect(layersOf(model(128, 2)).at(-1)).toContain("add > conv2d");
    expect(layersOf(model(128, 3)).at(-1)).not.toContain("add of 3 >");
    expect(layersOf(model(128, 3), devices.MAX78002).at(-1)).toContain("add of 3 > conv2d");
  });

  it("pools operands before they are combined, and two of them after", () => {
    const parts = (x: TensorHandle, count: number) => Array.from({ length: count }, () => x.conv2d(4, same));
    const before = define([4, 4, 4], (x) => add(...parts(x, 3).map((part) => part.maxPool2d(2))));
    expect(layersOf(before).at(-1)).toBe(
      "add_1 <- conv2d_1, conv2d_2, conv2d_3 4x4x4 max 2x2/2x2 > add of 3 -> 4x2x2 output",
    );
    const after = (count: number) => define([4, 4, 4], (x) => add(...parts(x, count)).maxPool2d(2));
    expect(layersOf(after(2)).at(-1)).toContain("add > max 2x2/2x2");
    expect(layersOf(after(3)).at(-1)).toBe("maxPool2d_1 <- add_1 4x4x4 max 2x2/2x2 -> 4x2x2 output");
  });

  it("keeps element-wise operations and wide dilation away from 1-D convolutions", () => {
    const summed = define([4, 40], (x) =>
      add(x.conv1d(4, { kernel: 1 }), x.conv1d(4, { kernel: 1 })).conv1d(2, { kernel: 3 }),
    );
    expect(layersOf(summed).length).toBe(4);
    const pooled = (dilation: number) => define([4, 40], (x) => x.maxPool1d(2).conv1d(2, { kernel: 3, dilation }));
    expect(layersOf(pooled(4)).length).toBe(1);
    expect(layersOf(pooled(5)).length).toBe(2);
  });

  it("does not fuse what would round differently", () => {
    const model = define([4, 40], (x) => x.avgPool1d(2).conv1d(2, { kernel: 3 }));
    expect(layersOf(model).length).toBe(1);
    expect(layersOf(model, devices.MAX78000, { averagePoolRounding: true }).length).toBe(2);
  });

  it("flattens into every linear operator that reads, but not behind pooling", () => {
    const model = define([4, 4, 4], (x) => {
      const flat = x.avgPool2d(2).flatten();
      return [flat.linear(3), flat.linear(2)];
    });
    expect(layersOf(model)).toEqual([
      "avgPool2d_1 <- input 4x4x4 average 2x2/2x2 -> 4x2x2",
      "linear_1 <- avgPool2d_1 4x2x2 flatten > linear -> 3x1x1 output",
      "linear_2 <- avgPool2d_1 4x2x2 flatten > linear -> 2x1x1 output",
    ]);
    const single = define([4, 4, 4], (x) => x.avgPool2d(4).flatten().linear(3));
    expect(layersOf(single)).toEqual(["linear_1 <- input 4x4x4 average 4x4/4x4 > linear -> 3x1x1 output"]);
  });

  it("reads crops and reshapes in place", () => {
    const model = define([4, 6, 4], (x) => x.crop(1, 1).reshape(2, 8).conv2d(2, same));
    expect(layersOf(model)).toEqual(["conv2d_1 <- input 4x2x8 cropped 1+1 conv2d 3x3 -> 2x2x8 output"]);
  });

  it("refuses flattened data elsewhere, and 32-bit results in the middle", () => {
    expect(codesOf(define([4, 4, 4], (x) => x.flatten().passthrough()))).toContain("AI1502");
    expect(codesOf(define([4, 4, 4], (x) => x.flatten()))).toContain("AI1502");
    expect(codesOf(define([4, 4, 4], (x) => x.conv2d(4, { ...same, wide: true }).conv2d(4, same)))).toContain("AI1504");
    expect(codesOf(define([4, 4, 4], (x) => x.conv2d(4, { ...same, wide: true }).relu()))).toContain("AI1505");
  });

  it("honors pinned layers, also against the rules", () => {
    const model = define([4, 40], (x) => {
      const sum = add(x.conv1d(4, { kernel: 1 }).pin({ layer: 0 }), x.conv1d(4, { kernel: 1 }).pin({ layer: 1 }));
      return sum.pin({ layer: 2 }).conv1d(2, { kernel: 3 }).pin({ layer: 2 });
    });
    expect(layersOf(model).length).toBe(3);
    const apart = define([4, 8, 8], (x) => x.maxPool2d(2).pin({ layer: 0 }).conv2d(4, same).pin({ layer: 1 }));
    expect(layersOf(apart).length).toBe(2);
    const never = define([4, 8, 8], (x) => x.conv2d(4, same).pin({ layer: 0 }).conv2d(4, same).pin({ layer: 0 }));
    expect(codesOf(never)).toContain("AI1506");
  });

  it("orders pinned layers by their numbers", () => {
    const model = define([4, 8, 8], (x) => {
      const [late, early] = [x.conv2d(4, same).pin({ layer: 1 }), x.conv2d(2, same).pin({ layer: 0 })];
      return [late, early];
    });
    expect(layersOf(model).map((line) => line.split(" ")[0])).toEqual(["conv2d_2", "conv2d_1"]);
  });
});

describe("activations", () => {
  it("move in front of max pooling, not of average pooling", () => {
    const model = (kind: "maxPool2d" | "avgPool2d") => define([4, 8, 8], (x) => x.conv2d(4, same)[kind](2).relu());
    expect(layersOf(model("maxPool2d"))).toEqual([
      "conv2d_1 <- input 4x8x8 conv2d 3x3 > relu -> 4x8x8",
      "maxPool2d_1 <- conv2d_1 4x8x8 max 2x2/2x2 -> 4x4x4 output",
    ]);
    expect(layersOf(model("avgPool2d")).at(-1)).toBe(
      "relu_1_carrier <- conv2d_1 4x8x8 average 2x2/2x2 > conv2d 1x1 > relu -> 4x4x4 output",
    );
    expect(codesOf(model("avgPool2d"))).toContain("AI2550");
  });

  it("ride on an identity behind an addition", () => {
    const model = define([4, 4, 4], (x) => add(x.conv2d(4, same), x.conv2d(4, same)).abs());
    expect(layersOf(model).at(-1)).toBe(
      "abs_1_carrier <- conv2d_1, conv2d_2 4x4x4 add > conv2d 1x1 > abs -> 4x4x4 output",
    );
  });

  it("disappear behind one another", () => {
    expect(
      layersOf(
        define([4, 4, 4], (x) =>
          x
            .conv2d(4, { ...same, activation: "abs" })
            .relu()
            .abs(),
        ),
      ),
    ).toEqual(["conv2d_1 <- input 4x4x4 conv2d 3x3 > abs -> 4x4x4 output"]);
  });
});

describe("legalizing", () => {
  const residual = define([4, 4, 4], (x) => {
    const y = x.conv2d(8, same);
    return add(y, y.conv2d(8, same));
  });

  it("copies an operand that is read elsewhere, where gaps cannot be read", () => {
    expect(layersOf(residual)).toEqual([
      "conv2d_1 <- input 4x4x4 conv2d 3x3 -> 8x4x4",
      "conv2d_1_copy <- conv2d_1 8x4x4 copy -> 8x4x4",
      "conv2d_2 <- conv2d_1 8x4x4 conv2d 3x3 -> 8x4x4",
      "add_1 <- conv2d_1_copy, conv2d_2 8x4x4 add -> 8x4x4 output",
    ]);
    expect(layersOf(residual, devices.MAX78002).length).toBe(3);
  });

  it("copies an operand that is flattened elsewhere: the values of one pixel cannot be read with gaps", () => {
    const model = define([4, 4, 4], (x) => {
      const y = x.conv2d(8, same);
      return [add(y, y.conv2d(8, same)), y.flatten().linear(3)];
    });
    const lines = layersOf(model, devices.MAX78002);
    expect(lines[1]).toBe("conv2d_1_copy <- conv2d_1 8x4x4 copy -> 8x4x4");
    expect(lines.length).toBe(5);
  });

  it("copies the network input before it is an operand", () => {
    expect(layersOf(define([4, 4, 4], (x) => add(x, x.conv2d(4, same)))).map((line) => line.split(" <-")[0])).toEqual([
      "input_copy",
      "conv2d_1",
      "add_1",
    ]);
  });

  it("leaves pinned residuals alone", () => {
    const pinned: Model = {
      ...residual,
      nodes: residual.nodes.map((node, i) => ({ ...node, pins: { layer: i - 1 } }) as typeof node),
    };
    expect(layersOf(pinned).length).toBe(3);
  });

  const joined = (...channels: number[]) =>
    define([4, 4, 4], (x) =>
      concat(...channels.map((count) => x.conv2d(count, same))).conv2d(2, { ...same, bias: false }),
    );

  it.each([
    [[4, 8, 3], 4, "side by side"],
    [[64, 64], 3, "one pass each"],
    [[32, 32, 64], 4, "two parts in one pass"],
    [[3, 4], 5, "not a multiple of 4: two copies and a sum"],
    [[32, 64], 5, "a part crosses a pass"],
  ])("puts parts of %j channels into %i layers (%s)", (channels, layers) => {
    expect(layersOf(joined(...channels)).length).toBe(layers);
  });

  it("moves a tensor that two concatenations want in different places", () => {
    const model = define([4, 4, 4], (x) => {
      const [a, b] = [x.conv2d(8, same), x.conv2d(8, same)];
      return [concat(a, b).conv2d(2, same), concat(b, a).conv2d(2, same)];
    });
    expect(codesOf(model)).toContain("AI2555");
    expect(layersOf(model).some((line) => line.includes("_moved"))).toBe(true);
  });

  it("convolves to pool many channels", () => {
    const model = define([4, 4, 4], (x) => x.conv2d(80, same).maxPool2d(2));
    expect(layersOf(model).at(-1)).toContain("max 2x2/2x2 > conv2d 1x1");
    expect(layersOf(model, devices.MAX78002).at(-1)).not.toContain("conv2d 1x1");
    expect(layersOf(define([4, 4, 4], (x) => x.conv2d(80, same).maxPool2d(4))).at(-1)).not.toContain("conv2d 1x1");
  });

  it("stores a FIFO's input once when it is needed twice", () => {
    const model = define([4, 4, 4], (x) => [x.conv2d(2, same), x.conv2d(3, same)]);
    expect(layersOf(model, devices.MAX78000, { fifo: "standard" })[0]).toContain("input_buffer <- input");
    expect(layersOf(model).length).toBe(2);
  });
});

describe("leaving out", () => {
  it("drops what no result needs, with a warning", () => {
    const model = define([4, 4, 4], (x) => {
      x.conv2d(2, same).maxPool2d(2);
      return x.conv2d(3, same);
    });
    expect(layersOf(model).length).toBe(1);
    expect(codesOf(model).filter((code) => code === "AI1510").length).toBe(2);
  });

  it("drops dropout and pooling of single pixels", () => {
    expect(layersOf(define([4, 4, 4], (x) => x.dropout(0.2).maxPool2d(1).conv2d(3, same).dropout()))).toEqual([
      "conv2d_1 <- input 4x4x4 conv2d 3x3 -> 3x4x4 output",
    ]);
  });

  it("turns a model that only returns its input into a copy", () => {
    expect(layersOf(define([4, 4, 4], (x) => x))).toEqual(["input <- input 4x4x4 copy -> 4x4x4 output"]);
  });
});
