import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { importNetwork } from "../../compiler/import/import-network.ts";
import { parseYamlNetwork } from "../../compiler/import/yaml.ts";
import { yamlToNetwork } from "../../compiler/import/yaml-network.ts";
import { devices } from "../../targets/index.ts";
import { goldenRoot, inputFile } from "../golden/load.ts";
import { type DescriptionFixture, fixtures, fixtureWeights } from "./descriptions.ts";
import { mutated, randomSource } from "./mutate.ts";

const runs = 2000;
const longestMs = 5000;
const all = Object.values(fixtures);

/** Every error says where it is; a refused text says at least one. */
function complaints(text: string, found: boolean, diagnostics: readonly Diagnostic[]): string[] {
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const unplaced = errors.filter(({ location }) => location === undefined || location.line < 1);
  if (!found && errors.length === 0) return [`no error for:\n${text}`];
  return unplaced.map(({ code, message }) => `${code} has no place: ${message}`);
}

/** Tells of texts that throw or take too long. */
async function guarded(text: string, act: () => Promise<string[]>): Promise<string[]> {
  const start = performance.now();
  try {
    const found = await act();
    const took = performance.now() - start;
    return took > longestMs ? [...found, `${Math.round(took)} ms for:\n${text}`] : found;
  } catch (error) {
    return [`${(error as Error).stack}\nfor:\n${text}`];
  }
}

const sampleOf = ({ sample }: DescriptionFixture) => {
  const [channels = 1, height = 1, width = 1] = sample;
  return { shape: { channels, height, width }, data: new Int8Array(channels * height * width) };
};

describe("damaged network descriptions", () => {
  it(`of our own give a model or placed errors, ${runs} times`, async () => {
    const random = randomSource(1);
    const problems: string[] = [];
    let models = 0;
    for (let run = 0; run < runs; run++) {
      const fixture = all[random(all.length)] as DescriptionFixture;
      const text = mutated(fixture.yaml, random);
      problems.push(
        ...(await guarded(text, async () => {
          const { description, diagnostics } = parseYamlNetwork(text, "fixture.yaml");
          if (description === undefined) return complaints(text, false, diagnostics);
          const oneDimensional = fixture.sample.length === 2;
          const weights = fixtureWeights(fixture);
          const device = devices[fixture.device];
          const pins = random(2) === 0;
          const input = { description, device, weights, sample: sampleOf(fixture), oneDimensional, pins };
          const result = await importNetwork(input);
          if (result.files !== undefined) models++;
          const defects = result.diagnostics.filter(({ code }) => code === "AI9003");
          return [
            ...complaints(text, result.files !== undefined, result.diagnostics),
            ...defects.map(({ message }) => `${message} for:\n${text}`),
          ];
        })),
      );
    }
    expect(problems).toEqual([]);
    expect(models).toBeGreaterThan(runs / 50);
  });

  it.skipIf(goldenRoot === null)(`of others are read or refused, ${runs} times`, async () => {
    const random = randomSource(2);
    const folders = ["tests", "networks"];
    const paths = folders.flatMap((folder) => readdirSync(inputFile(folder)).map((name) => `${folder}/${name}`));
    const texts = paths.filter((path) => path.endsWith(".yaml")).map((path) => readFileSync(inputFile(path), "utf8"));
    const problems: string[] = [];
    for (let run = 0; run < runs; run++) {
      const text = mutated(texts[random(texts.length)] as string, random);
      const fixture = all[random(all.length)] as DescriptionFixture;
      problems.push(
        ...(await guarded(text, () => {
          const { description, diagnostics } = parseYamlNetwork(text, "network.yaml");
          if (description === undefined) return Promise.resolve(complaints(text, false, diagnostics));
          const weights = { ...fixtureWeights(fixture), arch: description.arch };
          const device = devices[fixture.device];
          const result = yamlToNetwork(description, { device, weights, sample: { shape: fixture.sample } });
          return Promise.resolve(complaints(text, result.network !== undefined, result.diagnostics));
        })),
      );
    }
    expect(problems).toEqual([]);
  });
});
