import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sketchNetwork } from "../../test/fixtures/layer-builder.ts";
import { randomNetworks } from "../../test/fixtures/random-networks.ts";
import { max78000 } from "../../targets/max78000/device.ts";
import { max78002 } from "../../targets/max78002/device.ts";
import { maskOf, maskOfRange } from "../ir/geometry.ts";
import type { Network } from "../ir/network.ts";
import type { LayerPlacement, Placement } from "../ir/placement.ts";
import { placeData } from "./place.ts";
import { verifyPlacement } from "./verify-placement.ts";

const withoutWeights = (network: Network, layers: readonly LayerPlacement[]): Placement => ({
  network,
  layers,
  weights: { layers: network.layers.map(() => null), chunks: [], usedBytes: 0 },
  bias: { layers: network.layers.map(() => null), images: [] },
});

const codes = (
  network: Network,
  layers: readonly LayerPlacement[],
  device = max78000 as typeof max78000 | typeof max78002,
) => verifyPlacement(withoutWeights(network, layers), device).map((diagnostic) => diagnostic.code);

const at = (
  processors: bigint,
  outputProcessors: bigint,
  inputOffset: number,
  outputOffset: number,
): LayerPlacement => ({
  processors,
  outputProcessors,
  inputOffset,
  outputOffset,
  writeGap: 0,
  readGap: 0,
});

const low = maskOfRange(0, 16);
const high = maskOfRange(16, 16);

/** 16 x 8 x 8, then a second layer of the same size: 256 bytes per instance each. */
const chain = sketchNetwork({
  input: [16, 8, 8],
  layers: [
    { op: "c3", out: 16 },
    { op: "c3", out: 16 },
  ],
});

const residual = sketchNetwork({
  input: [16, 8, 8],
  layers: [
    { op: "c3", out: 16 },
    { op: "pt", from: [0] },
    { op: "c3", out: 16, from: [0] },
    { op: "pt", add: 2, from: [1, 2] },
  ],
});
const residualPlaces: readonly LayerPlacement[] = [
  at(low, low, 0, 0x400),
  { ...at(low, low, 0x400, 0x800), writeGap: 1 },
  { ...at(low, low, 0x400, 0x804), writeGap: 1 },
  at(low, low, 0x800, 0),
];

