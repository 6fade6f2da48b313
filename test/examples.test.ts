import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { readNpyRecords } from "../compiler/import/npy.ts";
import { readSafetensors } from "../compiler/import/safetensors.ts";
import { weightSetFromSafetensors } from "../compiler/import/weight-set.ts";
import { randomSample, randomWeights } from "../compiler/passes/random-weights.ts";
import type { NetworkWeights } from "../compiler/passes/weights.ts";
import type { Model } from "../dsl/model.ts";
import { executeLayers } from "../runtime/reference/execute.ts";
import { devices } from "../targets/index.ts";
import { defaultEmitOptions, emitProject, unloadResult } from "../targets/emit/index.ts";
import { compileOnly, compileProject, hostCompiler, isInstalled } from "./emit/host.ts";
import { root } from "./cli/run.ts";

/** Every folder in examples/ is compiled with automatic placement, simulated, and its C project run on this machine. */
const examples = readdirSync(join(root, "examples")).filter((name) =>
  existsSync(join(root, "examples", name, "model.ts")),
);

const load = async (name: string): Promise<Model> =>
  ((await import(pathToFileURL(join(root, "examples", name, "model.ts")).href)) as { default: Model }).default;

function weightsOf(name: string, model: Model): NetworkWeights {
  const path = join(root, "examples", name, "weights.safetensors");
  if (!existsSync(path)) return randomWeights(model, 1);
  const { weights } = weightSetFromSafetensors(readSafetensors(readFileSync(path), path).file!, path);
  return { operators: weights, batchNorms: new Map() };
}

function sampleOf(name: string, model: Model) {
  const path = join(root, "examples", name, "sample.npy");
  if (!existsSync(path)) return randomSample(model, 1)!;
  const [record] = readNpyRecords(readFileSync(path), path).records!;
  const [channels, height, width] = record!.shape as [number, number, number];
  return { shape: { channels, height, width }, data: Int8Array.from(record!.data) };
}

async function build(name: string) {
  const model = await load(name);
  const device = devices[model.devices[0]!];
  const sample = sampleOf(name, model);
  const result = compile({ model, device, weights: weightsOf(name, model), sample });
  expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const program = result.program!;
  const { files } = emitProject(program, device, { ...defaultEmitOptions(device), softmax: name === "mnist" });
  return { device, sample, files, program, network: result.network! };
}

describe.each(examples)("examples/%s", (name) => {
  it("places, verifies and simulates to the reference, the same way every time", async () => {
    const [first, second] = [await build(name), await build(name)];
    expect([...first.files]).toEqual([...second.files]);
  });

  it.skipIf(hostCompiler === null)("gives C that checks its known answer and unloads the result", async () => {
    const { device, files, program, network, sample } = await build(name);
    const blocks = program.knownAnswer!;
    const project = compileProject(files);
    try {
      const good = project.run({ preload: blocks, calls: ["check_output"], unload: true });
      expect(good.checkOutput).toBe(true);
      const words = new Map(
        blocks.flatMap(({ address, words }) => Array.from(words, (word, i) => [address + 4 * i, word])),
      );
      const expected = unloadResult(program, device, (address) => words.get(address) ?? 0);
      expect(Array.from(good.unload!)).toEqual(Array.from(expected));
      if (program.outputs[0]!.location.bits === 32) {
        const reference = executeLayers(network.layers, sample, network.options).at(-1)!;
        expect(Array.from(new Int32Array(good.unload!.buffer.slice(0)))).toEqual(Array.from(reference));
      }
      const { address, mask } = blocks[0]!;
      const flipped = (blocks[0]!.words[0]! ^ (mask & -mask)) >>> 0;
      const bad = project.run({ preload: [...blocks, { address, words: [flipped] }], calls: ["check_output"] });
      expect(bad.checkOutput).toBe(false);
    } finally {
      project.remove();
    }
  });

  it.skipIf(!isInstalled("arm-none-eabi-gcc"))("gives C that compiles for the Cortex-M4 without warnings", async () => {
    const { files } = await build(name);
    compileOnly(files, "arm-none-eabi-gcc", ["-O2", "-mcpu=cortex-m4", "-mthumb", "-Wall", "-Wextra", "-Werror"]);
  });
});
