/**
 * Time of `ai8xc import` and `ai8xc build` of every recorded network, each command from process start to exit, and as
 * a ratio to the reference generator's time for the same network. "cold" checks the types of the model, as after
 * every import; "warm" finds that result kept. Without recorded networks there is nothing to measure; without the
 * generator there are times, but no ratios.
 *
 *     npm run bench:networks
 *     RUNS=5 ONLY=kws20 REFERENCE_FOLDER=/path/to/generator REFERENCE_TOOL="python ai8xize.py" npm run bench:networks
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import {
  goldenCases,
  goldenDevices,
  inputFile,
  loadCase,
  skippedWithoutGolden,
  type GoldenCase,
} from "../test/golden/load.ts";

const runs = Number(process.env["RUNS"] ?? 5);
const only = process.env["ONLY"] ?? "";
const reference = process.env["REFERENCE_TOOL"]?.split(" ").filter(Boolean);
const referenceFolder = process.env["REFERENCE_FOLDER"] ?? process.cwd();
const root = resolve(import.meta.dirname, "..");
const scratch = mkdtempSync(join(tmpdir(), "ai8xc-bench-"));

/** Runs a command to its end and returns the seconds that took. */
function seconds(command: string, words: readonly string[], cwd: string, types: string): number {
  mkdirSync(types, { recursive: true });
  const start = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, words, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, TMPDIR: types },
    maxBuffer: 2 ** 28,
  });
  const taken = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`${[command, ...words].join(" ")}\n${error?.message ?? stderr + stdout}`);
  return taken;
}

const ours = (words: readonly string[], types: string): number =>
  seconds(process.execPath, [join(root, "bin/ai8xc.js"), ...words], scratch, types);

/** The generator's options of a recording, name to value; files are absolute. */
function recordedOptions({ arguments: words }: GoldenCase): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const part of words.split(/\s*--/).filter(Boolean)) {
    const [name, ...values] = part.split(/\s+/) as [string, ...string[]];
    found.set(name, values);
  }
  return found;
}

const fileOptions: readonly string[] = ["config-file", "checkpoint-file", "sample-input"];

/** The recorded options that do not name files, as words. */
const otherOptions = (golden: GoldenCase): string[] =>
  [...recordedOptions(golden)]
    .filter(([name]) => !fileOptions.includes(name))
    .flatMap(([name, values]) => [`--${name}`, ...values]);

const inputs = ({ inputs: files }: GoldenCase) => ({
  network: inputFile(files["network"]!),
  checkpoint: inputFile(files["checkpoint"]!),
  sample: inputFile(files["sample"]!),
});

function referenceSeconds(golden: GoldenCase): number {
  const [command, ...first] = reference as [string, ...string[]];
  const { network, checkpoint, sample } = inputs(golden);
  const files = ["--config-file", network, "--checkpoint-file", checkpoint, "--sample-input", sample];
  const place = ["--device", golden.device, "--test-dir", join(scratch, "reference"), "--prefix", golden.case];
  const quiet = ["--overwrite", "--no-version-check"];
  return seconds(command, [...first, ...files, ...place, ...quiet, ...otherOptions(golden)], referenceFolder, scratch);
}

interface Times {
  readonly import: number[];
  readonly cold: number[];
  readonly warm: number[];
  readonly reference: number[];
}

/** One round: import, build with and without the type check of before, and the generator right after. */
function measure(golden: GoldenCase, round: number, times: Times): void {
  const folder = join(scratch, `${golden.device}-${golden.case}`);
  const { network, checkpoint, sample } = inputs(golden);
  const options = ["--checkpoint", checkpoint, "--sample", sample, "--device", golden.device];
  const types = join(scratch, `types-${golden.device}-${golden.case}-${round}`);
  times.import.push(ours(["import", network, ...options, "-o", folder, "--overwrite"], types));
  times.cold.push(ours(["build", folder, ...otherOptions(golden)], types));
  times.warm.push(ours(["build", folder, ...otherOptions(golden)], types));
  if (reference !== undefined) times.reference.push(referenceSeconds(golden));
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const cases = goldenDevices
  .flatMap((device) => goldenCases("networks", device))
  .map((path) => loadCase(path))
  .filter((golden) => `${golden.device}/${golden.case}`.includes(only));
if (cases.length === 0) console.log(only === "" ? skippedWithoutGolden : `no recorded network is called ${only}`);
else if (reference === undefined) console.log("no ratios: REFERENCE_TOOL does not name the reference generator");

const row = (cells: readonly string[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(28) : cell.padStart(11))).join(""));
if (cases.length > 0)
  row([`median of ${runs}, seconds`, "import", "build", "build warm", "reference", "ratio", "warm"]);
try {
  for (const golden of cases) {
    const times: Times = { import: [], cold: [], warm: [], reference: [] };
    for (let round = 0; round < runs; round++) measure(golden, round, times);
    const { import: imported, cold, warm, reference: other } = times;
    // Ratios within a round: other work on the machine slows both sides of it down.
    const ratio = (builds: readonly number[]) => median(other.map((value, i) => value / (imported[i]! + builds[i]!)));
    const figures = [imported, cold, warm].map((values) => median(values).toFixed(2));
    const compared = other.length === 0 ? [] : [median(other), ratio(cold), ratio(warm)].map((x) => x.toFixed(1));
    row([`${golden.device} ${basename(golden.case)}`, ...figures, ...compared]);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
