import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { snoopFields, snoopResults } from "../../targets/accelerator/snoop.ts";
import { goldenCases, goldenRoot, inputFile, loadCase, skippedWithoutGolden } from "./load.ts";
import { runRecorded } from "./simulator-run.ts";

interface Description {
  readonly snoop: readonly number[];
  readonly layers: readonly {
    readonly snoop_sequence?: number;
    readonly simulated_sequence?: number | "stop";
  }[];
}

/** Layers that the description says run with the sample. */
function pathOf({ layers }: Description): number[] {
  const path: number[] = [];
  for (let at: number | "stop" = 0; at !== "stop" && at < layers.length;) {
    path.push(at);
    at = layers[at]?.simulated_sequence ?? at + 1;
  }
  return path;
}

/** Counts decide there, in a way no registers explain: both run on in the simulator. */
const undecided = ["test-snoop-noxval", "test-snoop-xval", "test-snoop2-xval"];

describe("recorded programs with snoop units", () => {
  if (goldenRoot === null) {
    it.skip(skippedWithoutGolden, () => {});
    return;
  }
  const paths = goldenCases("layers", "MAX78002").filter((path) => path.includes("test-snoop"));

  it("are there", () => expect(paths).toHaveLength(15));

  it.each(paths.map((path) => [path.replace(/^.*\/|\.json\.gz$/g, ""), path]))("%s", (name, path) => {
    const recorded = loadCase(path);
    const text = readFileSync(inputFile(recorded.inputs["network"] as string), "utf8");
    const description = parse(text) as Description;
    const { machine } = runRecorded(recorded);
    const held = [1, 2].flatMap((unit) =>
      snoopResults.map((register) => machine.registers.get(`SNP${unit}_${register}`, "value", 0)),
    );
    expect(held).toEqual(description.snoop.slice(2 * snoopFields.length));
    const ran = machine.log.map(({ layer }) => layer);
    if (undecided.includes(name)) {
      expect(machine.undecided).toHaveLength(1);
      expect(machine.undecided[0]).toMatch(/which matches its count includes is not known/);
      expect(ran).toEqual([0, 1]);
    } else {
      expect(machine.undecided).toEqual([]);
      expect(ran).toEqual(pathOf(description));
    }
  });
});
