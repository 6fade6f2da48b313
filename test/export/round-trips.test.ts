import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { checkRoundTrips } from "./check-round-trips.ts";

/** The same models every time; other numbers and seeds explore. */
const runs = Number(process.env.MODEL_RUNS ?? 12);
const seed = Number(process.env.MODEL_SEED ?? 1);

describe.each(Object.values(devices))("random models on $name", (device) => {
  it("are written for the generator, imported and built to the same program", async () => {
    expect((await checkRoundTrips(device, runs, seed)).models).toBe(runs);
  });
});
