import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

/**
 * Imports go one way: targets <- dsl <- runtime <- compiler <- (examples, test).
 * `runtime/simulator` knows targets only: that is why it can catch the compiler.
 */
const root = resolve(import.meta.dirname, "..");
const mayImport: Record<string, readonly string[]> = {
  targets: ["targets"],
  dsl: ["targets", "dsl"],
  runtime: ["targets", "dsl", "runtime"],
  compiler: ["targets", "dsl", "runtime", "compiler"],
};

const sources = Object.keys(mayImport).flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => join(room, path)),
);

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1] as string);
}

describe("rooms", () => {
  it("sees the source files", () => expect(sources.length).toBeGreaterThan(10));

  it("import only what stands before them", () => {
    const wrong: string[] = [];
    for (const file of sources) {
      const room = file.split("/")[0] as string;
      const allowed = file.startsWith("runtime/simulator/") ? ["targets", "runtime/simulator"] : mayImport[room];
      for (const specifier of importsOf(file)) {
        if (!specifier.startsWith(".")) continue;
        const target = relative(root, resolve(root, dirname(file), specifier));
        if (!allowed?.some((prefix) => target.startsWith(`${prefix}/`))) wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("keep files and processes out of everything but the command line", () => {
    const wrong = sources.filter(
      (file) =>
        !file.startsWith("compiler/cli/") &&
        importsOf(file).some((specifier) => /^node:(fs|child_process|process|worker)/.test(specifier)),
    );
    expect(wrong).toEqual([]);
  });
});
