import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasErrors } from "../../dsl/diagnostic.ts";
import { devices } from "../../targets/index.ts";
import { caseNetwork } from "../../test/golden/case-network.ts";
import type { GoldenCase } from "../../test/golden/load.ts";
import { goldenCases, goldenDevices, goldenRoot, loadCase, skippedWithoutGolden } from "../../test/golden/load.ts";
import { verifyNetwork } from "./verify-network.ts";

type Recorded = Pick<GoldenCase, "case" | "device" | "arguments" | "inputs">;
type Refusal = Recorded & { readonly refusal: string };

/** The errors about a recorded network, null when the archive lacks one of its files. */
function errorsOf(golden: Recorded): readonly string[] | null {
  try {
    const { network, diagnostics } = caseNetwork(golden);
    const found =
      hasErrors(diagnostics) || network === undefined ? diagnostics : verifyNetwork(network, devices[golden.device]);
    return found.flatMap(({ severity, code, message }) =>
      severity === "error" ? [`${golden.case}: ${code} ${message}`] : [],
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Refusals that concern the network itself, not processors, offsets, files or program options. */
const aboutTheNetwork =
  /(Binary weights|bypass is|groups .*|readahead` is|calcx4` is) (are )?not supported|`dilation` >|pool_dilation|exceeds system maximum|exceeds a multi-pass|exceeds the maximum|Padding for the final|This device supports up to|padded Conv1d|Input dimensions do not match/;

describe.skipIf(goldenRoot === null)(
  goldenRoot === null ? `recorded networks (${skippedWithoutGolden})` : "recorded networks",
  { timeout: 600_000 },
  () => {
    it.each(goldenDevices)("break no rule when the reference generator accepts them for %s", (device) => {
      const paths = [...goldenCases("layers", device), ...goldenCases("networks", device)];
      const results = paths.map((path) => errorsOf(loadCase(path)));
      expect(results.filter((errors) => errors !== null).length).toBeGreaterThan(0.9 * paths.length);
      expect(results.flatMap((errors) => errors ?? [])).toEqual([]);
    });

    it("break a rule when the reference generator refuses them for what they are", () => {
      const refusals = JSON.parse(readFileSync(join(goldenRoot ?? "", "refusals-layers.json"), "utf8")) as Refusal[];
      const judged = refusals.filter(({ refusal }) => aboutTheNetwork.test(refusal));
      expect(judged.length).toBeGreaterThan(70);
      expect(judged.filter((golden) => errorsOf(golden)?.length === 0).map((golden) => golden.case)).toEqual([]);
    });
  },
);
