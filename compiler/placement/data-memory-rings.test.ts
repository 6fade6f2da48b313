import { describe, expect, it } from "vitest";
import { sketchNetwork, type LayerSketch } from "../../test/fixtures/layer-builder.ts";
import { max78000 } from "../../targets/max78000/device.ts";
import { max78002 } from "../../targets/max78002/device.ts";
import { defaultProgramOptions } from "../options.ts";
import { ringWords } from "./data-memory-rings.ts";
import { placeData } from "./place.ts";
import { verifyPlacement } from "./verify-placement.ts";

const streams = (input: readonly [number, number, number], format: "CHW" | "HWC", ...layers: readonly LayerSketch[]) =>
  sketchNetwork({
    input,
    format,
    options: { fifo: "standard" },
    layers: layers.map((layer) => ({ ...layer, streaming: true })),
  });

describe("circular buffers", () => {
  it("hold what a window of a CHW input touches", () => {
    const pooled = (pool: number) => ringWords(streams([1, 20, 17], "CHW", { op: "c3", out: 4, pool }), max78000);
    // 3 rows of 17 and 4 pixels, of which the first may come last in its word.
    expect(pooled(4)).toEqual([15]);
    expect(pooled(2)).toEqual([12]);
  });

  it("hold all words of the pixels that are there when a layer starts", () => {
    const layers = (out: number, pool: number) =>
      streams([4, 20, 11], "HWC", { op: "c3", out }, { op: "c3", out: 4, pool });
    // 3 rows of 11, 4 pixels and 2 to spare, of 130 channels each.
    expect(ringWords(layers(130, 4), max78000)).toEqual([2, 39 * 3]);
    expect(ringWords(layers(64, 4), max78000)).toEqual([2, 13 * 5 + 2 + 4 + 2 + 3 * 11 + 4]);
    expect(ringWords(layers(128, 2), max78000)).toEqual([2, 58]);
  });

  it("are as long as the options of the program make them, for the placer and for the verifier", () => {
    const network = streams([3, 32, 32], "HWC", { op: "c3", out: 16 }, { op: "c3", out: 16, pool: 2 });
    for (const device of [max78000, max78002]) {
      const usual = defaultProgramOptions(device);
      const long = { ...usual, increaseStart: 40, overrideRollover: 500 };
      const longer = ringWords(network, device, long);
      expect(longer[0]).toBe(500);
      expect((longer[1] as number) - (ringWords(network, device)[1] as number)).toBe(device === max78000 ? 38 : 0);
      const { layers = [] } = placeData(network, device);
      const first = layers[0]!;
      const second = {
        ...layers[1]!,
        processors: first.processors | layers[1]!.processors,
        inputOffset: 400,
        outputOffset: 0x3000,
      };
      const joined = [{ ...first, inputOffset: 0, outputProcessors: second.processors, outputOffset: 400 }, second];
      const placement = {
        network,
        layers: joined,
        weights: { layers: [null, null], chunks: [], usedBytes: 0 },
        bias: { layers: [null, null], images: [] },
      };
      const touching = (options?: typeof usual) =>
        verifyPlacement(placement, device, options).filter(({ message }) => /stream buffer.*overlap/.test(message));
      expect(touching()).toEqual([]);
      expect(touching(long)).toHaveLength(1);
    }
  });
});
