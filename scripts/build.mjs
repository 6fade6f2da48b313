// Compiles the rooms to dist/, one file each, and puts the command line in scripts that start faster. The build id
// tells the cache of type checks that our declarations changed.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
process.chdir(root);
const require = createRequire(import.meta.url);
let compiler;
try {
  compiler = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
} catch {
  process.exit(0); // installed as a dependency: dist/ is part of the package
}
rmSync("dist", { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);
writeFileSync("dist/build-id", String(Date.now()));
await (await import("./bundle.mjs")).bundle();
