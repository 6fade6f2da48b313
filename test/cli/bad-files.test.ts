import { zipSync } from "fflate";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../compiler/import/npy.ts";
import { writeSafetensors, type SafetensorsOutput } from "../../compiler/import/safetensors.ts";
import { writeCheckpoint, type TensorContents } from "../../compiler/import/torch-writer.ts";
import { root, run } from "./run.ts";

/**
 * Whatever a person gives the command line by mistake or somebody else on purpose: one diagnostic that names it, and
 * nothing written. Models are plain JavaScript: the test runner loads those itself. The model has two devices, so that what concerns both would be told twice.
 */
const model = join(root, "test/fixtures/small-models/plain.mjs");
const normalized = join(root, "test/fixtures/small-models/normalized.mjs");
let folder = "";
const at = (name: string) => join(folder, name);
const output = () => at("out");

const floats = (shape: readonly number[]) => ({
  shape,
  dtype: "float32" as const,
  data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i % 5) - 2) / 4 + 0.01),
});

const layers = { "conv.weight": [4, 1, 3, 3], "conv.bias": [4], "fc.weight": [3, 16], "fc.bias": [3] } as const;
const tensors = (changes: Readonly<Record<string, readonly number[] | null>> = {}): Map<string, SafetensorsOutput> =>
  new Map(Object.entries({ ...layers, ...changes }).flatMap(([name, shape]) => (shape ? [[name, floats(shape)]] : [])));
const safetensors = (changes?: Parameters<typeof tensors>[0]) => writeSafetensors(tensors(changes));
const checkpoint = (changes?: Parameters<typeof tensors>[0]) =>
  writeCheckpoint({ arch: "plain", epoch: 1, tensors: tensors(changes) as Map<string, TensorContents> });

const text = (content: string) => new TextEncoder().encode(content);
/** A pickle that asks its reader to run a command. */
const hostile = () => zipSync({ "archive/data.pkl": text("cposix\nsystem\n(S'touch owned'\ntR.") }, { level: 0 });

const sample = (shape: readonly number[], value: number, dtype?: Parameters<typeof writeNpy>[2]) =>
  writeNpy(shape, Array<number>(shape.reduce((a, b) => a * b, 1)).fill(value), dtype);

/** A safetensors header that promises far more than the file has. */
function absurd(header: string, claimed = BigInt(header.length)): Uint8Array {
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed, true);
  bytes.set(text(header), 8);
  return bytes;
}

const huge = '{"conv.weight":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}';
const word = [..."123456789"].map(Number);

/** file name, contents, code, words of the message */
type BadFile = readonly [name: string, contents: () => Uint8Array, code: string, message: string];

const badWeights: readonly BadFile[] = [
  ["truncated.pth.tar", () => checkpoint().subarray(0, 700), "AI6102", "truncated.pth.tar"],
  ["empty.pth.tar", () => new Uint8Array(0), "AI6102", "no PyTorch checkpoint"],
  ["magic.pth.tar", () => text("this is a text\nof two lines"), "AI6102", "no PyTorch checkpoint"],
  ["tar.pt", () => Uint8Array.from([0x1f, 0x8b, 8, 0, ...word]), "AI6102", "no PyTorch checkpoint"],
  ["other-zip.pth", () => zipSync({ "readme.txt": text("hello") }), "AI6102", "data.pkl"],
  ["hostile.pth.tar", hostile, "AI6102", "posix"],
  ["fewer.pth.tar", () => checkpoint({ "fc.weight": null }), "AI4106", "weights for 1"],
  ["shape.pth.tar", () => checkpoint({ "conv.weight": [4, 2, 3, 3] }), "AI4101", "conv"],
  ["flat.pth.tar", () => checkpoint({ "bn.weight": [4] }), "AI4105", "bn.weight"],
  ["norm.pth.tar", () => checkpoint({ "c.bn.running_mean": [4], "c.bn.running_var": [4] }), "AI4116", "negative"],
  ["truncated.safetensors", () => safetensors().subarray(0, 300), "AI6103", "truncated.safetensors"],
  ["short.safetensors", () => safetensors().subarray(0, 5), "AI6103", "ends in the middle"],
  ["magic.safetensors", () => text("not what it seems to be"), "AI6103", "header"],
  ["length.safetensors", () => absurd("{}", 2n ** 63n), "AI6103", "absurd"],
  ["huge.safetensors", () => absurd(huge), "AI6103", "at most"],
  [
    "names.safetensors",
    () => safetensors({ "fc.weight": null, "fc.bias": null, "out.weight": [3, 16] }),
    "AI4106",
    "'fc'",
  ],
  ["shape.safetensors", () => safetensors({ "fc.weight": [3, 17] }), "AI4101", "fc"],
  ["bias.safetensors", () => safetensors({ "fc.bias": [4] }), "AI4104", "fc"],
  ["extra.safetensors", () => safetensors({ "conv.gamma": [4] }), "AI6104", "conv.gamma"],
  ["norm.safetensors", () => safetensors({ "n.running_mean": [4], "n.running_var": [1] }), "AI4116", "'n'"],
  ["weights.onnx", () => text("onnx"), "AI6008", "weights.onnx"],
];

