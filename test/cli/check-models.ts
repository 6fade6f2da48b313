/** Checks every model of a folder in one process and prints what a person and what a program would be told, as JSON. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";

const folder = process.argv[2]!;
const results: unknown[] = [];
// One after the other: each check starts a type checker that uses all processors.
for (const name of readdirSync(folder).filter((file) => file.endsWith(".ts"))) {
  const json = await run(["check", join(folder, name), "--json"]);
  const text = await run(["check", join(folder, name), ...(name === "kernel-5x5.ts" ? [] : ["--no-typecheck"])]);
  results.push({ name, exitCode: json.exitCode, diagnostics: JSON.parse(json.stdout).diagnostics, text: text.stderr });
}
console.log(JSON.stringify(results));
