import { describe, expect, it } from "vitest";
import { firstError } from "./recorded-networks.ts";
import { goldenRoot, skippedWithoutGolden } from "../golden/load.ts";
import { type DescriptionFixture, importFixture } from "./descriptions.ts";
import { buildFreely, refusedPlaces } from "./refused-places.ts";

/** Networks that the device cannot run whatever their place: data, weights or layers it has no room for, pooling that nothing follows. */
const refusedAnywhere: Readonly<Record<string, string>> = {
  "MAX78000 cats-dogs-hwc-no-fifo-ai85-catsdogs-qat8-q": "AI3102",
  "MAX78000 test-catsdogs-ai85-catsdogs-qat8-q": "AI3103",
  "MAX78000 test-largeinput": "AI3102",
  "MAX78000 test-layers128": "AI2501",
  "MAX78000 test-mppool-128": "AI2034",
  "MAX78000 test-mppool-192": "AI2034",
};

describe("recorded refusals of layers, processors and memory", async () => {
  if (goldenRoot === null) {
    it.skip(skippedWithoutGolden, () => {});
    return;
  }
  const cases = await refusedPlaces();
  const isRefused = (name: string): boolean => name in refusedAnywhere;

  it("are there", () => {
    expect([...cases.keys()].filter(isRefused)).toEqual(Object.keys(refusedAnywhere));
    expect(cases.size).toBeGreaterThan(20);
  });

  it.each([...cases].filter(([name]) => !isRefused(name)))(
    "build without pins, and compute what was described: %s",
    async (_, golden) => {
      const result = await buildFreely(golden);
      expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      expect("program" in result && result.program?.knownAnswer?.length).toBeGreaterThan(0);
    },
  );

  it.each([...cases].filter(([name]) => isRefused(name)))("stay refused: %s", async (name, golden) => {
    expect(firstError((await buildFreely(golden)).diagnostics)?.code).toBe(refusedAnywhere[name]);
  });
});

const layers = (...lines: readonly string[]): string =>
  `arch: fixture\ndataset: fixture\nlayers:\n${lines.map((line) => `  - { ${line} }\n`).join("")}`;
const conv = "op: conv2d, pad: 1, processors: 0xf, out_offset: 0x2000";
const described = (yaml: string, more: Partial<DescriptionFixture> = {}): DescriptionFixture => ({
  device: "MAX78000",
  sample: [4, 8, 8],
  weights: Array.from({ length: 3 }, () => [4, 4, 3, 3]),
  yaml,
  ...more,
});

describe("without pins", () => {
  it.each([
    ["AI6204", "processors that are not given", described(layers(conv, conv, "op: conv2d, pad: 1"))],
    ["AI6233", "offsets beyond memory", described(layers(conv, `${conv}0000`, conv))],
    ["AI6232", "numbers of layers", described(layers(conv, conv, `${conv}, sequence: 40`))],
    [
      "AI2611",
      "jumps between layers",
      described(
        layers(
          `${conv}, next_sequence: 2`,
          `${conv}, next_sequence: stop`,
          `${conv}, in_sequences: 0, next_sequence: 1`,
        ),
      ),
    ],
    ["AI2612", "snoop units", described(`${layers(conv, conv, conv)}snoop: [${Array(32).fill(1).join(", ")}]\n`)],
    [
      "AI2527",
      "how layers without weights run",
      described(layers(conv, conv, conv, `${conv.replace("conv2d", "none").replace(", pad: 1", "")}, readahead: true`)),
    ],
    [
      "AI2521",
      "what shares a layer",
      described(
        layers(
          conv,
          conv,
          `${conv}, in_sequences: [0, 1, 0], eltwise: add, operands: 3, pool_first: false, max_pool: 2, pool_stride: 2`,
        ),
      ),
    ],
    ["AI3020", "which processors read and write", described(layers(conv, conv.replace("0xf", "0x1f"), conv))],
  ])("nothing is refused with %s: %s", async (code, _, fixture) => {
    const pinned = await importFixture(fixture, true);
    expect(pinned.diagnostics.filter(({ severity }) => severity === "error").map((found) => found.code)).toContain(
      code,
    );
    const { diagnostics, files } = await importFixture(fixture, false);
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect([...(files?.keys() ?? [])]).toEqual(["model.ts", "weights.safetensors", "sample.npy"]);
  });

  it.each([
    ["AI2023", "a mode of operators that the device has not", described(layers(conv, conv, `${conv}, calcx4: true`))],
    ["AI2507", "padding", described(layers(conv, conv, conv.replace("pad: 1", "pad: 3")))],
  ])("the network itself is refused all the same (%s): %s", async (code, _, fixture) => {
    const { diagnostics, files } = await importFixture(fixture, false);
    expect(diagnostics.filter(({ severity }) => severity === "error").map((found) => found.code)).toContain(code);
    expect(files).toBeUndefined();
  });
});
