import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { missingFeatures } from "./check-models.ts";
import { wantedFeatures } from "./coverage.ts";

describe.each(Object.values(devices))("random models on $name", (device) => {
  it("contain every operator and option within the first hundreds", { timeout: 120_000 }, () => {
    expect(missingFeatures(device, 400, 1)).toEqual([]);
  });

  it("do not contain everything at once", () => {
    const missing = missingFeatures(device, 3, 1);
    expect(missing.length).toBeGreaterThan(20);
    expect(wantedFeatures(device)).toEqual(expect.arrayContaining(missing));
  });
});
