import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { devices } from "../../targets/index.ts";
import { convolutionLayer, placed, testNetwork } from "../../test/support/sample-network.ts";
import { bitsOf, maskOf, maskOfRange, passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Layer } from "../ir/network.ts";
import type { BiasMemory, LayerPlacement } from "../ir/placement.ts";
import { placeBias } from "./bias-memory.ts";

const { MAX78000, MAX78002 } = devices;

const biasOf = (count: number, seed: number): Int8Array =>
  Int8Array.from({ length: count }, (_, i) => ((i * 37 + seed * 11) % 255) - 127 || 1);

interface Choice {
  readonly outputs: number;
  readonly start: number;
  readonly flatten: boolean;
  readonly depthwise: boolean;
}

const choice = fc.record<Choice>({
  outputs: fc.integer({ min: 1, max: 130 }),
  start: fc.nat(15),
  flatten: fc.boolean(),
  depthwise: fc.boolean(),
});

function build(choices: readonly Choice[], device: DeviceSpec) {
  const layers: Layer[] = [];
  const placements: LayerPlacement[] = [];
  for (const [index, { outputs, start, flatten, ...found }] of choices.entries()) {
    const depthwise = found.depthwise && device.capabilities.depthwise;
    const count = processorsPerPass(outputs, device);
    const map = maskOfRange(Math.min(start * 4, 64 - Math.ceil(count / 4) * 4), count);
    const inputs = depthwise ? outputs : 64;
    const groups = depthwise ? outputs : 1;
    const size = flatten && !depthwise ? ([2, 2] as const) : null;
    const kind = size ? "linear" : "conv2d";
    layers.push(
      convolutionLayer({
        index,
        kind,
        inputs,
        outputs,
        kernel: [1, 1],
        bits: 8,
        groups,
        flatten: size,
        bias: biasOf(outputs, index),
        seed: index + 1,
      }),
    );
    placements.push(placed({ processors: depthwise ? map : maskOfRange(0, 64), outputProcessors: map }));
  }
  return { layers, placements, network: testNetwork(layers, device) };
}

/** Bias of an output as the hardware finds it. */
function readBias(
  layer: Layer,
  { processors, outputProcessors }: LayerPlacement,
  memory: BiasMemory,
  device: DeviceSpec,
  output: number,
): number | undefined {
  const found = memory.layers[layer.index]!;
  const outputs = bitsOf(outputProcessors);
  const [pass, rank] = [Math.floor(output / outputs.length), output % outputs.length];
  const signed = (byte: number | undefined) => (byte === undefined ? undefined : (byte << 24) >> 24);
  if (found.quadrant === "all") {
    const processor = bitsOf(processors)[rank] as number;
    const quadrant = Math.floor(processor / 16);
    const place = (found.offsets[quadrant] as number) + 16 * pass + (processor % 4) * 4 + ((processor % 16) >> 2);
    return signed(memory.images[quadrant]?.[place]);
  }
  const first = (outputs[0] as number) & ~3;
  const slot = pass * (1 + (outputs.at(-1) as number) - first) + (outputs[rank] as number) - first;
  expect(passesOf(layer.output.channels, device)).toBeGreaterThan(pass);
  return signed(memory.images[found.quadrant]?.[(found.offsets[found.quadrant] as number) + slot]);
}

