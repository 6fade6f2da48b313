import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { WeightChunk } from "../../targets/accelerator/program.ts";
import { devices } from "../../targets/index.ts";
import { bitsOf, maskOf, maskOfRange, passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement, WeightMemory } from "../ir/placement.ts";
import { convolutionLayer, placed, testNetwork } from "../../test/support/sample-network.ts";
import { placeWeights } from "./weight-memory.ts";
import { wordsOf } from "./weight-columns.ts";

const { MAX78000, MAX78002 } = devices;

/**
 * Reads a weight back as the hardware does: nine bytes per word from the least significant one on, and a counter that
 * goes through outputs (with those left out) and passes. Knows nothing of how kernels were packed.
 */
class Decoder {
  private readonly bytes = new Map<number, Uint8Array>();

  constructor(chunks: readonly WeightChunk[]) {
    for (const { processor, column, bytes } of chunks) {
      const stream = this.bytes.get(processor) ?? new Uint8Array(5120 * 9);
      this.bytes.set(processor, stream);
      for (const [i, byte] of bytes.entries()) {
        const word = column + Math.floor(i / 9);
        stream[word * 9 + 8 - (i % 9)] = byte;
      }
    }
  }

  /** Tap of a kernel; `mask` counts kernels in eighths from `firstByte` on. */
  tap(processor: number, firstByte: number, mask: number, taps: number, tap: number, bits: number): number {
    const at = firstByte + Math.floor(mask / 8) * taps + taps - 1 - tap;
    const field = ((this.bytes.get(processor)?.[at] ?? 0) >> (mask % 8)) & (2 ** bits - 1);
    return field >= 2 ** (bits - 1) ? field - 2 ** bits : field;
  }
}

/** All weights of a layer, read back from weight memory; in the order of the tensor. */
function readBack(
  network: Network,
  index: number,
  layers: readonly LayerPlacement[],
  memory: WeightMemory,
  device: DeviceSpec,
) {
  const layer = network.layers[index] as Layer;
  const { processors, outputProcessors } = layers[index] as LayerPlacement;
  const { kernel, weights, groups } = layer.convolution!;
  const taps = kernel[0] * kernel[1];
  const inputs = bitsOf(processors);
  const outputs = bitsOf(outputProcessors);
  const pixels = layer.flatten ? layer.pooled.height * layer.pooled.width : 1;
  const inputPasses = passesOf(layer.input.channels, device);
  const first = (outputs[0] as number) & ~3;
  const span = 1 + (outputs.at(-1) as number) - first;
  const decoder = new Decoder(memory.chunks);
  const { column } = memory.layers[index]!;
  const found: number[] = [];
  for (let output = 0; output < layer.output.channels; output++) {
    for (let input = 0; input < weights!.inputs; input++) {
      const channel = groups > 1 ? output : Math.floor(input / pixels);
      const pass = Math.floor(channel / inputs.length) + (input % pixels) * inputPasses;
      const slot =
        groups > 1
          ? 0
          : Math.floor(output / outputs.length) * span + (outputs[output % outputs.length] as number) - first;
      const mask = (slot * inputPasses * pixels + pass) * weights!.bits;
      const processor = inputs[channel % inputs.length] as number;
      for (let tap = 0; tap < taps; tap++)
        found.push(decoder.tap(processor, column * 9, mask, taps, tap, weights!.bits));
    }
  }
  return found;
}

interface LayerChoice {
  readonly kind: "conv2d" | "conv1d" | "linear" | "flatten" | "depthwise";
  readonly inputs: number;
  readonly outputs: number;
  readonly bits: 1 | 2 | 4 | 8;
  readonly size: number;
  /** Where the processors begin, and which of them are left out. */
  readonly inputStart: number;
  readonly outputStart: number;
  readonly gap: boolean;
}

