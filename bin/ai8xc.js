#!/usr/bin/env node
import { loadCli } from "../dist/compiler/cli/start.js";

const words = process.argv.slice(2);
const { runCli, keepCode } = await loadCli(words[0] ?? "");
process.exitCode = await runCli(words, {
  cwd: process.cwd(),
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
});
if (process.exitCode === 0) keepCode();
