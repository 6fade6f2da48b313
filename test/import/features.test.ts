import { describe, expect, it } from "vitest";
import { compile } from "../../compiler/compile.ts";
import { readNpyRecords } from "../../compiler/import/npy.ts";
import { readSafetensors } from "../../compiler/import/safetensors.ts";
import { weightSetFromSafetensors } from "../../compiler/import/weight-set.ts";
import { devices } from "../../targets/index.ts";
import { checkWithTypeScript7, dslPath, writeFixtures } from "../types/type-checker.ts";
import { messages } from "../golden/case-network.ts";
import { importFixture } from "./descriptions.ts";
import { features } from "./feature-descriptions.ts";

/** What was written, by a name for a file. */
const written = new Map<string, string>();

/**
 * The importer finds the described network again with pins, and the same results without; the build simulates the
 * program.
 */
describe("features of descriptions become models", () => {
  it.each([...features.keys()])("with pins: %s", async (name) => expect(await problems(name, true)).toBe(""));
  it.each([...features.keys()])("without pins: %s", async (name) => expect(await problems(name, false)).toBe(""));

  it("without type errors", async () => {
    expect(written.size).toBe(2 * features.size);
    const wrong = `import { defineModel } from "${dslPath}/index.ts";\ndefineModel();\n`;
    const folder = writeFixtures({ ...Object.fromEntries(written), "wrong.mts": wrong });
    expect(await checkWithTypeScript7(folder)).toMatchObject([{ file: "wrong.mts", line: 2 }]);
  });
});

async function problems(name: string, pins: boolean): Promise<string> {
  const fixture = features.get(name);
  if (fixture === undefined) return "there is no such feature";
  const { files, model, diagnostics } = await importFixture(fixture, pins);
  if (files === undefined || model === undefined) return messages(diagnostics);
  const text = (files.get("model.ts") as string).replace(`from "ai8xc"`, `from "${dslPath}/index.ts"`);
  written.set(`${written.size}.mts`, text);
  const { file } = readSafetensors(files.get("weights.safetensors") as Uint8Array, "weights.safetensors");
  const [array] = readNpyRecords(files.get("sample.npy") as Uint8Array, "sample.npy").records ?? [];
  if (file === undefined || array === undefined) return "the files cannot be read";
  const [channels = 1, height = 1, width = 1] = array.shape;
  const {
    program,
    verified,
    diagnostics: found,
  } = compile({
    model,
    device: devices[fixture.device],
    weights: { operators: weightSetFromSafetensors(file, "weights.safetensors").weights, batchNorms: new Map() },
    sample: { shape: { channels, height, width }, data: Int8Array.from(array.data) },
  });
  if (program === undefined) return messages(found);
  return verified === true ? "" : "the program was not simulated";
}
