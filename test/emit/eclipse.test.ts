import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { defaultEmitOptions, emitProject, type EmitOptions } from "../../targets/emit/index.ts";
import { devices } from "../../targets/index.ts";
import { isInstalled } from "./host.ts";
import { handMadeProgram } from "./programs.ts";

const filesOf = (options: Partial<EmitOptions> = {}, device = devices.MAX78002) =>
  emitProject(handMadeProgram(device), device, { ...defaultEmitOptions(device), ...options }).files;

/** Nesting and names of the elements; throws where tags do not match. */
function elements(xml: string): string[] {
  const open: string[] = [];
  const found: string[] = [];
  for (const [, end, name, rest] of xml.matchAll(/<(\/?)([A-Za-z][\w.]*)((?:\s[\w_]+="[^"<]*")*\s*\/?)>/g)) {
    if (end === "/") expect(open.pop()).toBe(name);
    else {
      found.push([...open, name].join("/"));
      if (!rest!.endsWith("/")) open.push(name!);
    }
  }
  expect(open).toEqual([]);
  return found;
}

const hasParser = isInstalled("python3");

/** What a real parser says. */
function wellFormed(xml: string): void {
  const code = "import sys,xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())";
  const { status, stderr } = spawnSync("python3", ["-c", code], { input: xml, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
}

describe("Eclipse project files", () => {
  const files = filesOf({
    projectName: "kws20",
    board: "FTHR_RevA",
    defines: ["FAST=1"],
    eclipseIncludes: "inc ../more&more",
    eclipseVariables: ["TOOLS=C:\\tools", "EMPTY"],
  });
  const text = (path: string) => files.get(path) ?? "";

  it("are nested as XML has it", () => {
    expect(elements(text(".project"))).toContain("projectDescription/natures/nature");
    expect(elements(text(".cproject"))).toContain("cproject/storageModule/cconfiguration/storageModule/configuration");
    expect(elements(text("kws20.launch")).length).toBeGreaterThan(20);
  });

  it.skipIf(!hasParser)(`are read by an XML parser${hasParser ? "" : " (skipped: python3 is not installed)"}`, () => {
    for (const path of [".project", ".cproject", "kws20.launch"]) wellFormed(text(path));
  });

  it("name project, board, part, macros and folders", () => {
    expect(text(".project")).toContain("<name>kws20</name>");
    expect(text(".cproject")).toContain('value="../more&amp;more"');
    expect(text(".cproject")).toContain('value="FAST=1"');
    const variables = text(".settings/org.eclipse.cdt.core.prefs");
    for (const line of ["BOARD/value=FTHR_RevA", "TARGET/value=MAX78002", "TOOLS/value=C:\\\\tools", "EMPTY/value="]) {
      expect(variables).toContain(`/${line}\n`);
    }
    // Both files speak of the same configuration.
    const [, id] = /cconfiguration id="([^"]+)"/.exec(text(".cproject")) ?? [];
    expect(variables).toContain(`environment/project/${id}/BOARD/`);
    expect(text("kws20.launch")).toContain('value="build/kws20.elf"');
    expect(text("kws20.launch")).toContain("-f interface/cmsis-dap.cfg -f target/max78002.cfg");
  });

  it("take elements as they are, other probes, and the program of both cores", () => {
    const given = '<listOptionValue builtIn="false" value="&quot;x&quot;"/>';
    const other = filesOf({ riscv: true, eclipseIncludes: given, eclipseOpenOcd: "-f interface/jlink.cfg" });
    expect(other.get(".cproject")).toContain(given);
    expect(other.get("hand-made.launch")).toContain('value="build/hand-made-combined.elf"');
    expect(other.get("hand-made.launch")).toContain("scripts -f interface/jlink.cfg");
  });
});
