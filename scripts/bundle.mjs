// The command line as one script, and one for each large library that few commands need. They stand beside the files
// they replace, so that paths relative to those stay true. `compiler/cli/start.ts` runs them.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

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
    plugins: [await precompiledTemplates()],
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  const others = await Promise.all(
    separate.map((name) =>
      esbuild.build({
        ...common,
        entryPoints: [name],
        outfile: join(folder, `${name}.cjs`),
        minify: true,
        plugins: [withoutLibraries],
      }),
    ),
  );
  writeFileSync(
    join(folder, "licenses.txt"),
    licenses([ours, ...others].flatMap(({ metafile }) => Object.keys(metafile.inputs))),
  );
}

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

/** Models are printed, not checked, with ts-morph: the declarations of the standard library are of no use for that. */
const withoutLibraries = {
  name: "without-libraries",
  setup: (build) =>
    build.onLoad({ filter: /ts-morph-common\.js$/ }, ({ path }) => {
      const contents = readFileSync(path, "utf8");
      return { contents: contents.replace(/^const libFiles = \[\{$.*?^\s*\}\];$/ms, "const libFiles = [];") };
    }),
};

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
