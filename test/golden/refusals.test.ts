import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { withoutInputs } from "./deviations.ts";
import { goldenRoot, skippedWithoutGolden, type GoldenDevice } from "./load.ts";
import { caseProgram } from "./program-case.ts";

interface Refusal {
  readonly case: string;
  readonly device: GoldenDevice;
  readonly arguments: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly refusal: string;
}

/** Refused options name no input files; they were applied to these two networks. */
const optionNetworks: Readonly<Record<string, Record<string, string>>> = {
  mnist: { network: "networks/mnist-chw-ai85.yaml", checkpoint: "trained/ai85-mnist-qat8-q.pth.tar" },
  "fifo-32": {
    network: "tests/test-fifostream-32.yaml",
    weights: "tests/weights_test_fifostream-32.npy",
    sample: "tests/sample_test_fifostream-32.npy",
  },
};

const optionArguments: Readonly<Record<string, string>> = {
  "fifo-32-fast": "--fast-fifo --riscv",
  "fifo-32-quad": "--fast-fifo-quad --riscv",
  "fifo-32-go": "--fifo --fifo-go",
  "mnist-oneshot": "--one-shot",
};

/** Refused by text options of emission, not by the program. */
const emissionOnly: readonly string[] = ["mnist-max-speed"];

const read = (name: string): Refusal[] =>
  JSON.parse(readFileSync(join(goldenRoot as string, name), "utf8")) as Refusal[];

function refusals(): Refusal[] {
  const options = read("refusals-options.json")
    .filter((entry) => !emissionOnly.includes(entry.case))
    .map((entry) => ({
      ...entry,
      arguments: optionArguments[entry.case] ?? entry.arguments,
      inputs: optionNetworks[Object.keys(optionNetworks).find((name) => entry.case.startsWith(name)) ?? ""] ?? {},
    }));
  return [...read("refusals-layers.json"), ...options];
}

if (goldenRoot === null) {
  describe("refusals", () => it.skip(skippedWithoutGolden, () => {}));
} else {
  describe("what the reference refuses", () => {
    let refused = 0;
    for (const entry of refusals()) {
      it(`${entry.device} ${entry.case}`, (test) => {
        const inputs = entry.inputs ?? {};
        test.skip(
          withoutInputs.some((pattern) => pattern.test(entry.case)),
          "inputs were not archived",
        );
        const { program, diagnostics } = caseProgram({ ...entry, inputs });
        const errors = diagnostics.filter(({ severity }) => severity === "error");
        expect(program, `accepted, but refused by the reference: ${entry.refusal}`).toBeUndefined();
        expect(errors).not.toEqual([]);
        refused++;
      });
    }
    afterAll(() => console.log(`refusals: ${refused} of ${refusals().length} refused with a diagnostic`));
  });
}
