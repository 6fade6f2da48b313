import { describe, it } from "vitest";
import { checkRandomCompilations } from "../test/fixtures/check-compilations.ts";

/** The same models every time; other numbers and seeds explore. */
const runs = Number(process.env.MODEL_RUNS ?? 300);
const seed = Number(process.env.MODEL_SEED ?? 1);

describe("many random models", () => {
  it.each(["MAX78000", "MAX78002"] as const)(
    "compile repeatably to programs that the simulator agrees with on %s",
    { timeout: 1_800_000 },
    (name) => checkRandomCompilations(name, runs, seed),
  );
});
