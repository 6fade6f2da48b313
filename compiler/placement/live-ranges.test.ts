import { describe, expect, it } from "vitest";
import { sketchNetwork } from "../../test/fixtures/layer-builder.ts";
import { liveRanges, liveTogether, tensorIndex, tensorSource } from "./live-ranges.ts";

const ranges = (sketch: Parameters<typeof sketchNetwork>[0]) =>
  liveRanges(sketchNetwork(sketch)).map(({ start, end }) => [start, end]);

describe("live ranges", () => {
  it("last until the last reader", () => {
    const layers = [
      { op: "c3", out: 8 },
      { op: "c3", out: 8 },
      { op: "c3", out: 8 },
      { op: "pt", add: 2, from: [0, 2] },
    ];
    expect(ranges({ input: [3, 8, 8], layers })).toEqual([
      [-1, 1],
      [0, 4],
      [1, 3],
      [2, 4],
      [3, 4],
    ]);
  });

  it("of results last until the end, of unread tensors until they are written", () => {
    const layers = [
      { op: "c3", out: 8, isOutput: true },
      { op: "c3", out: 8, from: ["input"] as const },
      { op: "c3", out: 8, from: [0] },
    ];
    expect(ranges({ input: [3, 8, 8], layers })).toEqual([
      [-1, 2],
      [0, 3],
      [1, 2],
      [2, 3],
    ]);
  });

  it("of streaming layers are all at once", () => {
    const layers = [
      { op: "c3", out: 8, streaming: true },
      { op: "c3", out: 8, streaming: true },
      { op: "c3", out: 8 },
    ];
    expect(ranges({ input: [3, 8, 8], layers, options: { fifo: "standard" } })).toEqual([
      [-1, 2],
      [0, 2],
      [0, 3],
      [2, 3],
    ]);
  });

  it("meet when a layer writes one tensor while it reads the other", () => {
    const [input, first, second] = liveRanges(
      sketchNetwork({
        input: [3, 8, 8],
        layers: [
          { op: "c3", out: 8 },
          { op: "c3", out: 8 },
        ],
      }),
    );
    if (!input || !first || !second) throw new Error("three tensors expected");
    expect(liveTogether(input, first)).toBe(true);
    expect(liveTogether(first, second)).toBe(true);
    expect(liveTogether(input, second)).toBe(false);
  });

  it("are indexed with the input first", () => {
    expect([tensorIndex("input"), tensorIndex(0), tensorSource(0), tensorSource(5)]).toEqual([0, 1, "input", 4]);
  });
});
