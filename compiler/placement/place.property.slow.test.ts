import { describe, it } from "vitest";
import { checkRandomPlacements } from "../../test/fixtures/check-placements.ts";

describe("many random networks", () => {
  it.each(["MAX78000", "MAX78002"] as const)("are placed correctly and repeatably on %s", (name) => {
    checkRandomPlacements(name, 1500);
  });
});