describe("the placement verifier", () => {
  it("accepts separate tensors and consecutive results over dead data", () => {
    expect(codes(chain, [at(low, high, 0, 0), at(high, low, 0, 0)])).toEqual([]);
    expect(codes(chain, [at(low, low, 0, 0x100), at(low, low, 0x100, 0)])).toEqual([]);
    expect(codes(residual, residualPlaces)).toEqual([]);
  });

  it.each([
    ["a reader at another offset", [at(low, low, 0, 0x100), at(low, low, 0x104, 0)]],
    ["a reader on other processors", [at(low, high, 0, 0x100), at(low, low, 0x100, 0)]],
    ["a result over input that is still needed", [at(low, low, 0, 0x40), at(low, low, 0x40, 0x200)]],
    ["a write gap that the reader ignores", [{ ...at(low, low, 0, 0x100), writeGap: 1 }, at(low, low, 0x100, 0)]],
  ])("finds %s", (_, places) => {
    expect(codes(chain, places)).toEqual(["AI3023"]);
  });

  it("lets results follow the pixels that were consumed, but not run ahead of them", () => {
    const points = sketchNetwork({
      input: [16, 8, 8],
      layers: [
        { op: "c1", out: 16 },
        { op: "c3", out: 16 },
      ],
    });
    expect(codes(points, [at(low, low, 0x100, 0xfc), at(low, low, 0xfc, 0)])).toEqual([]);
    expect(codes(points, [at(low, low, 0x100, 0x104), at(low, low, 0x104, 0x300)])).toEqual(["AI3023"]);
    const taller = sketchNetwork({ input: [16, 8, 8], layers: [{ op: "t3", out: 16 }] });
    expect(codes(taller, [at(low, low, 0x400, 0x3fc)])).toEqual(["AI3023"]);
  });

  it("finds an operand in the place of the other", () => {
    const [first, copy, conv, sum] = residualPlaces as [LayerPlacement, LayerPlacement, LayerPlacement, LayerPlacement];
    const swapped = [first, { ...copy, outputOffset: 0x804 }, { ...conv, outputOffset: 0x800 }, sum];
    expect(codes(residual, swapped)).toEqual(["AI3023"]);
    expect(codes(residual, [first, { ...copy, outputOffset: 0x400 }, conv, sum])).toContain("AI3023");
  });

  it("finds a result that later layers destroy", () => {
    const heads = sketchNetwork({
      input: [16, 8, 8],
      layers: [
        { op: "c3", out: 16, isOutput: true, from: ["input"] },
        { op: "c3", out: 16, isOutput: true, from: ["input"] },
      ],
    });
    expect(codes(heads, [at(low, high, 0, 0), at(low, high, 0, 0x100)])).toEqual([]);
    expect(codes(heads, [at(low, high, 0, 0), at(low, high, 0, 0xfc)])).toEqual(["AI3024"]);
  });

  it("finds parts of a concatenation that share a word", () => {
    const parts = sketchNetwork({
      input: [16, 8, 8],
      layers: [
        { op: "c3", out: 6, from: ["input"] },
        { op: "c3", out: 6, from: ["input"] },
        { op: "c3", out: 16, from: [0, 1] },
      ],
    });
    const [first, second] = [maskOfRange(0, 6), maskOfRange(6, 6)];
    const places = [at(low, first, 0, 0x400), at(low, second, 0, 0x400), at(maskOfRange(0, 12), low, 0x400, 0)];
    expect(codes(parts, places)).toEqual(["AI3023"]);
  });

  it("finds data beyond the end of an instance", () => {
    const last = max78000.dataMemory.instanceBytes - 0x100;
    expect(codes(chain, [at(low, low, 0, last), at(low, low, last, 0x100)])).toEqual([]);
    expect(codes(chain, [at(low, low, 0, last + 4), at(low, low, last + 4, 0x100)])).toContain("AI3022");
  });

  it.each([
    ["too few processors", [at(maskOfRange(0, 15), high, 0, 0), at(high, low, 0, 0)], ["AI3020"]],
    ["an offset between words", [at(low, high, 0, 2), at(high, low, 2, 0)], ["AI3041", "AI3041"]],
    ["no processor in quadrant 0", [at(high, high, 0, 0x400), at(high, high, 0x400, 0)], ["AI3021"]],
    [
      "a gap the write pointer cannot skip",
      [{ ...at(low, high, 0, 0), writeGap: 16 }, at(high, low, 0, 0)],
      ["AI3041"],
    ],
    [
      "a read gap the device does not have",
      [
        { ...at(low, high, 0, 0), writeGap: 1 },
        { ...at(high, low, 0, 0), readGap: 1 },
      ],
      ["AI3042"],
    ],
  ])("finds %s", (_, places, expected) => {
    expect(codes(chain, places)).toEqual(expected);
  });

  it("finds a 32-bit result in pieces", () => {
    const result = (wide: boolean) =>
      sketchNetwork({ input: [16, 4, 4], layers: [{ op: "c3", out: 4, wide, from: ["input"] }] });
    const pieces = (processors: readonly number[]) => [at(low, maskOf([...processors]), 0, 0x400)];
    expect(codes(result(true), pieces([0, 2, 4, 6]))).toEqual(["AI3046"]);
    expect(codes(result(true), pieces([0, 1, 4, 5]))).toEqual([]);
    expect(codes(result(true), pieces([1, 2, 3, 4]))).toEqual(["AI3046"]);
    expect(codes(result(false), pieces([1, 2, 3, 4]))).toEqual([]);
    expect(codes(result(false), pieces([0, 2, 4, 6]))).toEqual([]);
  });

  it("reads with a gap where the device can", () => {
    const places = [
      { ...at(low, high, 0, 0), writeGap: 1 },
      { ...at(high, low, 0, 0), readGap: 1 },
    ];
    expect(codes(chain, places, max78002)).toEqual([]);
  });

  it("finds values that would have to leave their quadrant", () => {
    const copies = sketchNetwork({ input: [8, 4, 4], layers: [{ op: "pt" }, { op: "c1", out: 8 }] });
    const moved = (first: number) => [
      at(maskOfRange(0, 8), maskOfRange(first, 8), 0, 0x100),
      at(maskOfRange(first, 8), maskOfRange(0, 8), 0x100, 0),
    ];
    expect(codes(copies, moved(8))).toEqual([]);
    expect(codes(copies, moved(16))).toEqual(["AI3040"]);
    expect(codes(copies, moved(12))).toEqual(["AI3040"]);
  });

  it("finds planar channels that share an instance", () => {
    const planar = sketchNetwork({ input: [2, 8, 8], format: "CHW", layers: [{ op: "c3", out: 16 }] });
    expect(codes(planar, [at(maskOf([0, 4]), high, 0, 0)])).toEqual([]);
    expect(codes(planar, [at(maskOf([0, 1]), high, 0, 0)])).toEqual(["AI3045"]);
  });

  it("finds stream buffers that touch", () => {
    const streams = sketchNetwork({
      input: [3, 32, 32],
      options: { fifo: "standard" },
      layers: [
        { op: "c3", out: 16, streaming: true },
        { op: "c3", out: 16, streaming: true, pool: 2 },
        { op: "c3", out: 16 },
      ],
    });
    const { layers = [] } = placeData(streams, max78000);
    expect(codes(streams, layers)).toEqual([]);
    const [first, second, third] = layers as [LayerPlacement, LayerPlacement, LayerPlacement];
    const same = { outputProcessors: second.processors, outputOffset: second.inputOffset };
    const overlapping = [
      first,
      { ...second, ...same },
      { ...third, processors: second.processors, inputOffset: second.inputOffset },
    ];
    expect(codes(streams, overlapping)).toContain("AI3027");
    const elsewhere = [{ ...first, outputOffset: first.outputOffset + 4 }, second, third];
    expect(codes(streams, elsewhere)).toContain("AI3027");
  });

  it("finds shared words of weight memory and bytes of bias memory", () => {
    const placement = withoutWeights(chain, [at(low, high, 0, 0), at(high, low, 0, 0)]);
    const kernels = { length: 16, count: 16, outputSlots: 16, sharedWith: null };
    const both = (first: number, second: number, processors: bigint): Placement => ({
      ...placement,
      layers: placement.layers.map((place, index) => ({ ...place, ...(index === 1 ? { processors } : {}) })),
      weights: {
        ...placement.weights,
        layers: [
          { ...kernels, column: first },
          { ...kernels, column: second },
        ],
      },
    });
    const weightCodes = (checked: Placement) =>
      verifyPlacement(checked, max78000)
        .map((diagnostic) => diagnostic.code)
        .filter((code) => code === "AI3025" || code === "AI3026");
    expect(weightCodes(both(0, 0, high))).toEqual([]);
    expect(weightCodes(both(0, 16, low))).toEqual([]);
    expect(weightCodes(both(0, 15, low))).toEqual(["AI3025"]);
    const twice = { processor: 3, column: 766, bytes: new Uint8Array(18) };
    expect(weightCodes({ ...placement, weights: { ...placement.weights, chunks: [twice] } })).toEqual([]);
    expect(weightCodes({ ...placement, weights: { ...placement.weights, chunks: [twice, twice] } })).toEqual([
      "AI3025",
    ]);
    const beyond = { ...twice, column: 767 };
    expect(weightCodes({ ...placement, weights: { ...placement.weights, chunks: [beyond] } })).toEqual(["AI3025"]);
    const bias = (second: number): Placement => ({
      ...placement,
      bias: {
        layers: [
          { quadrant: 0, offsets: [0, 0, 0, 0] },
          { quadrant: 0, offsets: [second, second, second, second] },
        ],
        images: [new Uint8Array(32)],
      },
    });
    expect(weightCodes(bias(16))).toEqual([]);
    expect(weightCodes(bias(15))).toEqual(["AI3026"]);
    const withBias = (second: number): Placement => ({
      ...bias(0),
      network: {
        ...placement.network,
        layers: placement.network.layers.map((layer, index) => ({
          ...layer,
          convolution: layer.convolution && {
            ...layer.convolution,
            bias: new Int8Array(layer.output.channels).fill(index === 1 ? second : 5),
          },
        })),
      },
    });
    expect(weightCodes(withBias(5))).toEqual([]);
    expect(weightCodes(withBias(6))).toEqual(["AI3026"]);
  });

  it("notices any moved read or write of a placed network", () => {
    fc.assert(
      fc.property(randomNetworks(max78000), fc.nat(), fc.boolean(), (network, place, reads) => {
        const { layers = [] } = placeData(network, max78000);
        // The first read and unread results may lie anywhere.
        const index = reads ? 1 + (place % (layers.length - 1)) : place % (layers.length - 1);
        const read = network.layers.some((layer) => layer.sources.includes(index));
        fc.pre(reads || read);
        const key = reads ? "inputOffset" : "outputOffset";
        const moved = layers.map((entry, other) => (other === index ? { ...entry, [key]: entry[key] + 4 } : entry));
        fc.pre(!(reads && network.layers[index]?.sources.includes("input")));
        expect(codes(network, moved)).not.toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
