import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import type { Model } from "../../dsl/model.ts";
import { writeModel } from "./written-networks.ts";

const folder = resolve(import.meta.dirname, "../../examples");
const examples = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe("examples", () => {
  it.each(examples.map(({ name }) => name))("%s is written so that it compiles to the same program", async (name) => {
    const { default: model } = (await import(pathToFileURL(join(folder, name, "model.ts")).href)) as { default: Model };
    const { files, diagnostics } = writeModel(model);
    expect(diagnostics).toEqual([]);
    expect([...files!.keys()]).toEqual([`${name}.yaml`, `${name}.pth.tar`, `sample_${name}.npy`]);
  });
});