const choice = fc.record<LayerChoice>({
  kind: fc.constantFrom("conv2d", "conv1d", "linear", "flatten", "depthwise"),
  inputs: fc.integer({ min: 1, max: 100 }),
  outputs: fc.integer({ min: 1, max: 100 }),
  bits: fc.constantFrom(1, 2, 4, 8),
  size: fc.integer({ min: 1, max: 9 }),
  inputStart: fc.nat(63),
  outputStart: fc.nat(63),
  gap: fc.boolean(),
});

function range(start: number, count: number): bigint {
  return maskOfRange(Math.min(start, 64 - count), count);
}

/** A map that begins anywhere, perhaps with a gap, where the hardware can count such maps. */
function outputMap({ outputStart, gap, kind }: LayerChoice, outputs: number, device: DeviceSpec): bigint {
  const count = processorsPerPass(outputs, device);
  const isFree = kind !== "flatten" && kind !== "depthwise" && outputs <= 64;
  const start = isFree ? outputStart : outputStart & ~3;
  const mask = range(start, count);
  if (!isFree || !gap || count < 2 || count === 64)
    return count % 4 === 0 || isFree ? mask : range(Math.min(start, 60 - (count & ~3)) & ~3, count);
  const bits = bitsOf(mask);
  const last = bits.at(-1) as number;
  return last < 60 ? maskOf([...bits.slice(0, -1), last + 3]) : mask;
}

function build(choices: readonly LayerChoice[], device: DeviceSpec) {
  const layers: Layer[] = [];
  const placements: LayerPlacement[] = [];
  for (const [index, found] of choices.entries()) {
    const depthwise = found.kind === "depthwise" && device.capabilities.depthwise;
    const kind = found.kind === "depthwise" && !depthwise ? "conv2d" : found.kind;
    const outputs = depthwise ? found.inputs : found.outputs;
    const kernel =
      kind === "conv1d"
        ? ([found.size, 1] as const)
        : kind === "conv2d" || depthwise
          ? ([3, 3] as const)
          : ([1, 1] as const);
    layers.push(
      convolutionLayer({
        index,
        kind: kind === "flatten" || kind === "linear" ? "linear" : kind === "conv1d" ? "conv1d" : "conv2d",
        inputs: found.inputs,
        outputs,
        kernel,
        bits: found.bits,
        groups: depthwise ? found.inputs : 1,
        flatten: kind === "flatten" ? [2, 1 + (found.size % 3)] : null,
        seed: index + 1,
      }),
    );
    const processors = range(found.inputStart, processorsPerPass(found.inputs, device));
    placements.push(
      placed({
        processors,
        outputProcessors: depthwise
          ? outputMap(found, outputs, device)
          : outputMap({ ...found, kind }, outputs, device),
      }),
    );
  }
  return { network: testNetwork(layers, device), placements };
}

