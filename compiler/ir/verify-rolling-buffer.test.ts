import { describe, expect, it } from "vitest";
import { sketchNetwork } from "../../test/fixtures/layer-builder.ts";
import { devices } from "../../targets/index.ts";
import { scheduleLayers } from "../passes/schedule-layers.ts";
import type { Layer, Network } from "./network.ts";
import { printNetwork } from "./print-network.ts";
import { verifyNetwork } from "./verify-network.ts";
import { verifySchedule } from "./verify-schedule.ts";

const device = devices.MAX78000;

/** 8 x 5 rows are kept while two are added, and a convolution reads all seven. */
function temporal(change: Readonly<Record<number, Partial<Layer>>> = {}, added = 2): Network {
  const network = sketchNetwork({
    input: [4, added, 1],
    layers: [
      { op: "c1", out: 4 },
      { op: "pt", from: [0] },
      { op: "c1", out: 8, from: [0] },
      { op: "pt", from: [2] },
    ],
  });
  const shape = (height: number) => ({ channels: 8, height, width: 1 });
  const copy = (height: number) => ({ input: shape(height), pooled: shape(height), output: shape(height) });
  const buffer: Readonly<Record<number, Partial<Layer>>> = {
    1: { sources: [1, 2], recalls: true, crop: [added, 0], ...copy(7 - added) },
    3: { sources: [1, 2], ...copy(7) },
  };
  return { ...network, layers: network.layers.map((layer, i) => ({ ...layer, ...buffer[i], ...change[i] })) };
}

const codes = (network: Network) => [...new Set(verifyNetwork(network, device).map(({ code }) => code))];

describe("the network verifier on rolling buffers", () => {
  it("accepts a buffer that moves by what is added, also by half of it", () => {
    expect(verifyNetwork(temporal(), device)).toEqual([]);
    const half = { height: 4, width: 1, channels: 8 };
    const even = temporal({ 1: { sources: [1, 2], crop: [4, 0], input: half, pooled: half, output: half } }, 4);
    const whole = { ...half, height: 8 };
    const layers = even.layers.map((layer, i) =>
      i === 3 ? { ...layer, input: whole, pooled: whole, output: whole } : layer,
    );
    expect(verifyNetwork({ ...even, layers }, device)).toEqual([]);
  });

  it.each<[string, Readonly<Record<number, Partial<Layer>>>, string[]]>([
    ["an earlier layer that adds the rows", { 1: { sources: [1, 0] } }, ["AI1524"]],
    ["other rows than its own", { 1: { sources: [0, 2] } }, ["AI1524"]],
    ["one source", { 1: { sources: [1] } }, ["AI1524"]],
    ["a move by too few rows", { 1: { crop: [1, 0] } }, ["AI1524"]],
    ["rows dropped at the end", { 1: { crop: [1, 1] } }, ["AI1524"]],
    ["an activation", { 1: { activation: "relu" } }, ["AI1524"]],
    ["rows of other channels", { 2: { output: { channels: 4, height: 2, width: 1 } } }, ["AI1524", "AI1521"]],
    ["32-bit rows", { 2: { outputBits: 32 } }, ["AI1524", "AI1504"]],
    ["rows that stream", { 2: { streaming: true } }, ["AI1524", "AI2530"]],
  ])("refuses %s", (_, change, expected) => {
    expect(codes(temporal(change))).toEqual(expected);
  });

  it("refuses a buffer that moves before the input has its layer, and too many channels", () => {
    const { layers, ...network } = temporal();
    const first = { ...(layers[1] as Layer), index: 0, sources: [0, 1] };
    const second = { ...(layers[2] as Layer), index: 1, sources: ["input"] as const };
    expect(codes({ ...network, layers: [first, second] })).toContain("AI1524");
    const wide = { channels: 65, height: 5, width: 1 };
    const newest = { ...(layers[2] as Layer), output: { ...wide, height: 2 } };
    const mover = { ...(layers[1] as Layer), input: wide, pooled: wide, output: wide };
    const message = verifyNetwork({ ...network, layers: [layers[0] as Layer, mover, newest] }, device)[0]?.message;
    expect(message).toContain("at most 64 channels, not 65");
  });

  it("says in print that rows of the previous inference are read", () => {
    expect(printNetwork(temporal())).toMatch(
      /layer_1 +<- previous layer_1, layer_2 +8x5x1 cropped 2\+0 +copy +-> 8x5x1/,
    );
  });
});

describe("the schedule of a rolling buffer", () => {
  const network = temporal();
  const schedule = scheduleLayers(network, device);

  it("keeps both parts from one inference to the next", () => {
    expect(verifySchedule(schedule, device)).toEqual([]);
    const kept = schedule.tensors.filter(({ source }) => source === 1 || source === 2);
    expect(kept.map(({ start, end }) => [start, end])).toEqual([
      [-1, 5],
      [-1, 5],
    ]);
  });

  it("is refused when it lets go of a part", () => {
    const tensors = schedule.tensors.map((tensor) => (tensor.source === 2 ? { ...tensor, start: 2 } : tensor));
    expect(verifySchedule({ ...schedule, tensors }, device)[0]?.message).toContain("the previous inference left");
  });
});
