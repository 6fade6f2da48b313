import { describe, expect, it } from "vitest";
import { caseNetwork } from "../../test/golden/case-network.ts";
import { goldenCases, goldenDevices, goldenKinds, goldenRoot, loadCase } from "../../test/golden/load.ts";
import type { GoldenCase } from "../../test/golden/load.ts";
import { devices } from "../../targets/index.ts";
import type { Network } from "../ir/network.ts";
import { placeNetwork } from "./place.ts";
import { verifyPlacement } from "./verify-placement.ts";

/** Placements that were made by hand for the reference generator, and ours for the same layers. */
describe.skipIf(goldenRoot === null).each(goldenDevices)(
  "recorded networks on %s (skipped: no shared data)",
  (name) => {
    const device = devices[name];
    const networks = (): { golden: GoldenCase; network: Network }[] =>
      goldenKinds
        .flatMap((kind) => goldenCases(kind, name))
        .map(loadCase)
        .flatMap((golden) => {
          const network = networkOf(golden);
          return network === null ? [] : [{ golden, network }];
        });

    it("keep the given placement, and the verifier agrees with it", { timeout: 120_000 }, () => {
      const wrong: string[] = [];
      const checked = networks();
      for (const { golden, network } of checked) {
        const { placement, diagnostics } = placeNetwork(network, device);
        if (!placement)
          throw new Error(`${golden.case}: ${diagnostics.map((diagnostic) => diagnostic.message).join()}`);
        for (const [index, layer] of network.layers.entries()) {
          expect(placement.layers[index]?.processors).toBe(layer.pins.processors);
          expect(placement.layers[index]?.outputOffset).toBe(layer.pins.outputOffset ?? 0);
        }
        if (verifyPlacement(placement, device).length > 0) wrong.push(golden.case);
      }
      expect(checked.length).toBeGreaterThan(200);
      // Its description says that it does not work: buffers of streaming layers overlap.
      expect(wrong).toEqual(["test-stream-cifar-hwc-test-cifar10"]);
    });

    it("are placed automatically once the pins are gone", { timeout: 120_000 }, () => {
      for (const { golden, network } of networks()) {
        const free = { ...network, layers: network.layers.map((layer) => ({ ...layer, pins: {} })) };
        const { placement, diagnostics } = placeNetwork(free, device);
        if (!placement)
          throw new Error(`${golden.case}: ${diagnostics.map((diagnostic) => diagnostic.message).join()}`);
        const problems = verifyPlacement(placement, device).map((diagnostic) => diagnostic.message);
        expect(problems, golden.case).toEqual([]);
      }
    });
  },
);

/** Null where the archive lacks a file that the case names. */
function networkOf(golden: GoldenCase): Network | null {
  try {
    return caseNetwork(golden).network ?? null;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
