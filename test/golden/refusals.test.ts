import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { deviceRules } from "../../compiler/cli/rules.ts";
import { parseYamlNetwork } from "../../compiler/import/yaml.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { defaultEmitOptions, emitProject } from "../../targets/emit/index.ts";
import { devices } from "../../targets/index.ts";
import { withoutInputs } from "./deviations.ts";
import { goldenRoot, inputFile, skippedWithoutGolden, type GoldenDevice } from "./load.ts";
import { caseProgram, mustCompile } from "./program-case.ts";
import { crashReasons, refusalReasons } from "./refusal-reasons.ts";

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

/** Refused by options of the generated text, not by the program. */
const emissionOnly: readonly string[] = ["mnist-max-speed"];

const read = (name: string): Refusal[] =>
  JSON.parse(readFileSync(join(goldenRoot as string, name), "utf8")) as Refusal[];

function refusals(): Refusal[] {
  const options = read("refusals-options.json").map((entry) => ({
    ...entry,
    arguments: optionArguments[entry.case] ?? entry.arguments,
    inputs: optionNetworks[Object.keys(optionNetworks).find((name) => entry.case.startsWith(name)) ?? ""] ?? {},
  }));
  return [...read("refusals-layers.json"), ...options];
}

/** Everything we say against a case. */
function objections(entry: Refusal): readonly Diagnostic[] {
  const golden = { ...entry, inputs: entry.inputs ?? {} };
  if (emissionOnly.includes(entry.case)) {
    const device = devices[entry.device];
    const options = { ...defaultEmitOptions(device), maxSpeed: true };
    return emitProject(mustCompile(golden), device, options).diagnostics;
  }
  const { program, diagnostics } = caseProgram(golden);
  expect(program, `accepted, but refused by the reference: ${entry.refusal}`).toBeUndefined();
  return diagnostics;
}

interface Expected {
  readonly rule: string;
  readonly facts: readonly string[];
}

/** The rule behind a recorded refusal, and what ours must say. */
function expectedOf(entry: Refusal): Expected | undefined {
  const crash = crashReasons[`${entry.device}/${entry.case}`];
  if (entry.refusal.startsWith("CRASH")) return crash;
  for (const { message, rule, facts } of refusalReasons) {
    const groups = message.exec(entry.refusal)?.groups;
    if (!message.test(entry.refusal)) continue;
    return { rule, facts: facts?.({ ...groups }) ?? [] };
  }
  return undefined;
}

/** The names by which we call the layer of a recorded message: by number, or its own. */
function layerNames(entry: Refusal): readonly string[] | null {
  const number = refusalReasons.map(({ message }) => message.exec(entry.refusal)?.groups?.["layer"]).find(Boolean);
  const path = entry.inputs?.["network"];
  if (number === undefined || path === undefined) return null;
  const { description } = parseYamlNetwork(readFileSync(inputFile(path), "utf8"), path);
  const name = description?.layers[Number(number)]?.values.name;
  return [`layer ${number} `, `layer ${number}:`, `'${name ?? `layer_${number}`}'`];
}

if (goldenRoot === null) {
  describe("refusals", () => it.skip(skippedWithoutGolden, () => {}));
} else {
  describe("what the reference refuses", () => {
    let refused = 0;
    const rules = new Map<string, number>();
    for (const entry of refusals()) {
      it(`${entry.device} ${entry.case}`, (test) => {
        const without = withoutInputs.some((pattern) => pattern.test(entry.case));
        test.skip(without, "inputs were not archived");
        const expected = expectedOf(entry);
        expect(expected, `no reason is known for: ${entry.refusal}`).toBeDefined();
        const { rule, facts } = expected as Expected;
        const codes = deviceRules[rule]?.codes ?? [];
        const names = layerNames(entry);
        const errors = objections(entry).filter(({ severity }) => severity === "error");
        const same = errors.filter(
          ({ code, message }) =>
            codes.includes(code) &&
            facts.every((fact) => message.includes(fact)) &&
            (names === null || names.some((name) => message.includes(name))),
        );
        const said = errors.map(({ code, message }) => `${code} ${message}`).join("\n");
        expect(same, `${rule} (${codes.join(", ")}): ${entry.refusal}\nwe say:\n${said}`).not.toEqual([]);
        expect(same[0]?.hint ?? "", said).not.toBe("");
        rules.set(rule, (rules.get(rule) ?? 0) + 1);
        refused++;
      });
    }
    afterAll(() => {
      const byRule = [...rules].toSorted().map(([rule, count]) => `${rule} ${count}`);
      console.log(`refusals: ${refused} of ${refusals().length} refused for the same reason (${byRule.join(", ")})`);
    });
  });
}