describe.each([MAX78000, MAX78002] as const)("weight memory of $name", (device) => {
  it("holds every weight where the hardware reads it", () => {
    let placedNetworks = 0;
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 5 }), (choices) => {
        const { network, placements } = build(choices, device);
        const { memory, diagnostics } = placeWeights(network, placements, device);
        if (memory === undefined) {
          expect(diagnostics.map(({ code }) => code)).toEqual(["AI3201"]);
          return;
        }
        placedNetworks++;
        for (const layer of network.layers) {
          const { data } = layer.convolution!.weights!;
          const found = readBack(network, layer.index, placements, memory, device);
          expect(found.length).toBe(data.length);
          expect(found.findIndex((value, i) => value !== data[i])).toBe(-1);
        }
      }),
      { numRuns: 80 },
    );
    expect(placedNetworks).toBeGreaterThan(10);
  });

  it("gives each layer aligned words of its own, inside the memory", () => {
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 8 }), (choices) => {
        const { network, placements } = build(choices, device);
        const { memory } = placeWeights(network, placements, device);
        if (memory === undefined) return;
        for (const found of memory.layers) expect((found?.column ?? 0) % 4).toBe(0);
        const ends = new Map<number, number>();
        for (const { processor, column, bytes } of memory.chunks) {
          expect(bytes.length % 9).toBe(0);
          expect(column).toBeGreaterThan(ends.get(processor) ?? -1);
          ends.set(processor, column + bytes.length / 9);
          expect(ends.get(processor)).toBeLessThanOrEqual(wordsOf(device, processor));
        }
        const nonZero = (values: Iterable<number>) => [...values].filter((value) => value !== 0).length;
        if (network.layers.every((layer) => layer.convolution?.weights?.bits === 8)) {
          const stored = memory.chunks.reduce((sum, { bytes }) => sum + nonZero(bytes), 0);
          const given = network.layers.reduce((sum, layer) => sum + nonZero(layer.convolution!.weights!.data), 0);
          expect(stored).toBe(given);
        }
      }),
      { numRuns: 80 },
    );
  });

  it("places a layer at the lowest free words of its processors", () => {
    const layer = (index: number, outputs: number) =>
      convolutionLayer({ index, kind: "conv2d", inputs: 4, outputs, kernel: [3, 3], bits: 8, seed: index + 1 });
    const network = testNetwork([layer(0, 6), layer(1, 3), layer(2, 9)], device);
    const placements = [0, 4, 4].map((start, i) =>
      placed({ processors: maskOfRange(start, 4), outputProcessors: maskOfRange(0, [6, 3, 9][i] as number) }),
    );
    const { memory } = placeWeights(network, placements, device);
    expect(memory?.layers.map((found) => [found?.column, found?.length, found?.count])).toEqual([
      [0, 6, 6],
      [0, 3, 3],
      [4, 9, 9],
    ]);
  });

  it("refuses a layer that exceeds the memory, in words of the user", () => {
    const outputs = 1024;
    const layer = convolutionLayer({
      index: 0,
      kind: "conv2d",
      inputs: 1024,
      outputs,
      kernel: [3, 3],
      bits: 8,
      seed: 1,
    });
    const all = maskOfRange(0, 64);
    const { memory, diagnostics } = placeWeights(
      testNetwork([layer], device),
      [placed({ processors: all, outputProcessors: all })],
      device,
    );
    expect(memory).toBeUndefined();
    expect(diagnostics).toMatchObject([{ code: "AI3201", severity: "error" }]);
    expect(diagnostics[0]?.message).toContain("needs 16384 words of weight memory");
  });

  it("stores equal kernels once, unless told not to", () => {
    const layer = (index: number) =>
      convolutionLayer({ index, kind: "conv2d", inputs: 4, outputs: 4, kernel: [3, 3], bits: 8, seed: 7 });
    const network = testNetwork([layer(0), layer(1)], device);
    const placements = [0, 1].map(() => placed({ processors: 0xfn, outputProcessors: 0xfn }));
    const shared = placeWeights(network, placements, device).memory;
    expect(shared?.layers[1]).toEqual({ ...shared?.layers[0], sharedWith: 0 });
    expect(shared?.usedBytes).toBe(144);
    expect(placeWeights(network, placements, device, { deduplicate: false }).memory?.usedBytes).toBe(288);
    // The same kernels for outputs that are counted differently need a copy of their own.
    const moved = [placements[0] as LayerPlacement, placed({ processors: 0xfn, outputProcessors: 0x1en })];
    expect(placeWeights(network, moved, device).memory?.layers[1]?.sharedWith).toBeNull();
  });
});

