import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import { devices } from "../../targets/index.ts";
import { convolutionLayer, testNetwork } from "../../test/support/sample-network.ts";
import type { SampleConvolution } from "../../test/support/sample-network.ts";
import { hardwareKernel } from "./rewrite-kernels.ts";

const device = devices.MAX78000;
const base: SampleConvolution = { index: 0, kind: "conv2d", inputs: 2, outputs: 3, kernel: [3, 3], bits: 8, seed: 1 };

function rewrite(options: Partial<SampleConvolution>, change: Partial<LayerConvolution> = {}) {
  const layer = convolutionLayer({ ...base, ...options });
  const convolution = { ...(layer.convolution as LayerConvolution), ...change };
  const found = hardwareKernel(testNetwork([{ ...layer, convolution }], device), 0, device);
  return { convolution, found };
}

describe("kernels as the hardware executes them", () => {
  it("leaves ordinary kernels alone", () => {
    const { convolution, found } = rewrite({}, { padding: [1, 1] });
    expect(found).toEqual({ kind: "conv2d", kernel: [3, 3], padding: [1, 1], weights: convolution.weights });
  });

  it("has none for layers without convolution", () => {
    const layer = { ...convolutionLayer(base), convolution: null };
    expect(hardwareKernel(testNetwork([layer], device), 0, device)).toBeNull();
  });

  it("surrounds single weights with zeros in a streaming layer and right behind one", () => {
    const layers = [0, 1, 2].map((index) =>
      convolutionLayer({ ...base, index, inputs: 3, kernel: [1, 1], streaming: index === 0, seed: index + 1 }),
    );
    const network = testNetwork(layers, device);
    for (const index of [0, 1]) {
      const kernel = hardwareKernel(network, index, device);
      const given = layers[index]?.convolution?.weights?.data ?? [];
      expect(kernel).toMatchObject({ kernel: [3, 3], padding: [1, 1] });
      expect([...(kernel?.weights?.data ?? [])]).toEqual([...given].flatMap((w) => [0, 0, 0, 0, w, 0, 0, 0, 0]));
    }
    expect(hardwareKernel(network, 2, device)?.kernel).toEqual([1, 1]);
  });

  it("puts zeros between the taps of a dilated kernel as long as it fits nine taps", () => {
    const { found } = rewrite({ kind: "conv1d", inputs: 1, outputs: 1, kernel: [3, 1], dilation: 4 });
    const taps = [...(found?.weights?.data ?? [])];
    expect(found).toMatchObject({ kind: "conv1d", kernel: [9, 1] });
    expect(taps.map((tap, i) => (i % 4 === 0 ? null : tap))).toEqual([null, 0, 0, 0, null, 0, 0, 0, null]);
  });

  it("computes the same as the dilated kernel, on data cut into rows when that is longer", () => {
    const samples = fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 40, maxLength: 60 });
    fc.assert(
      fc.property(samples, fc.constantFrom(2, 3), fc.integer({ min: 2, max: 13 }), (data, length, dilation) => {
        const { convolution, found } = rewrite({
          kind: "conv1d",
          inputs: 1,
          outputs: 1,
          kernel: [length, 1],
          dilation,
        });
        const given = [...convolution.weights!.data];
        const stored = [...found!.weights!.data];
        for (let at = 0; at + (length - 1) * dilation < data.length; at++) {
          const expected = given.reduce((sum, tap, i) => sum + tap * (data[at + i * dilation] as number), 0);
          // Rows of `dilation` samples; two taps use the middle and the last row of the kernel.
          const sampleOf = (tap: number) =>
            found!.kind === "conv1d" ? at + tap : at + (Math.floor(tap / 3) - (3 - length)) * dilation + (tap % 3) - 1;
          const actual = stored.reduce((sum, tap, i) => sum + (tap === 0 ? 0 : tap * (data[sampleOf(i)] as number)), 0);
          expect(actual).toBe(expected);
        }
      }),
    );
  });

  it.each([
    [
      [0, 0],
      [2, 2],
    ],
    [
      [1, 1],
      [1, 1],
    ],
    [
      [2, 2],
      [0, 0],
    ],
  ] as const)("pads a transposed kernel of padding %j with %j", (padding, expected) =>
    expect(rewrite({ kind: "convTranspose2d" }, { padding }).found?.padding).toEqual(expected),
  );
});
