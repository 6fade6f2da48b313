import { describe, expect, it } from "vitest";
import { buildModel } from "../../dsl/define-model.ts";
import type { TensorHandle } from "../../dsl/tensor-handle.ts";
import { devices } from "../../targets/index.ts";
import { randomIntegers } from "../../test/fixtures/random-model.ts";
import { compile } from "../compile.ts";
import type { NetworkOptions } from "../ir/network.ts";

/** Layers in order, each with what it reads, and what was told about copies. */
function layersOf(build: (x: TensorHandle) => TensorHandle | TensorHandle[], fifo: NetworkOptions["fifo"] = "none") {
  const options = { name: "buffers", device: "MAX78000", input: { shape: [4, 6, 6], format: "HWC" } };
  const model = buildModel(options, build, layersOf);
  const weights = { operators: randomIntegers(model, 1), batchNorms: new Map() };
  const { network, diagnostics } = compile({
    model,
    device: devices.MAX78000,
    weights,
    sample: null,
    network: { fifo },
  });
  const layers = network?.layers ?? [];
  const nameOf = (source: "input" | number) => (source === "input" ? source : layers[source]?.name);
  return {
    layers: layers.map(
      (layer) => `${layer.name} <- ${layer.recalls ? "previous " : ""}${layer.sources.map(nameOf).join(" + ")}`,
    ),
    told: diagnostics.map(({ code }) => code),
  };
}

const conv = { kernel: 3, padding: 1 };

describe("the newest rows of a rolling buffer", () => {
  it("are written by the layer that makes them, after the buffer has moved", () => {
    const found = layersOf((x) => x.conv2d(4, conv).conv2d(8, conv).rollingBuffer(9).conv2d(2, conv));
    expect(found).toEqual({
      layers: [
        "conv2d_1 <- input",
        "rollingBuffer_1 <- previous rollingBuffer_1 + conv2d_2",
        "conv2d_2 <- conv2d_1",
        "conv2d_3 <- rollingBuffer_1 + conv2d_2",
      ],
      told: [],
    });
  });

  it("are copied where the first layer makes them", () => {
    const { layers, told } = layersOf((x) => x.conv2d(4, conv).rollingBuffer(9).conv2d(2, conv));
    expect(layers).toEqual([
      "conv2d_1 <- input",
      "rollingBuffer_1 <- previous rollingBuffer_1 + conv2d_1_copy",
      "conv2d_1_copy <- conv2d_1",
      "conv2d_2 <- rollingBuffer_1 + conv2d_1_copy",
    ]);
    expect(told).toEqual(["AI2558"]);
  });

  it("are loaded and then copied where they are the network input", () => {
    const { layers, told } = layersOf((x) => x.rollingBuffer(9).conv2d(2, conv));
    expect(layers).toEqual([
      "input_copy <- input",
      "rollingBuffer_1 <- previous rollingBuffer_1 + input_copy_copy",
      "input_copy_copy <- input_copy",
      "conv2d_1 <- rollingBuffer_1 + input_copy_copy",
    ]);
    expect(told).toEqual(["AI2558"]);
  });

  it("come from a FIFO through a layer of their own", () => {
    const { layers, told } = layersOf((x) => x.rollingBuffer(9).conv2d(2, conv), "standard");
    expect(layers[0]).toBe("input_buffer <- input");
    expect(layers).toHaveLength(4);
    expect(told).toEqual(["AI2552", "AI2558"]);
  });

  it("are copied for a second buffer, and behind streaming layers", () => {
    const two = layersOf((x) => {
      const y = x.conv2d(4, conv).conv2d(8, conv);
      return [y.rollingBuffer(9).conv2d(2, conv), y.rollingBuffer(12).conv2d(2, conv)];
    });
    expect(two.told).toEqual(["AI2558"]);
    expect(two.layers).toContain("rollingBuffer_2 <- previous rollingBuffer_2 + conv2d_2_copy");
    const streaming = { ...conv, streaming: true };
    const stream = layersOf(
      (x) => x.conv2d(4, streaming).conv2d(8, streaming).rollingBuffer(9).conv2d(2, conv),
      "standard",
    );
    expect(stream.told).toContain("AI2558");
    expect(stream.layers[2]).toBe("rollingBuffer_1 <- previous rollingBuffer_1 + conv2d_2_copy");
  });

  it("are copied behind a dilated convolution that also writes in front of them", () => {
    const { told } = layersOf((x) => {
      const y = x.conv2d(4, conv).reshape(36);
      return y.conv1d(8, { kernel: 3, dilation: 5 }).rollingBuffer(40).conv1d(2, { kernel: 3 });
    });
    expect(told).toEqual(["AI2558"]);
  });

  it("leave the whole buffer to be a result or joined only as a copy", () => {
    const { layers } = layersOf((x) => x.conv2d(4, conv).conv2d(8, conv).rollingBuffer(9, { name: "history" }));
    expect(layers.at(-1)).toBe("history_copy <- history + conv2d_2");
  });
});
