import { describe, expect, it } from "vitest";
import { RandomNumbers } from "../../compiler/passes/random.ts";
import { messages } from "../golden/case-network.ts";
import { checkWithTypeScript7, dslPath, writeFixtures } from "../types/type-checker.ts";
import { type DescriptionFixture, importFixture } from "./descriptions.ts";

/**
 * Networks of blocks that repeat with other channels, inputs and names. The importer compiles what it wrote, functions
 * and loops included, and compares results; here it is held to write functions at all, without type errors.
 */
const count = 40;

const written = new Map<string, string>();

describe("networks that repeat", () => {
  it.each(Array.from({ length: count }, (_, seed) => seed))("become models that compute the same: %i", async (seed) => {
    const { files, diagnostics } = await importFixture(randomNetwork(seed), false);
    expect(files === undefined ? messages(diagnostics) : "").toBe("");
    const text = files?.get("model.ts") as string;
    written.set(`${seed}.mts`, text.replace(`from "ai8xc"`, `from "${dslPath}/index.ts"`));
  });

  it("become functions without type errors", async () => {
    expect(written.size).toBe(count);
    expect([...written.values()].filter((text) => /^function /m.test(text)).length).toBeGreaterThan(count / 2);
    const wrong = `import { defineModel } from "${dslPath}/index.ts";\ndefineModel();\n`;
    const folder = writeFixtures({ ...Object.fromEntries(written), "wrong.mts": wrong });
    expect(await checkWithTypeScript7(folder)).toMatchObject([{ file: "wrong.mts", line: 2 }]);
  });
});

/** One operator of a block; it reads the result of the operator at `from`, or of the block before (-1). */
interface Step {
  readonly kind: "conv" | "pool" | "copy" | "add" | "concat";
  readonly from: readonly number[];
  readonly keys: string;
}

function randomNetwork(seed: number): DescriptionFixture {
  const random = new RandomNumbers(seed + 1);
  const whole = (below: number) => random.integer(0, below - 1);
  const blocks = Array.from({ length: 1 + whole(2) }, () => randomBlock(whole));
  const named = whole(3);
  const weights: number[][] = [];
  const keys: string[] = [];
  const lines: string[] = [];
  const channels: number[] = [];
  let before = -1;
  for (const [b, block] of blocks.entries()) {
    for (let use = 0; use < 2 + whole(3); use++) {
      const start = lines.length;
      const width = 4 * (1 + whole(3));
      for (const [k, step] of block.entries()) {
        const sources = step.from.map((from) => (from < 0 ? before : start + from));
        const read = sources.map((source) => (source < 0 ? 4 : (channels[source] as number)));
        const input = step.kind === "concat" ? read.reduce((a, c) => a + c, 0) : (read[0] as number);
        const convolves = step.kind === "conv" || step.kind === "concat";
        const output = convolves && k === block.length - 1 ? width : convolves ? (read[0] as number) : input;
        if (convolves) {
          const size = step.keys.includes("1x1") ? 1 : 3;
          weights.push([output, input, size, size]);
          const plain = `layer${keys.length}`;
          keys.push(named === 0 ? plain : named === 1 ? `block${b}_${use}.conv${k}` : `net.b${b}${"abc"[k % 3]}${use}`);
        }
        channels.push(output);
        const from = sources.map((source) => (source < 0 ? "input" : `${source}`)).join(", ");
        lines.push(`  - { ${step.keys}, in_sequences: [${from}], processors: 0xf, out_offset: 0 }\n`);
      }
      before = lines.length - 1;
    }
  }
  const yaml = `arch: fixture\ndataset: fixture\nlayers:\n${lines.join("")}`;
  return { device: "MAX78002", sample: [4, 8, 8], weights, keys, bias: false, yaml };
}

/** Two to six operators; what they read is used up in the end. */
function randomBlock(whole: (below: number) => number): Step[] {
  const conv = () => (whole(2) === 0 ? "op: conv2d, pad: 1, activate: ReLU" : "op: conv2d, kernel_size: 1x1, pad: 0");
  const steps: Step[] = [{ kind: "conv", from: [-1], keys: conv() }];
  if (whole(2) === 0) {
    steps.push({ kind: "conv", from: [-1], keys: conv() });
    if (whole(2) === 0) steps.push({ kind: "add", from: [0, 1], keys: "op: sub" });
    else steps.push({ kind: "concat", from: [0, 1], keys: "op: conv2d, kernel_size: 1x1, pad: 0" });
  }
  const last = () => [steps.length - 1];
  if (whole(2) === 0) steps.push({ kind: "pool", from: last(), keys: "op: none, max_pool: 2, pool_stride: 1" });
  if (whole(3) === 0) steps.push({ kind: "copy", from: last(), keys: "op: passthrough" });
  steps.push({ kind: "conv", from: last(), keys: "op: conv2d, pad: 1, activate: Abs" });
  return steps;
}