const nested = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
const pixels = Array<number>(8).fill(3);
const rows = Array<number[]>(8).fill(pixels);

const badSamples: readonly BadFile[] = [
  ["magic.npy", () => text("\u0093NUMPX no array"), "AI6101", "no NumPy array"],
  ["truncated.npy", () => sample([1, 8, 8], 3).subarray(0, 200), "AI6101", "ends in the middle"],
  ["fractions.npy", () => sample([1, 8, 8], 0.5, "float32"), "AI6007", "0.5"],
  ["range.npy", () => sample([1, 8, 8], 200), "AI6007", "200"],
  ["rank.npy", () => sample([8, 8, 1, 1], 3), "AI6007", "4 dimensions"],
  ["shape.npy", () => sample([1, 9, 8], 3), "AI4510", "9"],
  ["empty.npy", () => new Uint8Array(0), "AI6007", "empty"],
  ["two.npy", () => Uint8Array.from([...sample([1, 8, 8], 3), ...sample([1, 8, 8], 3)]), "AI6007", "2 arrays"],
  ["syntax.json", () => text("[[[1, 2"), "AI6007", "not JSON"],
  ["object.json", () => text('{"a": 1}'), "AI6007", "0 dimensions"],
  ["ragged.json", () => text("[[[1, 2], [3]]]"), "AI6007", "no regular array"],
  ["words.json", () => text('[["a", "b"]]'), "AI6007", "no regular array"],
  ["deep.json", () => text(nested(5000)), "AI6007", "5000 dimensions"],
  ["shape.json", () => text(JSON.stringify([rows, rows])), "AI4510", "2"],
  ["range.json", () => text(JSON.stringify([[pixels, [-129, ...pixels.slice(1)]]])), "AI6007", "-129"],
  ["sample.png", () => text("png"), "AI6008", "sample.png"],
];

const build = (...words: readonly string[]) => run(["build", model, "--no-typecheck", "-o", output(), ...words]);

/** Every file below the test's folder with its contents. */
const snapshot = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return entry.isDirectory() ? path : `${path} ${readFileSync(path).toString("base64").slice(0, 200)}`;
    })
    .sort();

async function expectRefused(words: readonly string[], code: string, message: string): Promise<void> {
  const before = snapshot();
  const { exitCode, stdout, stderr } = await build(...words);
  const titles = stderr.split("\n").filter((line) => /^(error|warning|notice) /.test(line));
  expect(titles).toEqual([expect.stringMatching(new RegExp(`^error ${code}: `))]);
  expect(titles[0]).toContain(message);
  expect(stderr).toMatch(/^1 error$/m);
  expect(stderr).not.toMatch(/^\s+at /m);
  // Bytes of a file are no source text.
  expect([...stderr].every((character) => character === "\n" || character >= " ")).toBe(true);
  expect([exitCode, stdout]).toEqual([1, ""]);
  expect(snapshot()).toEqual(before);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ai8xc-bad-"));
  for (const [name, contents] of [...badWeights, ...badSamples]) writeFileSync(at(name), contents());
  writeFileSync(at("good.safetensors"), safetensors());
  writeFileSync(at("good.npy"), sample([1, 8, 8], 3));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("files that cannot be used", () => {
  it.each(badWeights)("weights %s", (name, _, code, message) => expectRefused(["--weights", at(name)], code, message));

  it.each(badSamples)("sample %s", (name, _, code, message) =>
    expectRefused(["--weights", at("good.safetensors"), "--sample", at(name)], code, message),
  );

  it("that are missing or folders", async () => {
    await expectRefused(["--weights", at("none.safetensors")], "AI6004", "does not exist");
    await expectRefused(["--random-weights", "1", "--sample", at("none.npy")], "AI6004", "does not exist");
    mkdirSync(at("folder.safetensors"));
    await expectRefused(["--weights", at("folder.safetensors")], "AI6004", "is a folder");
  });

  it("and no weights at all", () => expectRefused([], "AI6005", "plain has no weights"));

  it("weights without the statistics of a batch normalization", async () => {
    writeFileSync(at("conv.safetensors"), safetensors({ "fc.weight": null, "fc.bias": null }));
    const words = ["build", normalized, "--no-typecheck", "-o", output(), "--weights", at("conv.safetensors")];
    const { exitCode, stderr } = await run(words);
    expect(stderr).toContain("AI4115");
    expect(stderr).toContain("no statistics for 'norm'");
    expect([exitCode, existsSync(output())]).toEqual([1, false]);
  });
});

describe("an output folder", () => {
  const good = () => ["--weights", at("good.safetensors")];

  it("with other files stays as it is, and so does the one beside it", async () => {
    const other = join(output(), "MAX78002");
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, "mine.txt"), "precious");
    await expectRefused(good(), "AI6020", "mine.txt");
    rmSync(output(), { recursive: true });
  });

  it("that cannot be made leaves nothing behind", async () => {
    writeFileSync(at("file"), "text");
    await expectRefused([...good(), "-o", at("file")], "AI6021", "cannot be written");
    await expectRefused([...good(), "-o", at("file/below")], "AI6021", "cannot be written");
    await expectRefused([...good(), "-o", at(`new/new/${"long".repeat(80)}`)], "AI6021", "cannot be written");
  });

  it.skipIf(!existsSync("/proc/self"))("in a file system without folders of ours is refused in time", () =>
    expectRefused([...good(), "-o", "/proc/none/here"], "AI6021", "cannot be written"),
  );

  it("of stages that cannot be made", async () => {
    writeFileSync(at("file"), "text");
    await expectRefused(
      [...good(), "--device", "MAX78000", "--dump-stages", at("file")],
      "AI6021",
      "cannot be written",
    );
  });

  it("is made, and replaced by the next build", async () => {
    for (const times of [1, 2]) {
      const { exitCode, stderr } = await build(...good());
      expect([times, exitCode, stderr]).toEqual([times, 0, ""]);
      expect(readdirSync(output()).sort()).toEqual(["MAX78000", "MAX78002"]);
    }
    expect(readdirSync(folder).filter((name) => /\.(new|old)$/.test(name))).toEqual([]);
    rmSync(output(), { recursive: true });
  });
});

