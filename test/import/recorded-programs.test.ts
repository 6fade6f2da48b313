import { describe, expect, it } from "vitest";
import type { Network } from "../../compiler/ir/network.ts";
import { messages } from "../golden/case-network.ts";
import { goldenRoot, skippedWithoutGolden } from "../golden/load.ts";
import { caseProgram } from "../golden/program-case.ts";
import { importCase, recordedCases } from "./recorded-networks.ts";

/** Descriptions with words that few networks use: faster calculation, operands that are parts of one tensor, bypasses. */
const unusual = /-x4|ffsx4|MAX78002.*readahead|test-power-ai87|eltwiseadd|eltwiseor|bypass/;

/** Programs tell layers by name, and names of a model are constants of its file. */
function withNamesOf(described: Network, imported: Network): Network {
  const layers = imported.layers.map((layer, i) => ({ ...layer, name: described.layers[i]?.name ?? layer.name }));
  return { ...imported, name: described.name, layers };
}

describe("programs of imported models", () => {
  if (goldenRoot === null) {
    it.skip(skippedWithoutGolden, () => {});
    return;
  }
  const cases = [...recordedCases()].filter(([name]) => unusual.test(name));

  it("are of all these kinds", () => expect(cases.length).toBeGreaterThan(15));

  it.each(cases)("are those of their descriptions: %s", async (_, golden) => {
    const { network, files, diagnostics } = await importCase(golden);
    if (network === undefined || files === undefined) throw new Error(messages(diagnostics));
    const expected = caseProgram(golden).program;
    const actual = caseProgram(golden, (described) => withNamesOf(described, network)).program;
    expect(expected).toBeDefined();
    expect(actual).toEqual(expected);
  });
});
