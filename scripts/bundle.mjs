// The command line as one script, and one for each large library that few commands need. They stand beside the files
// they replace, so that paths relative to those stay true. `compiler/cli/start.ts` runs them.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = "dist/compiler/cli";
const separate = ["ts-morph"];

export async function bundle() {
  let esbuild;
  try {
    esbuild = await import("esbuild");
  } catch {
    return; // without development dependencies the command line starts from its single files
  }
  const common = {
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    charset: "ascii",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  };
  const ours = await esbuild.build({
    ...common,
    entryPoints: [join(folder, "main.js")],
    outfile: join(folder, "ai8xc.cjs"),
    external: ["amaro", "typescript", ...separate],
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  const others = await Promise.all(
    separate.map((name) =>
      esbuild.build({ ...common, entryPoints: [name], outfile: join(folder, `${name}.cjs`), minify: true }),
    ),
  );
  writeFileSync(
    join(folder, "licenses.txt"),
    licenses([ours, ...others].flatMap(({ metafile }) => Object.keys(metafile.inputs))),
  );
}

/** The licenses of all packages that the scripts contain. */
function licenses(files) {
  const packages = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  return [...packages]
    .toSorted()
    .map((path) => {
      const name = path.replace(/^.*node_modules\//, "");
      const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
      return `${name}\n\n${file === undefined ? "" : readFileSync(join(path, file), "utf8")}`;
    })
    .join("\n\n");
}
