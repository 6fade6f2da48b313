/**
 * Time of `ai8xc build examples/mnist` from process start to exit: cold (types not cached) and warm, with the split the
 * command reports itself. With REFERENCE_COMMAND set, that command runs between ours and the ratio is printed.
 *
 *     npm run bench            RUNS=9 npm run bench
 */
import { execSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const runs = Number(process.env["RUNS"] ?? 7);
const reference = process.env["REFERENCE_COMMAND"];
const scratch = mkdtempSync(join(tmpdir(), "ai8xc-bench-"));

interface Run {
  readonly seconds: number;
  readonly parts: ReadonlyMap<string, number>;
}

function build(kind: "cold" | "warm", index: number): Run {
  const types = join(scratch, kind === "cold" ? `types-${index}` : "types");
  const command = [
    join(root, "bin/ai8xc.js"),
    "build",
    join(root, "examples/mnist"),
    "-o",
    join(scratch, "out"),
    "--timings",
  ];
  execSync(`mkdir -p ${types}`);
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: types },
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`build failed:\n${stderr}`);
  const parts = new Map<string, number>();
  for (const match of stdout.matchAll(/^ {2}(\S.*?)\s{2,}([\d.]+) ms$/gm)) parts.set(match[1]!, Number(match[2]));
  return { seconds, parts };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

build("warm", 0);
const results: Record<"cold" | "warm", Run[]> = { cold: [], warm: [] };
const others: number[] = [];
for (let index = 0; index < runs; index++) {
  results.cold.push(build("cold", index));
  results.warm.push(build("warm", index));
  if (reference !== undefined) {
    const start = performance.now();
    execSync(reference, { stdio: "ignore" });
    others.push((performance.now() - start) / 1000);
  }
}
for (const kind of ["cold", "warm"] as const) {
  const seconds = results[kind].map((run) => run.seconds);
  console.log(
    `${kind}: median ${median(seconds).toFixed(3)} s (${Math.min(...seconds).toFixed(3)} to ${Math.max(...seconds).toFixed(3)}), ${runs} runs`,
  );
  for (const name of results[kind][0]!.parts.keys()) {
    const values = results[kind].map((run) => run.parts.get(name) ?? 0);
    console.log(`    ${name.padEnd(28)}${median(values).toFixed(1).padStart(8)} ms`);
  }
  if (others.length > 0) console.log(`    reference / ai8xc = ${(median(others) / median(seconds)).toFixed(1)}`);
}
rmSync(scratch, { recursive: true, force: true });
