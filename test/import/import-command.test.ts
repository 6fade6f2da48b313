import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeNpy } from "../../compiler/import/npy.ts";
import { runCli } from "../../compiler/cli/main.ts";
import { fixtures, importFixture } from "./descriptions.ts";

const layer = "  - { op: conv2d, pad: 1, activate: ReLU, processors: 0x7, out_offset: 0x2000 }\n";
const good = `arch: test\ndataset: small\nlayers:\n${layer}`;

interface Diagnosis {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
  readonly location?: { readonly line: number };
  readonly notes?: readonly { readonly message: string }[];
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ai8xc-import-"));
  writeFileSync(join(folder, "sample_small.npy"), writeNpy([3, 4, 4], new Int8Array(48).fill(5)));
  writeFileSync(join(folder, "weights_small.npy"), writeNpy([1, 2, 3, 3, 3], new Int8Array(54).fill(-3)));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...words: string[]): Promise<{ code: number; out: string; error: string }> {
  const text = { out: "", error: "" };
  const io = {
    cwd: folder,
    out: (part: string) => void (text.out += part),
    error: (part: string) => void (text.error += part),
    color: false,
  };
  return { code: await runCli(["import", ...words], io), ...text };
}

/** Imports a description and returns what was said. */
async function diagnose(yaml: string, ...words: string[]): Promise<readonly Diagnosis[]> {
  writeFileSync(join(folder, "net.yaml"), yaml);
  const { out } = await run("net.yaml", "--json", ...words);
  return (JSON.parse(out) as { readonly diagnostics: readonly Diagnosis[] }).diagnostics;
}