describe.each([MAX78000, MAX78002] as const)("bias memory of $name", (device) => {
  it("holds every value where the hardware reads it", () => {
    let count = 0;
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 10 }), (choices) => {
        const { layers, placements, network } = build(choices, device);
        const { memory, diagnostics } = placeBias(network, placements, device);
        if (memory === undefined) {
          expect(diagnostics.map(({ code }) => code)).toEqual(["AI3211"]);
          return;
        }
        count++;
        for (const layer of layers) {
          const bias = layer.convolution!.bias!;
          const found = Array.from(bias, (_, output) =>
            readBias(layer, placements[layer.index]!, memory, device, output),
          );
          expect(found).toEqual([...bias]);
        }
        for (const image of memory.images) expect(image.length).toBeLessThanOrEqual(device.biasMemory.bytesPerQuadrant);
      }),
    );
    expect(count).toBeGreaterThan(20);
  });

  it("leaves out biases of zeros", () => {
    const layer = convolutionLayer({
      index: 0,
      kind: "conv2d",
      inputs: 4,
      outputs: 4,
      kernel: [1, 1],
      bits: 8,
      bias: new Int8Array(4),
      seed: 1,
    });
    const { memory } = placeBias(
      testNetwork([layer], device),
      [placed({ processors: 0xfn, outputProcessors: 0xfn })],
      device,
    );
    expect(memory?.layers).toEqual([null]);
    expect(memory?.images.map(({ length }) => length)).toEqual([0, 0, 0, 0]);
  });

  it("stores values behind the processors that the output leaves out", () => {
    const bias = biasOf(3, 1);
    const layer = convolutionLayer({
      index: 0,
      kind: "conv2d",
      inputs: 4,
      outputs: 3,
      kernel: [3, 3],
      bits: 8,
      bias,
      seed: 1,
    });
    const outputProcessors = maskOf([1, 4, 5]);
    const { memory } = placeBias(
      testNetwork([layer], device),
      [placed({ processors: 0xfn, outputProcessors })],
      device,
    );
    const [a, b, c] = Uint8Array.from(bias);
    expect([...(memory?.images[0] ?? [])]).toEqual([0, a, 0, 0, b, c]);
  });

  it("reports a bias larger than a quadrant", () => {
    const outputs = device.biasMemory.bytesPerQuadrant + 1;
    const all = maskOfRange(0, 64);
    const layer = convolutionLayer({
      index: 0,
      kind: "conv2d",
      inputs: 64,
      outputs,
      kernel: [1, 1],
      bits: 1,
      bias: biasOf(outputs, 1),
      seed: 1,
    });
    const { diagnostics } = placeBias(
      testNetwork([layer], device),
      [placed({ processors: all, outputProcessors: maskOfRange(0, processorsPerPass(outputs, device)) })],
      device,
    );
    expect(diagnostics).toMatchObject([{ code: "AI3211" }]);
  });

  it("keeps a pinned quadrant, and refuses one that is not used", () => {
    const pinned = (quadrant: number) => ({
      ...convolutionLayer({
        index: 0,
        kind: "conv2d",
        inputs: 64,
        outputs: 4,
        kernel: [1, 1],
        bits: 8,
        bias: biasOf(4, 1),
        seed: 1,
      }),
      pins: { biasQuadrants: [quadrant] },
    });
    const wide = placed({ processors: maskOfRange(0, 64), outputProcessors: 0xfn });
    expect(placeBias(testNetwork([pinned(2)], device), [wide], device).memory?.layers[0]).toEqual({
      quadrant: 2,
      offsets: [0, 0, 0, 0],
    });
    const narrow = placed({ processors: 0xfn, outputProcessors: 0xfn });
    expect(placeBias(testNetwork([pinned(2)], device), [narrow], device).diagnostics).toMatchObject([
      { code: "AI3212" },
    ]);
  });
});

it("places flattened layers first where the hardware wants it", () => {
  const layer = (index: number, flatten: boolean, outputs: number) =>
    convolutionLayer({
      index,
      kind: flatten ? "linear" : "conv2d",
      inputs: 4,
      outputs,
      kernel: [1, 1],
      bits: 8,
      flatten: flatten ? [2, 2] : null,
      bias: biasOf(outputs, index),
      seed: 1,
    });
  const layers = [layer(0, false, 9), layer(1, true, 3)];
  const placements = [9, 3].map((count) => placed({ processors: 0xfn, outputProcessors: maskOfRange(0, count) }));
  const offsets = (device: DeviceSpec) =>
    placeBias(testNetwork(layers, device), placements, device).memory?.layers.map((found) => found?.offsets[0]);
  expect(offsets(MAX78000)).toEqual([3, 0]);
  expect(offsets(MAX78002)).toEqual([0, 9]);
});

it("stores one byte in front for a streaming first layer where the hardware needs it", () => {
  const layer = convolutionLayer({
    index: 0,
    kind: "conv2d",
    inputs: 4,
    outputs: 4,
    kernel: [3, 3],
    bits: 8,
    streaming: true,
    bias: biasOf(4, 1),
    seed: 1,
  });
  const length = (device: DeviceSpec) =>
    placeBias(testNetwork([layer], device), [placed({ processors: 0xfn, outputProcessors: 0xfn })], device).memory
      ?.images[0]?.length;
  expect(length(MAX78000)).toBe(5);
  expect(length(MAX78002)).toBe(4);
});
