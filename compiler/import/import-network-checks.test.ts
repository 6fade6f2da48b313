import { describe, expect, it } from "vitest";
import { surplusWeights } from "./import-network-checks.ts";
import { parseYamlNetwork } from "./yaml.ts";
import type { YamlWeights } from "./yaml-options.ts";

const layer = "  - { op: conv2d, pad: 1, processors: 1, out_offset: 0 }\n";
const described = (layers: number) => {
  const { description } = parseYamlNetwork(`arch: net\ndataset: net\nlayers:\n${layer.repeat(layers)}`, "net.yaml");
  if (description === undefined) throw new Error("the description is wrong");
  return description;
};
const stored = (count: number): YamlWeights => ({
  kind: "checkpoint",
  fileName: "net.pth.tar",
  arch: "net",
  layers: Array.from({ length: count }, (_, i) => ({
    key: `conv${i}.weight`,
    weights: new Float64Array(9),
    shape: [1, 1, 3, 3],
    weightBits: 8,
    bias: null,
    outputShift: 0,
    finalScale: null,
    quantized: true,
  })),
});

describe("surplusWeights", () => {
  const unused = (...given: Parameters<typeof surplusWeights>) =>
    surplusWeights(...given).map(({ code, message }) => `${code} ${message.split(": ")[1]}`);

  it("names what the file has beyond the layers", () => {
    expect(unused(described(3), stored(3))).toEqual([]);
    expect(unused(described(1), stored(3))).toEqual(["AI4114 conv1.weight, conv2.weight not used"]);
  });

  it("counts without the layers and weights that were skipped", () => {
    expect(unused(described(3), stored(2), { skipLayers: 1 })).toEqual([]);
    expect(unused(described(3), stored(4), { skipCheckpointLayers: 1 })).toEqual([]);
    expect(unused(described(3), stored(4), { skipLayers: 1, skipCheckpointLayers: 1 })).toEqual([
      "AI4114 conv3.weight not used",
    ]);
  });
});