describe("weight memory of MAX78002 alone", () => {
  it("moves depthwise outputs as their inputs lie", () => {
    const layer = convolutionLayer({
      index: 0,
      kind: "conv2d",
      inputs: 8,
      outputs: 8,
      kernel: [3, 3],
      bits: 8,
      groups: 8,
      seed: 1,
    });
    const codes = (processors: bigint, outputProcessors: bigint) =>
      placeWeights(
        testNetwork([layer], MAX78002),
        [placed({ processors, outputProcessors })],
        MAX78002,
      ).diagnostics.map(({ code }) => code);
    expect(codes(0xf000fn, 0xf000fn)).toEqual([]);
    expect(codes(0xf000fn, 0xf000f0n)).toEqual([]);
    expect(codes(0xf000fn, 0xffn)).toEqual(["AI3202"]);
    expect(codes(0xffn, 0xf0fn)).toEqual(["AI3202"]);
  });

  const single = (index: number, options: Partial<Parameters<typeof convolutionLayer>[0]> = {}) =>
    convolutionLayer({
      index,
      kind: "conv2d",
      inputs: 1,
      outputs: 1,
      kernel: [3, 3],
      bits: 8,
      seed: index + 1,
      ...options,
    });
  const first = placed({ processors: 1n, outputProcessors: 1n });

  it("places layers on the long memories from the top", () => {
    const network = testNetwork([single(0)], MAX78002);
    const { memory } = placeWeights(network, [first], MAX78002);
    expect(memory?.layers[0]?.column).toBe(5116);
    expect(memory?.chunks.map(({ column, bytes }) => [column, bytes.length])).toEqual([[5116, 9]]);
  });

  it("finds another place where rounding down would reach into a neighbour", () => {
    const network = testNetwork([single(0), single(1)], MAX78002);
    const { memory } = placeWeights(network, [first, first], MAX78002);
    expect(memory?.layers.map((found) => found?.column)).toEqual([5116, 5112]);
  });

  it("keeps depthwise kernels inside one memory instance", () => {
    const filler = convolutionLayer({
      index: 0,
      kind: "conv2d",
      inputs: 64,
      outputs: 1020,
      kernel: [3, 3],
      bits: 8,
      seed: 1,
    });
    const all = maskOfRange(0, 64);
    const channels = 256;
    const depthwise = convolutionLayer({
      index: 1,
      kind: "conv2d",
      inputs: channels,
      outputs: channels,
      kernel: [3, 3],
      bits: 8,
      groups: channels,
      seed: 2,
    });
    const fillerMap = maskOfRange(0, processorsPerPass(1020, MAX78002));
    const network = testNetwork([filler, depthwise], MAX78002);
    const placements = [
      placed({ processors: all, outputProcessors: fillerMap }),
      placed({ processors: all, outputProcessors: all }),
    ];
    const { memory } = placeWeights(network, placements, MAX78002);
    expect(memory?.layers[1]).toMatchObject({ column: 1024, length: 4 });
  });

  it("spreads the outputs of a four-way layer over the four parts of memory", () => {
    const layer = single(0, { inputs: 64, outputs: 16, calcx4: true });
    const all = maskOfRange(0, 64);
    const { memory } = placeWeights(
      testNetwork([layer], MAX78002),
      [placed({ processors: all, outputProcessors: 0xffffn })],
      MAX78002,
    );
    const decoder = new Decoder(memory?.chunks ?? []);
    const { data } = layer.convolution!.weights!;
    for (let output = 0; output < 16; output++) {
      for (let tap = 0; tap < 9; tap++) {
        const word = (output % 4) * 1024 + Math.floor(output / 4);
        expect(decoder.tap(5, word * 9, 0, 9, tap, 8)).toBe(data[(output * 64 + 5) * 9 + tap]);
      }
    }
  });

  it.each([
    ["1x1 kernels", { kernel: [1, 1] as const, inputs: 64, outputs: 64 }],
    ["a number of outputs that is no multiple of four", { inputs: 64, outputs: 18 }],
  ])("refuses four outputs at a time with %s", (_, options) => {
    const layer = single(0, { calcx4: true, ...options });
    const map = maskOfRange(0, options.outputs);
    const { diagnostics } = placeWeights(
      testNetwork([layer], MAX78002),
      [placed({ processors: maskOfRange(0, 64), outputProcessors: map })],
      MAX78002,
    );
    expect(diagnostics).toMatchObject([{ code: "AI3203" }]);
  });

  it("refuses processors that do not match the channels", () => {
    const network = testNetwork([single(0, { inputs: 5, outputs: 5 })], MAX78002);
    const { diagnostics } = placeWeights(network, [placed({ processors: 0xfn, outputProcessors: 0x3fn })], MAX78002);
    expect(diagnostics.map(({ code }) => code)).toEqual(["AI3204", "AI3204"]);
  });
});
