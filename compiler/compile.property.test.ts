import { describe, expect, it } from "vitest";
import { checkRandomCompilations } from "../test/fixtures/check-compilations.ts";

/** The same models every time; other numbers and seeds explore. */
const runs = Number(process.env.MODEL_RUNS ?? 40);
const exploring = process.env.MODEL_SEED !== undefined || process.env.MODEL_RUNS !== undefined;
const seed = Number(process.env.MODEL_SEED ?? 1);

describe("random models", () => {
  it.each(["MAX78000", "MAX78002"] as const)(
    "compile repeatably to programs that the simulator agrees with on %s",
    { timeout: 600_000 },
    (name) => {
      const largest = checkRandomCompilations(name, runs, seed);
      if (!exploring) expect(largest).toBeGreaterThan(15);
    },
  );
});
