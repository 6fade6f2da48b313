import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { checkModels } from "./check-models.ts";

/** The same models every time; other numbers and seeds explore. */
const runs = Number(process.env.MODEL_RUNS ?? 30);
const seed = Number(process.env.MODEL_SEED ?? 1);

describe.each(Object.values(devices))("random models on $name", (device) => {
  it("are computed alike by everything that computes them, from registers that mean what they should", () => {
    expect(checkModels(device, runs, seed).models).toBe(runs);
  });
});
