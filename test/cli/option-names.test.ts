import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { choiceSpecs } from "../../compiler/cli/choices/index.ts";
import { buildCommand } from "../../compiler/cli/commands/build.ts";
import { root } from "./run.ts";

/** Files whose messages name options of the command line, though they do not know it. */
const files = [
  "compiler/lower/check-options.ts",
  "compiler/compile.ts",
  "compiler/zero-results.ts",
  "targets/emit/check-options.ts",
  "targets/emit/clock.ts",
  "targets/emit/codes.ts",
  "targets/emit/project.ts",
];

describe("options that messages name", () => {
  const known = new Set(
    [...choiceSpecs("build"), ...buildCommand.options].flatMap(({ name, aliases = [], negatable }) => [
      name,
      ...aliases,
      ...(negatable === true ? [`no-${name}`] : []),
    ]),
  );

  it.each(files)("exist: %s", (file) => {
    const text = readFileSync(join(root, file), "utf8");
    const named = [...text.matchAll(/--([a-z][a-z0-9-]*[a-z0-9])/g)].map(([, name]) => name as string);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});
