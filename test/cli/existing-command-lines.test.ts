import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readNpyRecords, writeNpy } from "../../compiler/import/npy.ts";
import { run } from "./run.ts";

/** Command lines as scripts for the reference generator have them, on a network of two convolutions. */
const network = `arch: test
dataset: small
layers:
  - { op: conv2d, pad: 1, activate: ReLU, processors: 0x7, out_offset: 0x2000, data_format: HWC }
  - { op: conv2d, pad: 1, avg_pool: 2, pool_stride: 2, processors: 0x3, out_offset: 0 }
`;
const files = [
  "--config-file",
  "net.yaml",
  "--weight-input",
  "w.npy",
  "--bias-input",
  "b.npy",
  "--sample-input",
  "s.npy",
];

let folder = "";
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ai8xc-existing-"));
  writeFileSync(at("net.yaml"), network);
  writeFileSync(
    at("s.npy"),
    writeNpy(
      [3, 4, 4],
      Int8Array.from({ length: 48 }, (_, i) => ((i * 37) % 200) - 100),
    ),
  );
  const [first, second] = [54, 36].map((length, layer) =>
    Int8Array.from({ length }, (_, i) => ((i * 29 + layer) % 100) - 50),
  );
  const weights = [writeNpy([2, 3, 3, 3], first!), writeNpy([2, 2, 3, 3], second!)];
  writeFileSync(at("w.npy"), Buffer.concat(weights));
  writeFileSync(at("b.npy"), Buffer.concat([writeNpy([2], [10, -20]), writeNpy([2], [30, 5])]));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const imported = (...words: string[]) => run(["import", ...files, "-o", "m", ...words], folder);
const build = (...words: string[]) => run(["build", "m", "--no-typecheck", ...words], folder);
const read = (name: string) => readFileSync(at(name), "utf8");
/** Imports, then runs the command that import printed. */
async function importAndBuild(...words: string[]) {
  const { stdout, stderr, exitCode } = await imported(...words);
  expect([exitCode, stderr]).toEqual([0, ""]);
  const command = /compile it with: ai8xc (.*)\n$/.exec(stdout)?.[1]?.split(" ") ?? [];
  return run([...command, "--no-typecheck"], folder);
}

describe("import", () => {
  it("keeps what concerns the network in the model, and leaves the rest to the command it prints", async () => {
    const { exitCode, stdout, stderr } = await imported(
      "--device",
      "ai87",
      "--fifo",
      "--avg-pool-rounding",
      "--softmax",
      "--timer",
      "0",
      "--compact-weights",
      "--prefix",
      "demo",
      "--test-dir",
      "out",
      "--overwrite",
      "--no-log",
      "--max-checklines",
      "8",
    );
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^notice AI6030: --compact-weights has no effect here: weights are stored packed/m);
    expect(stderr.match(/AI\d{4}/g)).toEqual(["AI6030"]);
    const command = "build m --prefix demo --test-dir out --softmax --timer 0 --max-verify-length 8 --no-log";
    expect(stdout.trimEnd().split("\n").at(-1)).toBe(`compile it with: ai8xc ${command}`);
    expect(read("m/model.ts")).toMatch(/device: "MAX78002",[^]*fifo: "standard",\n *averagePoolRounding: true,/);
    const built = await run([...command.split(" "), "--no-typecheck"], folder);
    expect([built.exitCode, built.stderr.match(/AI\d{4}/g)]).toEqual([0, ["AI5009"]]);
    expect(read("out/demo/cnn.h")).toContain("CNN_INFERENCE_TIMER MXC_TMR0");
    expect(read("out/demo/main.c")).toContain("Wait for room in FIFO");
  });

  it("cuts the network, drops biases and moves the input", async () => {
    expect((await imported("--stop-after", "0", "--no-bias", "0", "--input-offset", "0x40")).exitCode).toBe(0);
    const text = read("m/model.ts");
    expect(text.match(/conv2d\(/g)?.length).toBe(1);
    expect(text).toContain("bias: false");
    expect(text).toContain("inputOffset: 0x0040");
  });

  it("skips layers of the description", async () => {
    writeFileSync(
      at("net.yaml"),
      network.replace("layers:\n", "layers:\n  - { op: none, processors: 7, out_offset: 0 }\n"),
    );
    expect((await imported("--skip-yaml-layers", "1")).exitCode).toBe(0);
    expect(read("m/model.ts")).not.toContain("passthrough");
  });

  it("prints a table of the weights", async () => {
    const { stdout } = await imported("--display-checkpoint");
    expect(stdout).toMatch(/^ *0 +conv1 +2×3×3×3 +8 +-?\d+ +-50 to 49 +-20 to 10$/m);
  });

  it("names the device in old ways, but not twice", async () => {
    expect((await imported("--ai85")).exitCode).toBe(0);
    expect(read("m/model.ts")).toContain(`device: "MAX78000"`);
    expect((await imported("--ai85", "--device", "85")).exitCode).toBe(2);
  });

  it("tells what the printed command is with --json, too", async () => {
    const { stdout } = await imported("--json", "--softmax");
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, build: ["build", "m", "--softmax"] });
  });

  it("still refuses unknown options and two descriptions", async () => {
    const wrong = await imported("--sofmax");
    expect([wrong.exitCode, wrong.stderr.split("\n")[0]]).toEqual([
      2,
      "import has no option --sofmax; did you mean --softmax?",
    ]);
    expect((await imported("other.yaml")).exitCode).toBe(2);
  });
});

