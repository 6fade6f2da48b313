import { describe, expect, it } from "vitest";
import { layerOf, networkLayers, shapeOf, vectors, vectorsPresent } from "../../test/golden/arithmetic-vectors.ts";
import { executeLayer, executeLayers } from "./execute.ts";
import { integerTensor } from "./tensor.ts";

const title = (text: string) => (vectorsPresent ? text : `${text} (skipped: no shared data)`);

describe.skipIf(!vectorsPresent)(title("recorded layers"), () => {
  it("are there", () => expect(vectors.layers).toHaveLength(78));

  it.each(vectors.layers)("$id", (vector) => {
    const layer = layerOf(vector);
    const inputs = vector.inputs.map(({ shape, data }) => integerTensor(shapeOf(shape), data));
    const options = { averagePoolRounding: vector.layer.avgPoolRounding ?? false };
    const { accumulator, output } = vector.expected;
    expect([...executeLayer(layer, inputs, options)]).toEqual(output.data);
    if (accumulator) {
      const wide = { ...layer, outputBits: 32 as const, activation: null };
      expect([...executeLayer(wide, inputs, options)]).toEqual(accumulator.data);
    }
  });
});

describe.skipIf(!vectorsPresent)(title("recorded networks"), () => {
  it("are there", () => expect(vectors.networks).toHaveLength(14));

  it.each(vectors.networks)("$id on $device", (network) => {
    const options = { averagePoolRounding: network.flags.includes("--avg-pool-rounding") };
    const input = { shape: shapeOf(network.input.shape), data: network.input.data };
    const results = executeLayers(networkLayers(network), input, options);
    expect(results.map((result) => [...result])).toEqual(network.expected.outputs.map((tensor) => tensor.data));
  });
});
