import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { root } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "ai8xc-elsewhere-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings = `{ name: "small", device: "MAX78000", input: { shape: [3, 8, 8], format: "HWC" } }`;

function check(name: string, text: string) {
  writeFileSync(join(folder, name), text);
  const words = [join(root, "bin/ai8xc.js"), "check", name, "--json"];
  const { stdout, status } = spawnSync(process.execPath, words, { cwd: folder, encoding: "utf8" });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; severity: string; message: string }[] };
  return { status, errors: diagnostics.filter(({ severity }) => severity === "error") };
}

describe("a model in a folder where ai8xc is not installed", () => {
  it("is checked, with its types", () => {
    const text = `import { defineModel } from "ai8xc";\nexport default defineModel(${settings}, (x) => x.conv2d(4, { kernel: 3 }));\n`;
    expect(check("model.ts", text)).toEqual({ status: 0, errors: [] });
    const wrong = check("wrong.ts", text.replace("kernel: 3", "kernel: 5"));
    expect(wrong.status).toBe(1);
    expect(wrong.errors[0]?.message).toContain("5");
    expect(wrong.errors.map(({ code }) => code)).not.toContain("TS2307");
  });

  it("may import files of its own", () => {
    writeFileSync(join(folder, "settings.ts"), `export const settings = ${settings} as const;\n`);
    const imports = `import { defineModel } from "ai8xc";\nimport { settings } from "./settings.ts";\n`;
    const text = `${imports}export default defineModel(settings, (x) => x.conv2d(4, { kernel: 3 }));\n`;
    expect(check("split.ts", text)).toEqual({ status: 0, errors: [] });
  });
});
