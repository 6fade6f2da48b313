#!/usr/bin/env node
// CommonJS: Node starts it sooner than a module.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const words = process.argv.slice(2);
const folder = join(__dirname, "../dist/compiler/cli");

async function main() {
  const script = join(folder, "start.cjs");
  const { loadCli } = existsSync(script) ? require(script) : await import("../dist/compiler/cli/start.js");
  const { runCli, keepCode } = await loadCli(words[0] ?? "");
  process.exitCode = await runCli(words, {
    cwd: process.cwd(),
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
  });
  if (process.exitCode === 0) keepCode();
}

main().catch((error) => {
  process.exitCode = 1;
  console.error(error);
});
