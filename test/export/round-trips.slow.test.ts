import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { checkRoundTrips } from "./check-round-trips.ts";

/** The same models every time; other numbers and seeds explore. */
const runs = Number(process.env.MODEL_RUNS ?? 150);
const seed = Number(process.env.MODEL_SEED ?? 2);

describe.each(Object.values(devices))("many random models on $name", (device) => {
  it("are written for the generator, imported and built to the same program", async () => {
    const { models, unsayable } = await checkRoundTrips(device, runs, seed);
    const reasons = [...unsayable].map(([reason, count]) => `${count} x ${reason}`);
    console.log([`${device.name}: ${models} models; not written:`, ...reasons].join("\n  "));
    expect(models).toBe(runs);
  });
});
