import { describe, expect, it } from "vitest";
import { sketchNetwork } from "../../test/fixtures/layer-builder.ts";
import { devices } from "../../targets/index.ts";
import type { Network } from "../ir/network.ts";
import { noNetworkEdits, type NetworkEdits } from "../options.ts";
import { editNetwork } from "./edit-network.ts";

const sketch = sketchNetwork({
  input: [3, 8, 8],
  layers: [
    { op: "c3", out: 4, padding: 1, streaming: true },
    { op: "pt", pool: 2 },
    { op: "c3", out: 4, padding: 1, pins: { inputOffset: 0x100, outputOffset: 0x200 } },
    { op: "fc", out: 2, flatten: true },
  ],
});
const network: Network = {
  ...sketch,
  layers: sketch.layers.map((layer) => ({
    ...layer,
    activation: "relu",
    convolution: layer.convolution && { ...layer.convolution, bias: new Int8Array(layer.output.channels) },
  })),
};

const edit = (edits: Partial<NetworkEdits>) =>
  editNetwork(
    { device: devices.MAX78002, options: network.options },
    { network, edits: { ...noNetworkEdits, ...edits } },
  );
const layersOf = (edits: Partial<NetworkEdits>) => edit(edits).output?.layers ?? [];
const biased = (edits: Partial<NetworkEdits>) =>
  layersOf(edits).flatMap(({ index, convolution }) => (convolution?.bias == null ? [] : [index]));

describe("editNetwork", () => {
  it("changes nothing when nothing is asked for", () => {
    expect(edit({}).output).toEqual(network);
  });

  it("cuts behind a layer, which becomes the output", () => {
    const layers = layersOf({ stopAfter: 1 });
    expect(layers.map(({ index, isOutput }) => [index, isOutput])).toEqual([
      [0, false],
      [1, true],
    ]);
  });

  it("drops the bias of some layers, or of all", () => {
    expect(biased({})).toEqual([0, 2, 3]);
    expect(biased({ noBias: [0, 3] })).toEqual([2]);
    expect(biased({ noBias: "all" })).toEqual([]);
  });

  it("turns streaming off and on", () => {
    const streaming = (edits: Partial<NetworkEdits>) => layersOf(edits).map((layer) => layer.streaming);
    expect(streaming({ ignoreStreaming: true })).toEqual([false, false, false, false]);
    expect(streaming({ streamingLayers: [1] })).toEqual([true, true, false, false]);
  });

  it("moves the input of the layers that read it, and keeps their other pins", () => {
    expect(layersOf({ inputOffset: 0x7d0 }).map(({ pins }) => pins.inputOffset)).toEqual([
      0x7d0,
      undefined,
      0x100,
      undefined,
    ]);
    expect(layersOf({ inputOffset: 0x7d0 })[2]?.pins).toEqual({ inputOffset: 0x100, outputOffset: 0x200 });
  });

  it("speeds up the layers that convolve", () => {
    const speedUps = layersOf({ calcx4: true, readAhead: true }).map(({ calcx4, readAhead }) => [calcx4, readAhead]);
    expect(speedUps).toEqual([
      [true, true],
      [false, false],
      [true, true],
      [true, true],
    ]);
  });

  it("leaves activations out, and widens the last result", () => {
    const layers = layersOf({ ignoreActivation: true, outputWidth: 32, stopAfter: 2 });
    expect(layers.map(({ activation, outputBits }) => [activation, outputBits])).toEqual([
      [null, 8],
      [null, 8],
      [null, 32],
    ]);
  });

  it.each([{ stopAfter: 4 }, { noBias: [1, 9] }, { streamingLayers: [7] }])(
    "refuses layers beyond the last: %j",
    (edits) => {
      const { output, diagnostics } = edit(edits);
      expect(output).toBeUndefined();
      expect(diagnostics).toMatchObject([{ code: "AI1530", severity: "error", hint: "use 0 to 3" }]);
    },
  );
});
