import { beforeAll, describe, expect, it } from "vitest";
import {
  checkWithTypeScript6,
  checkWithTypeScript7,
  dslPath,
  type OldProgram,
  sentenceOf,
  type TypeError,
  writeFixtures,
} from "./type-checker.ts";

/** What people see while they type: tooltips, lines that are marked, and how long it takes. */

const start = `import { add, concat, defineModel, type AnyTensor } from "${dslPath}/index.ts";`;

const shapes = `${start}
defineModel({ name: "m", device: ["MAX78000", "MAX78002"], input: { shape: [3, 32, 32], format: "HWC" } }, (x) => {
  const pooled = x.conv2d(16, { kernel: 3, padding: 2, activation: "relu" }).maxPool2d(3, { stride: 2 });
  pooled satisfies null;
  const block = pooled.conv2d(20, { kernel: 1, weightBits: 4 }).batchNorm().relu();
  block satisfies null;
  add(block, block.conv2d(20, { kernel: 1 })) satisfies null;
  concat(block, pooled, pooled) satisfies null;
  pooled.conv2d(4, { kernel: 3 }).flatten() satisfies null;
  pooled.conv2d(4, { kernel: 3 }).flatten().linear(10, { wide: true }) satisfies null;
  x.fold(4) satisfies null;
  block.convTranspose2d(8, { kernel: 3, padding: 1 }) satisfies null;
  x.reshape(1024).conv1d(8, { kernel: 9 }).avgPool1d(2) satisfies null;
  x.crop(2, 3) satisfies null;
  block.rollingBuffer(40) satisfies null;
  return block;
});`;

const hovers = [
  '[16, 16, 16], "pooled", 432>',
  '[20, 16, 16], "activated", 592>',
  '[20, 16, 16], "plain", 992>',
  '[52, 16, 16], "plain", 592>',
  '[784, 1, 1], "flat", 1008>',
  '[10, 1, 1], "wide", 8848>',
  '[48, 8, 8], "HWC", 0>',
  '[8, 32, 32], "conv", 2032>',
  '[8, 508, 1], "pooled", 216>',
  '[3, 27, 32], "plain", 0>',
  '[20, 40, 16], "plain", 592>',
];

/** The mistakes are in the lines marked with a comment. */
const chain = `${start}
export default defineModel(
  {
    name: "chain",
    device: "MAX78000",
    input: { shape: [3, 32, 32], format: "HWC" },
  },
  (x) =>
    x
      .conv2d(16, { kernel: 3, padding: 1 })
      .batchNorm()
      .relu()
      .maxPool2d(2)
      .conv2d(32, {
        padding: 1,
        kernel: 5, // kernel 5x5
      })
      .maxPool2d(2)
      .flatten()
      .linear(
        2000, // 2000 channels
      )
      .maxPool2d(1)
      .relu(), // relu
);`;

/** Values that are not literals pass the types. */
const open = `${start}
declare const count: number;
declare const choice: { kernel: number; padding: number };
function block(x: AnyTensor) {
  return x.conv2d(16, { kernel: 3, padding: 1 }).batchNorm().relu();
}
export default defineModel(
  { name: "open", device: "MAX78000", input: { shape: [3, 32, 32], format: "HWC" } },
  (x) => {
    const y = block(x.conv2d(count, { kernel: 3 }).conv2d(8, choice));
    return [add(y, y), y.flatten().linear(count), block(y).maxPool2d(count)];
  },
);`;

const widths = (layers: number) => Array.from({ length: layers }, (_, index) => 8 + ((index * 7) % 40));
const chainOf = (device: string, layers: number) => `${start}
export default defineModel(
  { name: "long", device: "${device}", input: { shape: [3, 32, 32], format: "HWC" } },
  (x) => x
${widths(layers)
  .map((channels) => `    .conv2d(${channels}, { kernel: 3, padding: 1, activation: "relu" })`)
  .join("\n")}
);`;
const long = chainOf("MAX78000", 32);
/** As many layers as any device has. */
const longest = chainOf("MAX78002", 128);

describe("in the editor", () => {
  let old: OldProgram;
  const found: Record<string, readonly TypeError[]> = {};

  beforeAll(async () => {
    const files = {
      "chain.mts": chain,
      "shapes.mts": shapes,
      "open.mts": open,
      "long.mts": long,
      "longest.mts": longest,
    };
    const folder = writeFixtures(files);
    const native = checkWithTypeScript7(folder);
    old = checkWithTypeScript6(folder);
    found["6"] = old.errors;
    found["7"] = await native;
  }, 120_000);

  const errorsIn = (version: string, file: string) =>
    (found[version] as readonly TypeError[]).filter((error) => error.file === file);

  it("uses the versions it says", () => expect(old.version).toMatch(/^6\./));

  it.each(["6", "7"])("shows sizes, role and weight bytes of every tensor in TypeScript %s", (version) => {
    const shown = errorsIn(version, "shapes.mts").map(({ text }) => /Tensor<.*?\], (\[.*?>)'/.exec(text)?.[1]);
    expect(shown).toEqual(hovers);
  });

  it.each(["6", "7"])("marks the line of the mistake in a chain in TypeScript %s", (version) => {
    const source = chain.split("\n");
    const marked = errorsIn(version, "chain.mts").map(({ line }) => (source[line - 1] as string).split("// ")[1]);
    expect(marked).toEqual(["kernel 5x5", "2000 channels", "relu"]);
    for (const error of errorsIn(version, "chain.mts")) {
      expect(sentenceOf(error)).toContain((source[error.line - 1] as string).split("// ")[1]);
    }
  });

  it.each(["6", "7"])("leaves values that are not literals to the run time in TypeScript %s", (version) =>
    expect(errorsIn(version, "open.mts")).toEqual([]),
  );

  it("checks 32 layers within a budget", () => {
    expect(errorsIn("6", "long.mts")).toEqual([]);
    expect(errorsIn("7", "long.mts")).toEqual([]);
    expect(old.instantiations("long.mts")).toBeLessThan(120_000);
  });

  it.each(["6", "7"])("checks one chain of all layers a device has in TypeScript %s", (version) => {
    expect(errorsIn(version, "longest.mts")).toEqual([]);
    expect(old.instantiations("longest.mts")).toBeLessThan(450_000);
  });
});
