import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Layer, Network } from "../../compiler/ir/network.ts";
import { evaluateModelSource } from "../../compiler/import/import-network-evaluate.ts";
import { sameNetwork } from "../../compiler/import/import-network-compare.ts";
import { readNpyRecords } from "../../compiler/import/npy.ts";
import { readSafetensors } from "../../compiler/import/safetensors.ts";
import { weightSetFromSafetensors } from "../../compiler/import/weight-set.ts";
import { yamlToNetwork } from "../../compiler/import/yaml-network.ts";
import { modelToNetwork } from "../../compiler/passes/model-to-network.ts";
import { Pipeline } from "../../compiler/pipeline.ts";
import { devices } from "../../targets/index.ts";
import { messages } from "../golden/case-network.ts";
import { type DescriptionFixture, fixtures, fixtureWeights, importFixture, parsed } from "./descriptions.ts";

const names = Object.keys(fixtures);
const fixture = (name: string): DescriptionFixture => fixtures[name] as DescriptionFixture;

/** The network of a description without a model in between. */
function described(name: string): Network {
  const { device, sample, yaml } = fixture(name);
  const weights = fixtureWeights(fixture(name));
  const result = yamlToNetwork(parsed(yaml), { device: devices[device], weights, sample: { shape: sample } });
  if (result.network === undefined) throw new Error(messages(result.diagnostics));
  return result.network;
}

async function importedFiles(name: string, pins = true): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const { files, diagnostics } = await importFixture(fixture(name), pins);
  if (files === undefined) throw new Error(messages(diagnostics));
  return files;
}

/** What the passes make of the imported files, read again from their bytes. */
async function compiled(name: string, pins = true): Promise<Network> {
  const files = await importedFiles(name, pins);
  const model = await evaluateModelSource(files.get("model.ts") as string);
  const { file } = readSafetensors(files.get("weights.safetensors") as Uint8Array, "weights.safetensors");
  if (file === undefined) throw new Error("the weights cannot be read");
  const { weights } = weightSetFromSafetensors(file, "weights.safetensors");
  const { device } = fixture(name);
  const options = { averagePoolRounding: false, fifo: "none" } as const;
  const pipeline = new Pipeline({ device: devices[device], options });
  return modelToNetwork(pipeline, { model, weights: { operators: weights, batchNorms: new Map() }, sample: null })
    .network;
}

