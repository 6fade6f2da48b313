import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomNetworks } from "../../test/fixtures/random-networks.ts";
import { devices } from "../../targets/index.ts";
import { placeData } from "./place.ts";
import { verifyData } from "./verify-placement-data.ts";
import { verifyRules } from "./verify-placement-rules.ts";

describe.each(["MAX78000", "MAX78002"] as const)("random networks on %s", (name) => {
  const device = devices[name];

  it("are placed, pass the verifier, and are placed the same way again", () => {
    const sizes: number[] = [];
    fc.assert(
      fc.property(randomNetworks(device), (network) => {
        sizes.push(network.layers.length);
        const { layers, diagnostics } = placeData(network, device);
        expect(diagnostics).toEqual([]);
        expect(layers).toHaveLength(network.layers.length);
        const placed = layers ?? [];
        expect([...verifyRules(network, placed, device), ...verifyData(network, placed, device)]).toEqual([]);
        expect(placeData(network, device).layers).toEqual(placed);
      }),
      { numRuns: 300 },
    );
    expect(Math.max(...sizes)).toBeGreaterThan(15);
  });
});
