/** Checks every model of a folder in one process and prints what a person and what a program would be told, as JSON. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.ts";

const folder = process.argv[2]!;
const names = readdirSync(folder).filter((name) => name.endsWith(".ts"));
const results = await Promise.all(
  names.map(async (name) => {
    const json = await run(["check", join(folder, name), "--json"]);
    const text = await run(["check", join(folder, name)]);
    return { name, exitCode: json.exitCode, diagnostics: JSON.parse(json.stdout).diagnostics, text: text.stderr };
  }),
);
console.log(JSON.stringify(results));
