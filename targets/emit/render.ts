import { createRequire } from "node:module";
import { precompiled } from "./precompiled.ts";

/** Handlebars with missing names as errors. Its compiler is loaded at the first use: that takes about 20 ms. */

type Template = (view: object) => string;
type Compile = (source: string, options: { strict: boolean; noEscape: boolean }) => Template;

let compile: Compile | undefined;
const compiled = new Map<string, Template>();

function handlebarsCompile(): Compile {
  if (compile === undefined) {
    const handlebars = createRequire(import.meta.url)("handlebars") as { compile: Compile };
    compile = (source, options) => handlebars.compile(source, options);
  }
  return compile;
}

/** Fills a template, without trailing blanks and repeated empty lines; throws when it names something the view does not have. */
export function render(source: string, view: object): string {
  let template = compiled.get(source);
  if (template === undefined) {
    template = precompiled(source) ?? handlebarsCompile()(source, { strict: true, noEscape: true });
    compiled.set(source, template);
  }
  return template(view)
    .replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/\n{3,}/g, "\n\n");
}
