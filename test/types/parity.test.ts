import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { checkModel } from "../../dsl/check.ts";
import { defineModel } from "../../dsl/index.ts";
import {
  checkWithTypeScript6,
  checkWithTypeScript7,
  dslPath,
  sentenceOf,
  type TypeError,
  writeFixtures,
} from "./type-checker.ts";

/**
 * Random calls around the limits: what the types refuse is refused at run time with the same sentence, and what they
 * accept is accepted. Types report the first problem of a call only, so theirs is one of those at run time.
 */

const device = fc.constantFrom('"MAX78000"', '"MAX78002"', '["MAX78000", "MAX78002"]');
const side = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(63, 64, 90, 91, 256, 1022, 1023, 1024, 1025, 2046, 2048) },
);
const channels = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 70 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 64, 65, 127, 128, 512, 1024, 1025) },
);
const inputChannels = channels.filter((value) => value > 0);
const input2d = fc
  .tuple(inputChannels, side, side, fc.constantFrom("CHW", "HWC", "HWC", "HWC"))
  .map(([c, h, w, format]) => `input: { shape: [${c}, ${h}, ${w}], format: "${format}" }`);
const input1d = fc
  .tuple(inputChannels, side)
  .map(([c, length]) => `input: { shape: [${c}, ${length}], format: "HWC" }`);

/** An object literal with some of the given options. */
const options = (choices: Readonly<Record<string, fc.Arbitrary<string | number | boolean>>>, required = "") =>
  fc.record(choices, { requiredKeys: required === "" ? [] : [required] }).map((chosen) => {
    const entries = Object.entries(chosen).map(([name, value]) => `${name}: ${value}`);
    return `{ ${entries.join(", ")} }`;
  });

const weighted = {
  activation: fc.constantFrom('"relu"', '"relu"', '"abs"', '"tanh"', "null"),
  wide: fc.constantFrom(false, false, true),
  weightBits: fc.constantFrom(1, 2, 4, 8, 8, 3),
  binary: fc.constantFrom(false, false, true),
  outputShift: fc.integer({ min: -18, max: 12 }),
  calcx4: fc.constantFrom(false, false, true),
  readAhead: fc.constantFrom(false, false, true),
  tcalc: fc.constantFrom(false, true),
};
const padding = fc.constantFrom(0, 0, 0, 1, 1, 1, 2, 3, -1);
const conv2d = fc
  .tuple(
    channels,
    options(
      {
        kernel: fc.constantFrom("1", "3", "3", "3", "3", "3", "5", "[3, 3]", "[1, 3]"),
        padding,
        stride: fc.constantFrom("1", "1", "1", "2", "[1, 1]", "[1, 2]"),
        dilation: fc.constantFrom(1, 1, 1, 1, 2),
        groups: fc.constantFrom(1, 1, 1, 2, 64),
        bypass: fc.constantFrom(false, false, true),
        ...weighted,
      },
      "kernel",
    ),
  )
  .map(([n, given]) => `.conv2d(${n}, ${given})`);
const simpleConv2d = fc
  .tuple(fc.integer({ min: 1, max: 600 }), fc.constantFrom("{ kernel: 1 }", "{ kernel: 3, padding: 1 }"))
  .map(([n, given]) => `.conv2d(${n}, ${given})`);
const conv1d = fc
  .tuple(
    channels,
    options(
      {
        kernel: fc.integer({ min: 0, max: 10 }),
        padding,
        dilation: fc.constantFrom(1, 1, 2, 3, 5, 1023, 1024, 0),
        weightBits: weighted.weightBits,
      },
      "kernel",
    ),
  )
  .map(([n, given]) => `.conv1d(${n}, ${given})`);
const convTranspose2d = fc
  .tuple(
    channels,
    options(
      {
        kernel: fc.constantFrom(3, 3, 3, 1),
        padding,
        stride: fc.constantFrom(2, 1),
        outputPadding: fc.constantFrom(1, 0),
      },
      "kernel",
    ),
  )
  .map(([n, given]) => `.convTranspose2d(${n}, ${given})`);
const windows = fc.constantFrom("1", "2", "3", "4", "16", "17", "0", "[2, 3]", "[2, 2]");
const maxPool2d = fc
  .tuple(
    windows,
    options({
      stride: fc.constantFrom("1", "2", "16", "17", "0", "[2, 2]", "[2, 3]"),
      dilation: fc.constantFrom("1", "2", "5", "17", "[1, 2]"),
    }),
  )
  .map(([size, given]) => `.maxPool2d(${size}, ${given})`);
const linear = fc.tuple(channels, options(weighted)).map(([n, given]) => `.linear(${n}, ${given})`);

const body2d = fc.oneof(
  conv2d,
  fc.tuple(simpleConv2d, conv2d).map((calls) => calls.join("")),
  fc.tuple(simpleConv2d, simpleConv2d, simpleConv2d).map((calls) => calls.join("")),
  convTranspose2d,
  fc.tuple(maxPool2d, simpleConv2d).map((calls) => calls.join("")),
  fc.tuple(simpleConv2d, maxPool2d, simpleConv2d).map((calls) => calls.join("")),
  linear.map((call) => `.flatten()${call}`),
);
const model = fc
  .tuple(device, fc.oneof(fc.tuple(input2d, body2d), fc.tuple(input1d, conv1d)))
  .map(([chip, [input, body]]) => `defineModel({ name: "m", device: ${chip}, ${input} }, (x) => x${body})`);

/**
 * Run-time sentences, less those that types leave out: about outputs, and whether an input that is pooled first has
 * to be stored, which depends on later operators.
 */
function runTimeSentences(line: string): string[] {
  // oxlint-disable-next-line no-implied-eval -- the lines are made above
  const run = new Function("defineModel", `return ${line}`) as (define: typeof defineModel) => never;
  const problems = checkModel(run(defineModel)).filter(({ severity }) => severity === "error");
  const pooledFirst = line.includes("x.maxPool2d");
  return problems
    .map(({ message }) => message)
    .filter((message) => !message.includes("output is not"))
    .filter((message) => !(pooledFirst && /^the input .* bytes per data memory/.test(message)));
}

describe("random calls", () => {
  // The same calls every time; another seed explores.
  const lines = fc.sample(model, { numRuns: 150, seed: Number(process.env.MODEL_SEED ?? 1) });
  const text = [`import { defineModel } from "${dslPath}/index.ts";`, ...lines.map((line) => `${line};`)].join("\n");
  const found: Record<string, readonly TypeError[]> = {};

  beforeAll(async () => {
    const folder = writeFixtures({ "calls.mts": text });
    const native = checkWithTypeScript7(folder);
    found["6"] = checkWithTypeScript6(folder).errors;
    found["7"] = await native;
  }, 120_000);

  it("are accepted and refused in about equal numbers", () => {
    const refused = lines.filter((line) => runTimeSentences(line).length > 0).length;
    expect(refused / lines.length).toBeGreaterThan(0.3);
    expect(refused / lines.length).toBeLessThan(0.9);
  });

  it.each(["6", "7"])("get the run-time verdict and sentence in TypeScript %s", (version) => {
    const differences = lines.flatMap((line, index) => {
      const typed = (found[version] as readonly TypeError[])
        .filter((error) => error.line === index + 2)
        .map(sentenceOf);
      const run = runTimeSentences(line);
      const agree = typed.length === 0 ? run.length === 0 : typed.every((sentence) => run.includes(sentence));
      return agree ? [] : [{ line, typed, run }];
    });
    expect(differences).toEqual([]);
  });
});
