import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { checkModels, wantedFields } from "./check-models.ts";
import { coverageTable } from "./coverage.ts";

/** The same models every time; other numbers and seeds explore. */
const runs = Number(process.env.MODEL_RUNS ?? 400);
const seed = Number(process.env.MODEL_SEED ?? 2);
const exploring = process.env.MODEL_SEED !== undefined || process.env.MODEL_RUNS !== undefined;

describe.each(Object.values(devices))("many random models on $name", (device) => {
  it("contain every operator and option, and set every register field, to what they should", () => {
    const { models, features, fields, refused } = checkModels(device, runs, seed);
    const notRun = [...refused].map(([code, count]) => `${code} ${count}`).join(", ");
    console.log(`${device.name}: ${models} models; not executed: ${notRun}\n${coverageTable(features)}`);
    expect(models).toBe(runs);
    if (exploring) return;
    expect([...features].filter(([, count]) => count === 0)).toEqual([]);
    expect(wantedFields(device).filter((field) => !fields.has(field))).toEqual([]);
  });
});