describe("ai8xc import", () => {
  it("writes model, weights and sample into a folder named after the description", async () => {
    writeFileSync(join(folder, "net.yaml"), good);
    const { code, out, error } = await run("net.yaml");
    expect(error).toBe("");
    expect(code).toBe(0);
    expect(out).toContain("ai8xc build net");
    expect(readdirSync(join(folder, "net")).filter((name) => !name.startsWith("."))).toEqual([
      "model.ts",
      "sample.npy",
      "weights.safetensors",
    ]);
    expect(readFileSync(join(folder, "net/model.ts"), "utf8")).toContain(
      `.conv2d(2, { name: "conv1", kernel: 3, padding: 1, activation: "relu", bias: false })`,
    );
  });

  it("finds samples and test weights where the reference generator keeps them", async () => {
    const [networks, tests] = ["networks", "tests"].map((name) => join(folder, name)) as [string, string];
    for (const path of [networks, tests]) mkdirSync(path);
    writeFileSync(join(networks, "other.yaml"), good.replace("small", "Elsewhere"));
    writeFileSync(join(tests, "sample_elsewhere.npy"), writeNpy([3, 4, 4], new Int8Array(48)));
    writeFileSync(join(tests, "weights_elsewhere.npy"), writeNpy([1, 2, 3, 3, 3], new Int8Array(54).fill(1)));
    const { code } = await run("networks/other.yaml", "--no-pins", "-o", "there", "--device", "max78002");
    expect(code).toBe(0);
    const text = readFileSync(join(folder, "there/model.ts"), "utf8");
    expect(text).toContain(`device: "MAX78002"`);
    expect(text).not.toContain("pin");
  });

  it.each<readonly [string, string, string, number]>([
    ["broken syntax", good.replace("}", ""), "AI6201", 5],
    ["an unknown key", good.replace("pad:", "padding:"), "AI6202", 4],
    ["a value out of range", good.replace("0x7", "0"), "AI6205", 4],
    ["a missing key", good.replace("dataset: small\n", ""), "AI6204", 1],
    ["a layer without processors", good.replace("processors: 0x7, ", ""), "AI6204", 4],
    [
      "a reference to no layer",
      `${good}  - { op: add, in_sequences: [0, 7], processors: 3, out_offset: 0 }\n`,
      "AI1801",
      5,
    ],
    ["too few weights", good + layer, "AI1803", 5],
    ["a kernel of another size", good.replace("pad: 1", "pad: 0, kernel_size: 1x1"), "AI4101", 4],
    ["a limit of the device", good.replace("pad: 1", "pad: 1, stride: 2"), "AI2509", 4],
    [
      "operands that nothing delivers",
      `${good}  - { op: add, operands: 2, processors: 3, out_offset: 0 }\n`,
      "AI1521",
      5,
    ],
    ["a bypass on a device without", good.replace("pad: 1", "pad: 1, bypass: true"), "AI2526", 4],
    ["an activation alone", good.replace("conv2d, pad: 1", "none"), "AI2515", 4],
  ])("refuses %s with one error, and writes nothing", async (_, yaml, code, line) => {
    const errors = (await diagnose(yaml)).filter(({ severity }) => severity === "error");
    expect(errors).toMatchObject([{ code, location: { line } }]);
    expect(existsSync(join(folder, "net"))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("says which files it needs", async () => {
    const yaml = good.replace("small", "unknown");
    expect((await diagnose(yaml)).map(({ code, message }) => [code, message])).toEqual([
      ["AI6213", "net.yaml needs a file with its weights"],
      ["AI6213", "net.yaml needs a file with its sample input"],
    ]);
    expect(await diagnose(good, "--sample", "nowhere.npy")).toMatchObject([{ code: "AI6004" }]);
    const { out } = await run("nowhere.yaml", "--json");
    expect((JSON.parse(out) as { diagnostics: Diagnosis[] }).diagnostics).toMatchObject([{ code: "AI6004" }]);
  });

  it("names keys without meaning and goes on", async () => {
    const yaml = good.replace("pad: 1", "pad: 1, in_channel_skip: 0");
    const found = await diagnose(yaml);
    expect(found.map(({ code, severity, location }) => [code, severity, location?.line])).toEqual([
      ["AI6212", "warning", 4],
    ]);
    expect(existsSync(join(folder, "net/model.ts"))).toBe(true);
  });

  it("leaves folders with other files alone", async () => {
    mkdirSync(join(folder, "net"));
    writeFileSync(join(folder, "net/notes.txt"), "mine");
    expect(await diagnose(good)).toMatchObject([{ code: "AI6020" }]);
    expect(readdirSync(join(folder, "net"))).toEqual(["notes.txt"]);
  });

  it("refuses wrong calls", async () => {
    expect((await run()).code).toBe(2);
    expect((await run("a.yaml", "b.yaml")).code).toBe(2);
    expect((await run("net.yaml", "--device", "MAX1")).error).toContain("MAX78000 or MAX78002");
    expect((await run("net.yaml", "--checkpoint", "a", "--test-bias", "b")).code).toBe(1);
    writeFileSync(join(folder, "net.yaml"), good);
    expect((await run("net.yaml", "--checkpoint", "a", "--test-bias", "b")).code).toBe(2);
  });
});

describe("weights of another network", () => {
  const fixture = fixtures["chain"] as (typeof fixtures)[string];

  it("are shown beside the layers they would be given to", async () => {
    const weights = [fixture.weights[0], [4, 9, 3, 3], fixture.weights[2]] as number[][];
    const { files, diagnostics } = await importFixture({ ...fixture, weights });
    expect(files).toBeUndefined();
    expect(diagnostics).toMatchObject([
      {
        code: "AI1807",
        message:
          "the weights of layer 1 ('block.conv1.op.weight' [4, 9, 3, 3]) take 9 channels; the network delivers 8 (layer 0)",
        location: { line: 5 },
        notes: [
          { message: "layer 0 (conv2d, line 4) <- block.conv0.op.weight [8, 3, 3, 3]" },
          { message: "layer 1 (conv2d, line 5) <- block.conv1.op.weight [4, 9, 3, 3]" },
          { message: "layer 2 (linear, line 6) <- block.conv2.op.weight [5, 256]" },
        ],
      },
    ]);
  });

  it("that are left over are named", async () => {
    const { files, diagnostics } = await importFixture({ ...fixture, weights: [...fixture.weights, [1, 2]] });
    expect(files?.size).toBe(3);
    expect(diagnostics).toMatchObject([
      {
        code: "AI4114",
        severity: "warning",
        message: "the network has 3 layers with weights, fixture.pth.tar has 4: block.conv3.op.weight not used",
      },
    ]);
  });
});