describe("imported models", () => {
  it.each(names)("compile to the network described: %s", async (name) => {
    const expected = described(name);
    const network = await compiled(name);
    const renamed = expected.layers.map((layer, i) => ({ ...layer, name: network.layers[i]?.name ?? "" }));
    expect(sameNetwork({ ...expected, layers: renamed }, network, devices[fixture(name).device])).toEqual([]);
  });

  it.each(names)("compute the same without pins: %s", async (name) => {
    const files = await importedFiles(name, false);
    expect(files.get("model.ts")).not.toMatch(/pin\(|processors/);
    expect((await compiled(name, false)).layers.every(({ pins }) => Object.keys(pins).length === 0)).toBe(true);
  });

  it("keep the sample", async () => {
    const bytes = (await importedFiles("one-dimensional")).get("sample.npy") as Uint8Array;
    const [record] = readNpyRecords(bytes, "sample.npy").records ?? [];
    expect(record).toMatchObject({ shape: [6, 40], dtype: "int8" });
    expect([...(record?.data.subarray(0, 3) ?? [])]).toEqual([-128, -99, -70]);
  });

  it("are written the way a person would", async () => {
    expect((await importedFiles("residual")).get("model.ts")).toBe(`import { add, defineModel, sub } from "ai8xc";

/** Imported from fixture.yaml. */
export default defineModel(
  {
    name: "fixture",
    device: "MAX78000",
    input: { shape: [4, 8, 8], format: "HWC" },
  },
  (x) => {
    const first = x.conv2d(4, { name: "first", kernel: 3, padding: 1 });
    const copy = first.passthrough({ name: "copy" });
    const again = first.conv2d(4, { name: "again", kernel: 3, padding: 1, weightsOf: "first" });
    const sum1 = add(copy, again).named("sum1");
    const block_conv1 = sub(sum1, first)
      .pin({ layer: 4 })
      .maxPool2d(2)
      .pin({ layer: 4 })
      .conv2d(4, { name: "block_conv1", kernel: 3, padding: 1, bias: false });
    const block_conv2 = block_conv1.conv2d(2, { name: "block_conv2", kernel: 1, bias: false });
    return [block_conv1, block_conv2];
  },
  // Layers, processors and memory as described; the compiler chooses what is left out.
  {
    first: { layer: 0, processors: 0xfn, outputOffset: 0x2000 },
    copy: { layer: 1, processors: 0xfn, writeGap: 1 },
    again: { layer: 2, processors: 0xfn, outputOffset: 0x0004, writeGap: 1 },
    sum1: { layer: 3, processors: 0xfn, outputOffset: 0x3000 },
    block_conv1: { layer: 4, processors: 0xfn, outputOffset: 0x0100 },
    block_conv2: { layer: 5, processors: 0xfn, outputOffset: 0x0400 },
  },
);
`);
  });

  it("call a function for what repeats", async () => {
    const text = (await importedFiles("repeated", false)).get("model.ts") as string;
    expect(text).toBe(`import { add, defineModel, type AnyTensor } from "ai8xc";

function stage(x: AnyTensor, name: string, channels: number) {
  const conv = x.conv2d(x.shape[0], { name: \`\${name}_conv\`, kernel: 3, padding: 1, activation: "relu", bias: false });
  return add(x, conv).conv2d(channels, { name: \`\${name}_reduce\`, kernel: 1, activation: "relu", bias: false });
}

/** Imported from fixture.yaml. */
export default defineModel(
  {
    name: "fixture",
    device: "MAX78000",
    input: { shape: [3, 8, 8], format: "HWC" },
  },
  (x) => {
    const prep = x.conv2d(4, { name: "prep", kernel: 3, padding: 1, activation: "relu" });
    const stage1 = stage(prep, "stage1", 4); // 4x8x8
    const stage2 = stage(stage1, "stage2", 8); // 8x8x8
    const stage3 = stage(stage2, "stage3", 12); // 12x8x8
    return stage3.flatten().linear(10, { name: "fc", bias: false, wide: true });
  },
);
`);
  });

  it("name layers of a repetition after it, and pin each", async () => {
    const text = (await importedFiles("repeated")).get("model.ts") as string;
    expect(text).toContain("const copy = x.passthrough({ name: `${name}_copy` });");
    expect(text).toContain("    stage2_copy: { layer: 4, processors: 0xfn, writeGap: 1 },\n");
    expect(text).not.toContain(".pin(");
  });

  it("call linear operators in groups what they are", async () => {
    const layer = "{ op: linear, groups: 4, processors: 0xf, out_offset: 0x2000 }";
    const yaml = `arch: fixture\ndataset: fixture\nlayers:\n  - ${layer}\n`;
    const { files } = await importFixture({ device: "MAX78002", sample: [4, 3, 2], weights: [[4, 1]], yaml });
    expect(files?.get("model.ts")).toContain('(x) => x.conv2d(4, { name: "block_conv0", kernel: 1, groups: 4 }),');
  });

  it("say how layers without weights run beside their places", async () => {
    const text = (await importedFiles("speed-ups")).get("model.ts") as string;
    expect(text).toContain("sum1: { layer: 0, processors: 0xfn, outputOffset: 0x4000, calcx4: true, tcalc: true },");
    expect(text).toContain("pool1: { layer: 1, processors: 0xfn, readAhead: true },");
    expect(text).toContain("block_conv0: { layer: 2, processors: 0xfn, outputOffset: 0x4000, tcalc: true },");
    const { diagnostics } = await importFixture(fixture("speed-ups"), false);
    expect(diagnostics.map(({ code, message }) => [code, message.slice(0, 26)])).toEqual([
      ["AI6212", "'calcx4' is left out: it o"],
      ["AI6212", "'tcalc' is left out: it on"],
      ["AI6212", "'readahead' is left out: i"],
      ["AI6212", "'tcalc' is left out: it ha"],
    ]);
  });

  it("keep layers that nothing reads as long as they are pinned", async () => {
    const text = (await importedFiles("unread")).get("model.ts") as string;
    expect(text).toContain(
      `\n    block_conv0.conv2d(6, { name: "block_conv1", kernel: 3, padding: 1, bias: false });\n`,
    );
    const { files, diagnostics } = await importFixture(fixture("unread"), false);
    expect(diagnostics).toMatchObject([
      { code: "AI6212", message: "layer 1 is left out: no output depends on it", location: { line: 5 } },
    ]);
    expect(files?.get("model.ts")).not.toContain("block_conv1");
  });

  it("loop over what repeats without a change", async () => {
    const text = (await importedFiles("straight")).get("model.ts") as string;
    expect(text).toContain(`
    let conv: AnyTensor = conv1;
    for (let n = 2; n <= 9; n++) {
      conv = conv.conv2d(3, { name: \`conv\${n}\`, kernel: 3, padding: 1, bias: false });
    } // 3x6x6
    return conv.maxPool2d(2).conv2d(3, { name: "conv10", kernel: 3, padding: 1, bias: false });
`);
    expect(text).toContain("    conv9: { layer: 8, processors: 0x7n, outputOffset: 0x0100 },\n");
  });

  it("are formatted as the formatter of this project formats", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ai8xc-import-"));
    try {
      for (const name of names) {
        for (const pins of [true, false]) {
          const text = (await importedFiles(name, pins)).get("model.ts") as string;
          writeFileSync(join(folder, `${name}-${pins}.ts`), text);
        }
      }
      writeFileSync(join(folder, ".oxfmtrc.json"), `{ "printWidth": 120 }\n`);
      const formatter = resolve(import.meta.dirname, "../../node_modules/.bin/oxfmt");
      execFileSync(formatter, ["--check", "."], { cwd: folder, stdio: "pipe" });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const convolution = (change: object) => (layer: Layer) => ({
  convolution: { ...(layer.convolution as NonNullable<Layer["convolution"]>), ...change },
});

describe("sameNetwork", () => {
  const device = devices.MAX78000;
  const changed = (index: number, change: (layer: Layer) => Partial<Layer>): string[] => {
    const network = described("residual");
    const layers = network.layers.map((layer, i) => (i === index ? { ...layer, ...change(layer) } : layer));
    return sameNetwork(network, { ...network, layers }, device);
  };
  it.each<readonly [string, number, (layer: Layer) => Partial<Layer>, string]>([
    ["sources", 4, () => ({ sources: [2, 0] }), "layer 4 'layer_4': sources [3,0] / [2,0]"],
    ["an offset", 0, ({ pins }) => ({ pins: { ...pins, outputOffset: 0 } }), "layer 0 'first': outputOffset 8192 / 0"],
    ["a gap", 1, ({ pins }) => ({ pins: { ...pins, writeGap: 0 } }), "layer 1 'copy': writeGap 1 / 0"],
    ["an activation", 5, () => ({ activation: "relu" }), `layer 5 'layer_5': activation null / "relu"`],
    ["the order of pooling", 4, ({ eltwise }) => ({ eltwise: eltwise && { ...eltwise, poolFirst: true } }), "eltwise"],
    ["a shift", 2, convolution({ shift: 3 }), `layer 2 'again': convolution`],
    ["a bias", 0, convolution({ bias: null }), "layer 0 'first': bias values: 4 / none"],
  ])("sees %s", (_, index, change, expected) => {
    const differences = changed(index, change);
    expect(differences).toHaveLength(1);
    expect(differences[0]).toContain(expected);
  });

  it("sees a single weight", () => {
    const differences = changed(5, (layer) => {
      const weights = layer.convolution?.weights;
      if (!weights) return {};
      return convolution({ weights: { ...weights, data: weights.data.map((value, i) => (i === 3 ? 1 : value)) } })(
        layer,
      );
    });
    expect(differences).toEqual([expect.stringMatching(/^layer 5 'layer_5': weight 3 is -?\d+ \/ 1$/)]);
  });

  it("takes memory that follows from other pins for the same", () => {
    expect(changed(3, ({ pins: { inputOffset: _given, ...pins } }) => ({ pins }))).toEqual([]);
  });
});
