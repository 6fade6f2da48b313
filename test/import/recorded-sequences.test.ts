import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { readSafetensors } from "../../compiler/import/safetensors.ts";
import { weightSetFromSafetensors } from "../../compiler/import/weight-set.ts";
import { parseYamlNetwork } from "../../compiler/import/yaml.ts";
import { devices } from "../../targets/index.ts";
import { readFileSync } from "node:fs";
import { caseSample, messages } from "../golden/case-network.ts";
import { goldenRoot, inputFile, skippedWithoutGolden, type GoldenCase } from "../golden/load.ts";
import { compareProgram } from "../golden/program-compare.ts";
import { importCase, recordedCases } from "./recorded-networks.ts";

/** Descriptions that say more about execution than the order of their layers. */
const saysMore = /next_sequence|simulated_sequence|snoop|^unload/m;

/** The program of the model a recorded case is imported as, compiled like any model. */
async function programOf(golden: GoldenCase) {
  const { model, files, diagnostics } = await importCase(golden);
  if (model === undefined || files === undefined) throw new Error(messages(diagnostics));
  const { file } = readSafetensors(files.get("weights.safetensors") as Uint8Array, "weights.safetensors");
  const { weights } = weightSetFromSafetensors(file!, "weights.safetensors");
  const array = caseSample(golden, parseYamlNetwork(textOf(golden), "network.yaml").description!);
  const [channels = 1, height = 1, width = 1] = array.shape;
  const sample = { shape: { channels, height, width }, data: Int8Array.from(array.data) };
  const given = { operators: weights, batchNorms: new Map() };
  const result = compile({ model, device: devices[golden.device], weights: given, sample });
  if (result.program === undefined) throw new Error(messages(result.diagnostics));
  return { program: result.program, text: String(files.get("model.ts")), warnings: diagnostics };
}

const textOf = ({ inputs }: GoldenCase): string => readFileSync(inputFile(inputs["network"] as string), "utf8");

describe("descriptions with snoop units and jumps", () => {
  if (goldenRoot === null) {
    it.skip(skippedWithoutGolden, () => {});
    return;
  }
  const cases = [...recordedCases()].filter(
    ([name, golden]) => name.startsWith("layers/") && saysMore.test(textOf(golden)),
  );

  it("are recorded", () => expect(cases.length).toBeGreaterThan(10));

  it.each(cases)("give the recorded program through a model: %s", async (_, golden) => {
    const { program, text, warnings } = await programOf(golden);
    expect(warnings).toEqual([]);
    const differences = Object.entries(compareProgram(golden, program)).filter(([, difference]) => difference !== null);
    expect(differences).toEqual([]);
    if (/^snoop:/m.test(textOf(golden))) expect(text).toContain("snoop: {");
  });

  /** Registers of NXTLYR as the reference generator writes them with --start-layer 1; it was not recorded so. */
  it("jump through layers that do not run in order", async () => {
    const golden = {
      device: "MAX78002",
      arguments: "--start-layer 1",
      inputs: {
        network: "tests/test-linklayer-hoparound.yaml",
        sample: "tests/sample_test_linklayer-hoparound.npy",
        weights: "tests/weights_test_linklayer-hoparound.npy",
        bias: "tests/bias_linklayer-hoparound.npy",
      },
    } as unknown as GoldenCase;
    const { program, text } = await programOf(golden);
    expect(text).toContain(
      'sequence: { start: "conv1", next: { conv1: "conv2", conv2: "conv3", conv3: "conv4", conv4: "stop" } }',
    );
    const links = program.phases.configure.flatMap((operation) =>
      operation.kind === "register" && operation.register === "NXTLYR" && operation.quadrant === 0
        ? [[operation.layer, operation.value]]
        : [],
    );
    expect(links).toEqual([
      [0, 0x83],
      [1, 0x80],
      [2, 0x100],
      [3, 0x82],
    ]);
    const counts = program.phases.init.flatMap((operation) =>
      operation.kind === "register" && operation.register === "LCNT_MAX" ? [operation.value] : [],
    );
    expect(counts).toEqual([0x102, 0x102, 0x102, 0x102]);
  });
});