describe("wrong calls", () => {
  it.each([
    ["an unknown option", ["--outptu", "x"], "did you mean --output?"],
    ["an option without value", ["--weights"], "weights"],
    ["a value that is no number", ["--random-weights", "many"], "--random-weights takes an integer"],
    ["an empty value", ["--random-weights", ""], "--random-weights takes an integer"],
    ["a negative value", ["--random-weights=-1"], "--random-weights takes an integer"],
    ["a value out of the list", ["--stop-after", "lunch"], "use model, network"],
    ["a clock divider the device lacks", ["--clock-divider", "3"], "--clock-divider 3"],
    ["a device nobody makes", ["--device", "MAX1"], "--device MAX1 is not known"],
    ["a pin without port", ["--random-weights", "1", "--boost", "7"], "PORT.PIN"],
    ["two opposites", ["--verify", "--no-verify"], "exclude each other"],
    ["two models", ["second.ts"], "one model at a time"],
  ])("%s", async (_, words, message) => {
    const before = snapshot();
    const { exitCode, stdout, stderr } = await build(...words);
    expect([exitCode, stdout]).toEqual([2, ""]);
    const [first, second, ...rest] = stderr.split("\n");
    expect(first).toContain(message);
    expect(second).toMatch(/^usage: ai8xc build /);
    expect(rest).toEqual([""]);
    expect(snapshot()).toEqual(before);
  });

  it("of no command and an unknown one", async () => {
    expect(await run([])).toMatchObject({ exitCode: 2, stdout: "" });
    const { exitCode, stderr } = await run(["biuld"]);
    expect([exitCode, stderr.split("\n")[0]]).toEqual([2, "ai8xc has no command biuld; did you mean build?"]);
  });

  it("of a model that is not there", async () => {
    const { exitCode, stderr } = await run(["build", at("none"), "--no-typecheck", "-o", output()]);
    expect([exitCode, stderr.match(/AI6001/g)?.length, existsSync(output())]).toEqual([1, 1, false]);
  });

  it.each(["net.yaml", "net.YML"])("of a description where a model belongs: %s", async (name) => {
    writeFileSync(at(name), "arch: net\n");
    const { exitCode, stderr } = await run(["build", at(name), "-o", output()]);
    expect([exitCode, existsSync(output())]).toEqual([1, false]);
    expect(stderr).toContain(`error AI6001: ${at(name)} is not a model: models are files that end in .ts,`);
    expect(stderr).toContain(
      `help: make one of the description: ai8xc import ${at(name)} -o net; then ai8xc build net`,
    );
    expect(stderr).toContain("1 error\n");
  });

  it("of the generator's options without a command", async () => {
    const { exitCode, stderr } = await run(["--config-file", "net.yaml", "--device", "MAX78000"]);
    expect([exitCode, stderr.split("\n")[0]]).toEqual([2, "ai8xc has no command --config-file; did you mean import?"]);
  });
});
