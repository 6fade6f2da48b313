import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sketchNetwork } from "../../test/fixtures/layer-builder.ts";
import type { LayerSketch } from "../../test/fixtures/layer-builder.ts";
import { devices } from "../../targets/index.ts";
import { verifyNetwork } from "../ir/verify-network.ts";
import type { Network } from "../ir/network.ts";
import { placeNetwork } from "../placement/place.ts";
import { verifyPlacement } from "../placement/verify-placement.ts";
import { legalize } from "./legalize.ts";

const device = devices.MAX78000;

function legalized(network: Network) {
  return legalize({ device, options: network.options }, network);
}

/** Codes of everything that is wrong with a network from legalizing to placement. */
function problemsOf(network: Network): string[] {
  const { output, diagnostics } = legalized(network);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (output === undefined) return errors.map(({ code }) => code);
  const { placement, diagnostics: placing } = placeNetwork(output, device);
  const found = [...errors, ...verifyNetwork(output, device), ...placing];
  if (placement) found.push(...verifyPlacement(placement, device));
  return found.filter(({ severity }) => severity === "error").map(({ code }) => code);
}

/** One tensor is part of two concatenations; together the parts of both need more processors than there are. */
const crowded: Record<string, { input: [number, number, number]; layers: LayerSketch[] }> = {
  "a copy of the input as last and as first part": {
    input: [44, 8, 8],
    layers: [
      { op: "c1", out: 48, from: ["input"] },
      { op: "c3", out: 32, from: [0], isOutput: true },
      { op: "c3", out: 16, from: [1] },
      { op: "c3", out: 16, from: ["input"] },
      { op: "pt", from: ["input"] },
      { op: "c3", out: 16, from: ["input"] },
      { op: "c1", out: 32, from: [2, 4] },
      { op: "pt", add: 2, from: [4, 4] },
      { op: "c1", out: 16, from: [4, 5] },
      { op: "c3", out: 1, from: [5], isOutput: true },
    ],
  },
  "a last part that is the first one elsewhere": {
    input: [1, 9, 8],
    layers: [
      { op: "c1", out: 60, from: ["input"] },
      { op: "c1", out: 28, from: [0, 0] },
      { op: "pt", from: [0] },
      { op: "c1", out: 4, from: [0] },
      { op: "c1", out: 128, from: [0, 3] },
      { op: "c3", out: 16, from: [1] },
      { op: "pt", add: 2, from: [2, 0] },
      { op: "c1", out: 128, from: [3, 5] },
      { op: "c3", out: 16, from: [7] },
      { op: "c1", out: 3, from: [7], isOutput: true },
    ],
  },
};

/** Layers that mostly combine what is there, of sizes that often do not fit side by side. */
const tangles = fc
  .array(
    fc.record({
      op: fc.constantFrom("c1", "c3", "pt", "concat", "concat", "concat3", "add"),
      out: fc.constantFrom(4, 8, 16, 20, 28, 32, 44, 48, 60, 64),
      back: fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)),
      isOutput: fc.integer({ min: 0, max: 5 }).map((value) => value === 0),
    }),
    { minLength: 3, maxLength: 14 },
  )
  .map((steps) => {
    const channels = [16];
    const layers = steps.map(({ op, out, back, isOutput }): LayerSketch => {
      const pick = (i: number) => Math.max(0, channels.length - 1 - (back[i] as number));
      const parts =
        op === "add"
          ? [pick(0), sameSize(channels, pick(0), pick(1))]
          : op === "concat3"
            ? [0, 1, 2].map(pick)
            : op === "concat"
              ? [0, 1].map(pick)
              : [pick(0)];
      const total = parts.reduce((sum, part) => sum + (channels[part] as number), 0);
      channels.push(op === "pt" ? total : op === "add" ? total / 2 : out);
      const from = parts.map((part) => (part === 0 ? ("input" as const) : part - 1));
      if (op === "add") return { op: "pt", add: 2, from, isOutput };
      return { op: op.startsWith("concat") ? "c1" : op, out, from, isOutput };
    });
    return sketchNetwork({ input: [16, 4, 4], layers });
  });

function sameSize(channels: readonly number[], wanted: number, other: number): number {
  return channels[other] === channels[wanted] ? other : wanted;
}

describe("aligning processors", () => {
  it.each(Object.entries(crowded))("moves the tensor whose other readers are in the way: %s", (_, sketch) => {
    expect(problemsOf(sketchNetwork(sketch))).toEqual([]);
  });

  it("moves one tensor, not the one that cannot help", () => {
    const [sketch] = Object.values(crowded);
    const { output } = legalized(sketchNetwork(sketch!));
    const joined = output?.layers.find(({ name }) => name === "layer_8");
    expect(joined?.sources.map((source) => output?.layers[source as number]?.name)).toEqual([
      "layer_4_moved",
      "layer_5",
    ]);
  });

  it("ends, whatever is combined with whatever", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(tangles, (network) => {
        const { output } = legalized(network);
        expect(output === undefined || output.layers.length < 200).toBe(true);
      }),
      { numRuns: 400, seed: 1 },
    );
  });

  it("says what it cannot move: nothing comes between streaming layers", () => {
    const network = sketchNetwork({
      input: [8, 8, 8],
      options: { fifo: "standard" },
      layers: [
        { op: "pt", pool: 2, streaming: true },
        { op: "c3", out: 4, streaming: true },
        { op: "c3", out: 4 },
      ],
    });
    expect(legalized(network).diagnostics.map(({ code }) => code)).toEqual(["AI2556"]);
  });
});
