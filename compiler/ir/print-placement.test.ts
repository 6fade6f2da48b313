import { describe, expect, it } from "vitest";
import { sketchNetwork } from "../../test/fixtures/layer-builder.ts";
import { max78000 } from "../../targets/max78000/device.ts";
import { scheduleLayers } from "../passes/schedule-layers.ts";
import { maskOf, maskOfRange } from "./geometry.ts";
import { printPlacement, processorsText } from "./print-placement.ts";
import { printSchedule } from "./print-schedule.ts";

const network = sketchNetwork({
  name: "residual",
  input: [3, 8, 8],
  layers: [
    { op: "c3", out: 80 },
    { op: "pt", from: [0] },
    { op: "c3", out: 80, from: [0] },
    { op: "pt", add: 2, from: [1, 2] },
  ],
});

describe("printed stages", () => {
  it("show processors as ranges", () => {
    expect(processorsText(maskOfRange(0, 64))).toBe("0-63");
    expect(processorsText(maskOf([0, 1, 2, 3, 8, 16, 17]))).toBe("0-3,8,16-17");
    expect(processorsText(0n)).toBe("none");
  });

  it("show passes and live ranges", () => {
    expect(printSchedule(scheduleLayers(network, max78000))).toBe(
      [
        "schedule residual (MAX78000, 4 layers)",
        "  0 layer_0: passes x processors 1 x 3 -> 2 x 40",
        "  1 layer_1: passes x processors 2 x 40 -> 2 x 40",
        "  2 layer_2: passes x processors 2 x 40 -> 2 x 40",
        "  3 layer_3: passes x processors 2 x 40 -> 2 x 40",
        "tensors, live from layer to layer (end not included)",
        "  input: -1 .. 1",
        "  0 layer_0: 0 .. 3",
        "  1 layer_1: 1 .. 4",
        "  2 layer_2: 2 .. 4",
        "  3 layer_3: 3 .. 4",
        "",
      ].join("\n"),
    );
  });

  it("show where everything is", () => {
    const place = { inputOffset: 0, readGap: 0, processors: 0x7n, outputProcessors: maskOfRange(8, 40) };
    const text = printPlacement({
      network: { ...network, layers: network.layers.slice(0, 1) },
      layers: [{ ...place, outputOffset: 0x2004, writeGap: 1 }],
      weights: {
        layers: [{ column: 4, length: 80, count: 80, outputSlots: 80, sharedWith: null }],
        chunks: [],
        usedBytes: 2160,
      },
      bias: { layers: [{ quadrant: 1, offsets: [8, 8, 8, 8] }], images: [new Uint8Array(0), new Uint8Array(88)] },
    });
    expect(text).toBe(
      [
        "placement residual (MAX78000, 1 layers)",
        "  0 layer_0: P0-2 @0x0000 -> P8-47 @0x2004 gap 1; weights 4+80; bias quadrant 1 @8",
        "weights: 2160 bytes",
        "bias: 0 + 88 bytes",
        "",
      ].join("\n"),
    );
  });
});
