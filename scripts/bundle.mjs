// The command line as one script. It stands beside the files it replaces, so that paths relative to those stay true.
// `compiler/cli/start.ts` runs it.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = "dist/compiler/cli";

export async function bundle() {
  let esbuild;
  try {
    esbuild = await import("esbuild");
  } catch {
    return; // without development dependencies the command line starts from its single files
  }
  const script = {
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    charset: "ascii",
    legalComments: "none",
    logLevel: "warning",
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  };
  for (const name of ["start", "thread", "thread-work"]) {
    const [entry, outfile] = [join(folder, `${name}.js`), join(folder, `${name}.cjs`)];
    await esbuild.build({ ...script, entryPoints: [entry], outfile, external: ["./main.js"] });
  }
  const { metafile } = await esbuild.build({
    ...script,
    entryPoints: [join(folder, "main.js")],
    outfile: join(folder, "ai8xc.cjs"),
    metafile: true,
    external: ["amaro", "typescript"],
    supported: { "dynamic-import": false },
    plugins: [await precompiledTemplates(), onlyTheWriter],
  });
  writeFileSync(join(folder, "licenses.txt"), licenses(Object.keys(metafile.inputs)));
}

/** Of ts-morph, models are printed with the writer alone, which is a package of its own; the rest takes long to load. */
const onlyTheWriter = {
  name: "only-the-writer",
  setup: (build) => {
    build.onResolve({ filter: /^ts-morph$/ }, ({ path }) => ({ path, namespace: "writer" }));
    build.onLoad({ filter: /.*/, namespace: "writer" }, () => {
      const resolveDir = dirname(createRequire(import.meta.url).resolve("ts-morph"));
      return { contents: 'export { default as CodeBlockWriter } from "code-block-writer";', resolveDir };
    });
  },
};

/** Puts compiled templates in place of `targets/emit/precompiled.ts`. */
async function precompiledTemplates() {
  const { default: handlebars } = await import("handlebars");
  const templates = join("dist", "targets", "emit", "templates");
  const modules = readdirSync(templates).filter((file) => file.endsWith(".js"));
  const sources = await Promise.all(modules.map((file) => import(pathToFileURL(join(templates, file)).href)));
  const entries = sources.flatMap(Object.values).map((source) => {
    const code = handlebars.precompile(source, { strict: true, noEscape: true });
    return `[${JSON.stringify(source)}, ${code}]`;
  });
  const contents = `import handlebars from "handlebars/runtime.js";
    const specifications = new Map([${entries.join(",\n")}]);
    export const precompiled = (source) => {
      const specification = specifications.get(source);
      return specification === undefined ? undefined : handlebars.template(specification);
    };`;
  return {
    name: "precompiled-templates",
    setup: (build) => build.onLoad({ filter: /emit[/\\]precompiled\.js$/ }, () => ({ contents, resolveDir: "." })),
  };
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