describe("build", () => {
  it("takes the whole command line", async () => {
    const words = ["--device", "MAX78000", "--softmax", "--new-kernel-loader", "--mexpress"];
    expect((await imported(...words)).exitCode).toBe(0);
    const { exitCode, stderr } = await build(
      ...files.filter((word) => !["--sample-input", "s.npy"].includes(word)),
      ...words,
    );
    expect(exitCode).toBe(0);
    expect(stderr.match(/notice AI6030: --\S+/g)?.map((text) => text.slice("notice AI6030: ".length))).toEqual([
      "--config-file",
      "--test-weights",
      "--test-bias",
    ]);
    expect(stderr).toContain("it belongs to ai8xc import");
  });

  it("overrides what the model says", async () => {
    expect((await imported("--fifo", "--avg-pool-rounding")).exitCode).toBe(0);
    await build("-o", at("a"));
    await build("-o", at("b"), "--no-fifo", "--no-avg-pool-rounding");
    expect(read("a/main.c")).toContain("Wait for room in FIFO");
    expect(read("b/main.c")).not.toContain("FIFO");
    expect(read("a/sampleoutput.h")).not.toBe(read("b/sampleoutput.h"));
  });

  it("changes the layers that it compiles", async () => {
    await imported();
    const cut = await build("--stop-after", "0", "--no-bias");
    expect(cut.stdout).toContain("for MAX78000: 1 layers");
    expect(read("m/build/weights.h")).not.toContain("BIAS");
    const beyond = await build("--stop-after", "5");
    expect([beyond.exitCode, beyond.stderr.split("\n")[0]]).toEqual([
      1,
      "error AI1530: the last layer is 5; the last one is 1",
    ]);
    expect((await build("--stop-after", "later")).exitCode).toBe(2);
  });

  it("accepts overlapping data when told so, and says that it was not compared", async () => {
    // The first layer writes over rows of the input that it still has to read.
    writeFileSync(at("net.yaml"), network.replace("out_offset: 0x2000", "out_offset: 0x20"));
    const { exitCode, stdout, stderr } = await importAndBuild("--overlap-data");
    expect([exitCode, stderr.match(/^\w+ AI3023/gm)]).toEqual([0, ["warning AI3023"]]);
    expect(stdout).toContain("not confirmed, see the warnings");
    const refused = await build();
    expect([refused.exitCode, refused.stderr.match(/^error AI\d{4}/gm)]).toEqual([1, ["error AI3023"]]);
    expect((await build("--no-error-stop")).exitCode).toBe(0);
  });

  it("says when repeated layers compute something else", async () => {
    writeFileSync(at("net.yaml"), network.replace("out_offset: 0 }", "out_offset: 8 }"));
    const { exitCode, stdout, stderr } = await importAndBuild("--repeat-layers", "2");
    expect([exitCode, stderr.match(/^\w+ AI\d{4}/gm)]).toEqual([0, ["warning AI5303"]]);
    expect(stdout).toContain("not confirmed, see the warnings");
  });

  it("puts everything into one C file", async () => {
    const { exitCode } = await importAndBuild("--api-filename", "none", "--sample-output-filename", "None");
    expect(exitCode).toBe(0);
    const found = readdirSync(at("m/build"));
    expect(found).toContain("main.c");
    expect(found.filter((name) => ["cnn.c", "sampleoutput.h"].includes(name))).toEqual([]);
    expect(read("m/build/main.c")).toMatch(/int cnn_configure\(void\)/);
  });

  it("feeds alternating bytes, or repeats the first pixels", async () => {
    expect((await importAndBuild("--fixed-input")).exitCode).toBe(0);
    const words = new Set(read("m/build/sampledata.h").match(/0x[0-9a-f]{8}/g));
    expect([...words].every((word) => /^0x00(55|aa){3}$/.test(word))).toBe(true);
    const repeated = await importAndBuild(
      "--overwrite",
      "--fifo",
      "--synthesize-input",
      "1",
      "--synthesize-words",
      "4",
    );
    expect(repeated.exitCode).toBe(0);
    expect(read("m/build/sampledata.h").match(/0x[0-9a-f]{8}/g)?.length).toBe(4);
    expect(read("m/build/main.c")).toContain("input_0[i % 4] + add");
    const uneven = await build("--synthesize-input", "1", "--synthesize-words", "5");
    expect([uneven.exitCode, uneven.stderr.split("\n")[0]]).toEqual([
      1,
      "error AI6031: the sample cannot be repeated: 5 pixels are repeated, which does not divide its 16 pixels",
    ]);
    const withoutFifo = await build("--no-fifo", "--synthesize-input", "1");
    expect(withoutFifo.stderr).toContain("AI5012");
  });

  it("writes the result for the sample, prints stages and weights", async () => {
    await imported();
    const { stdout } = await build("-v", "--display-checkpoint", "--sample-numpy-filename", "result.npy");
    for (const stage of ["model", "network", "schedule", "placement", "program"])
      expect(stdout).toContain(`${stage}\n\n`);
    expect(stdout).toContain("weights of test");
    const { records } = readNpyRecords(readFileSync(at("result.npy")), "result.npy");
    expect(records?.[0]?.shape).toEqual([2, 2, 2]);
  });

  it("keeps what it prints, and arrays of the layers", async () => {
    const { exitCode, stdout } = await importAndBuild("--log", "--log-intermediate", "--log-pooling", "--verbose");
    expect(exitCode).toBe(0);
    const log = read("m/build/log.txt");
    expect(log).toMatch(/^ai8xc build m --verbose --log --log-intermediate --log-pooling --no-typecheck\n\n/);
    expect(log).toContain("placement\n\n");
    expect(log.slice(log.indexOf("\n\n") + 2)).toBe(stdout);
    const array = (name: string) => readNpyRecords(readFileSync(at(`m/build/layers/${name}.npy`)), name).records?.[0];
    const names = ["bias", "input", "output", "pooled", "unpooled", "weights"].map((name) => `1-conv2.${name}.npy`);
    expect(readdirSync(at("m/build/layers")).filter((name) => name.startsWith("1-"))).toEqual(names);
    expect(array("0-conv1.input")?.shape).toEqual([3, 4, 4]);
    expect(array("1-conv2.weights")?.shape).toEqual([2, 2, 3, 3]);
    expect(array("1-conv2.unpooled")).toEqual(array("0-conv1.output"));
    expect(array("1-conv2.input")).toEqual(array("0-conv1.output"));
    expect(array("1-conv2.pooled")?.shape).toEqual([2, 2, 2]);
    // The next build finds only files of its own, and leaves none behind.
    expect((await build("--log-filename", "build.log", "--log-intermediate", "--short-log", "--json")).exitCode).toBe(
      0,
    );
    expect(readdirSync(at("m/build")).filter((name) => name.endsWith("log") || name === "log.txt")).toEqual([
      "build.log",
    ]);
    expect(readdirSync(at("m/build/layers")).every((name) => name.startsWith("1-"))).toBe(true);
    expect(read("m/build/build.log")).toContain("project  ");
    expect((await build("--log", "--no-log")).exitCode).toBe(2);
    expect((await build("--no-log", "--log-filename", "x.log")).exitCode).toBe(0);
    expect(readdirSync(at("m/build"))).not.toContain("x.log");
  });

  it("logs warnings with a project, and nowhere else", async () => {
    await imported();
    const { stderr } = await build("--mlator", "--output-width", "32", "--log", "--short-log");
    expect(stderr).toContain("AI5007");
    expect(stderr).toMatch(/AI6030: --short-log has no effect here/);
    expect(read("m/build/log.txt")).toContain(stderr);
    for (const name of ["../log.txt", "main.c"]) {
      const refused = await build("--log-filename", name);
      expect([refused.exitCode, refused.stderr.match(/AI\d{4}/g)]).toEqual([1, ["AI6032"]]);
    }
    expect(readdirSync(at("m/build"))).toContain("log.txt");
  });

  it("silences warnings on request", async () => {
    await imported();
    expect((await build("--mlator", "--output-width", "32")).stderr).toContain("AI5007");
    expect((await build("--mlator", "--output-width", "32", "--ignore-mlator-warning")).stderr).toBe("");
  });
});

describe("check and export", () => {
  it("take the options that concern the network", async () => {
    await imported("--fifo");
    expect((await run(["check", "m", "--no-typecheck", "--no-fifo", "--overlap-data"], folder)).exitCode).toBe(0);
    const { exitCode, stdout } = await run(
      ["export", "yaml", "m", "--no-typecheck", "--avg-pool-rounding", "--stop-after"],
      folder,
    );
    expect([exitCode, stdout]).toEqual([2, ""]);
    const exported = await run(
      ["export", "yaml", "m", "--no-typecheck", "--avg-pool-rounding", "--overlap-data"],
      folder,
    );
    expect(exported.exitCode).toBe(0);
    expect(exported.stdout).toMatch(/--fifo --avg-pool-rounding --overlap-data$/m);
  });
});
