import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultEmitOptions, emitProject, type EmitOptions } from "../../targets/emit/index.ts";
import { devices } from "../../targets/index.ts";
import { isInstalled, writeProject } from "./host.ts";
import { handMadeProgram } from "./programs.ts";

const hasMake = isInstalled("make");
const noMake = hasMake ? "" : " (skipped: make is not installed)";

const filesOf = (
  options: Partial<EmitOptions> = {},
  device: (typeof devices)[keyof typeof devices] = devices.MAX78002,
) => emitProject(handMadeProgram(device), device, { ...defaultEmitOptions(device), ...options }).files;

/** The rules a makefile of the SDK would bring: they print what they were given and "build" with touch. */
const standIn = (target: string): string => `
BUILD_DIR ?= $(CURDIR)/build
all:
	@echo "SOURCES $(sort $(SRCS))"
	@echo "FLAGS $(strip $(PROJ_CFLAGS))"
	@echo "LINKER $(notdir $(LINKERFILE))"
	@echo "BOARD $(BOARD) TARGET $(TARGET) PROJECT $(PROJECT)"
	@mkdir -p $(BUILD_DIR)
	@touch $(BUILD_DIR)/$(PROJECT).elf
	@echo "                0x10002000                __FlashStart_ = ." > $(BUILD_DIR)/$(PROJECT).map
clean:
	@rm -rf $(BUILD_DIR)
# ${target}
`;

/** Runs make in a project, with a stand-in for the SDK and for objcopy. */
function make(files: ReadonlyMap<string, string>, args: readonly string[] = []) {
  const folder = writeProject(files);
  try {
    const sdk = join(folder, "sdk");
    for (const target of ["MAX78000", "MAX78002"]) {
      const rules = join(sdk, "Libraries/CMSIS/Device/Maxim", target, "Source/GCC");
      mkdirSync(rules, { recursive: true });
      writeFileSync(join(rules, `${target.toLowerCase()}.mk`), standIn(target));
    }
    writeFileSync(join(sdk, "Libraries/libs.mk"), "");
    const tools = join(folder, "tools");
    mkdirSync(tools);
    const objcopy = '#!/bin/sh\nfor last; do :; done\nprintf ":00\\n:00000001FF\\n" > "$last"\n';
    for (const prefix of ["arm-none-eabi", "riscv-none-elf"]) {
      writeFileSync(join(tools, `${prefix}-objcopy`), objcopy, { mode: 0o755 });
    }
    const { stdout, stderr, status } = spawnSync("make", args, {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...process.env,
        MAXIM_PATH: args.includes("NO_SDK=1") ? "" : sdk,
        PATH: `${tools}:${process.env["PATH"]}`,
      },
    });
    const script = spawnSync("sh", ["-c", "cat buildrv/common_riscv.ld; ls build"], { cwd: folder, encoding: "utf8" });
    return { stdout, stderr, status, after: script.stdout };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("makefiles", () => {
  it.skipIf(!hasMake)(`give the SDK all sources, flags and the linker script${noMake}`, () => {
    const { stdout, status } = make(
      filesOf({ softmax: true, board: "FTHR_RevA", defines: ["FAST=1"], projectName: "demo" }),
    );
    expect(status).toBe(0);
    expect(stdout).toContain("SOURCES ./cnn.c ./main.c ./softmax.c\n");
    expect(stdout).toContain("-DMXC_ASSERT_ENABLE -DARM_MATH_CM4 -DFAST=1");
    expect(stdout).toContain("LINKER max78002.ld");
    expect(stdout).toContain("BOARD FTHR_RevA TARGET MAX78002 PROJECT demo");
  });

  it.skipIf(!hasMake)(`can be overridden${noMake}`, () => {
    const { stdout } = make(filesOf({}, devices.MAX78000), ["BOARD=Mine"]);
    expect(stdout).toContain("BOARD Mine TARGET MAX78000 PROJECT hand-made");
  });

  it.skipIf(!hasMake)(`say what is missing without SDK${noMake}`, () => {
    const { stderr, status } = make(filesOf(), ["NO_SDK=1"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain("Set MAXIM_PATH");
  });

  it.skipIf(!hasMake)(`build both cores' programs, the second behind the first${noMake}`, () => {
    const { stdout, stderr, status, after } = make(filesOf({ riscv: true, softmax: true }));
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain("SOURCES main.c\n");
    expect(stdout).toContain("SOURCES cnn.c main_riscv.c softmax.c\n");
    expect(stdout).toContain("LINKER max78002_arm.ld");
    expect(stdout).toContain("LINKER max78002_riscv.ld");
    expect(stdout).toContain("-DRV32");
    expect(after).toContain("__FlashStart = 0x10002000;\n__FlashLength = 0x10280000 - __FlashStart;");
    expect(after).toContain("hand-made-combined.elf");
  });
});

describe("the files of a project", () => {
  const code = ["settings", "tasks", "launch", "c_cpp_properties"].map((name) => `.vscode/${name}.json`);
  const eclipse = [".project", ".cproject", ".settings/org.eclipse.cdt.core.prefs", "hand-made.launch"];
  const editor = [...code, ...eclipse];

  it("are those of a project for one core", () => {
    expect([...filesOf().keys()].toSorted()).toEqual(
      [
        ...editor,
        "main.c",
        "cnn.c",
        "cnn.h",
        "weights.h",
        "sampledata.h",
        "Makefile",
        "project.mk",
        "README.txt",
      ].toSorted(),
    );
  });

  it("are those of a project for two cores", () => {
    expect([...filesOf({ riscv: true, softmax: true }).keys()].toSorted()).toEqual(
      [
        ...editor,
        "main.c",
        "main_riscv.c",
        "cnn.c",
        "cnn.h",
        "softmax.c",
        "weights.h",
        "sampledata.h",
        "Makefile",
        "Makefile.ARM",
        "Makefile.RISCV",
        "README.txt",
      ].toSorted(),
    );
  });

  it("are the same every time, name no place of this machine, and end with a newline", () => {
    const files = filesOf({ softmax: true });
    expect([...filesOf({ softmax: true })]).toEqual([...files]);
    for (const [path, text] of files) {
      expect(text, path).not.toMatch(/\/(home|tmp|work|Users)\//);
      expect(text, path).not.toMatch(/20\d\d-\d\d|[ \t]\n|\n\n\n|\n\n$/);
      expect(text.endsWith("\n"), path).toBe(true);
      if (path.endsWith(".json")) expect(() => JSON.parse(text) as unknown, path).not.toThrow();
    }
  });

  it("take the project's name from the program, made safe for the file system", () => {
    const program = { ...handMadeProgram(devices.MAX78000), name: "../my net!" };
    const { files } = emitProject(program, devices.MAX78000, defaultEmitOptions(devices.MAX78000));
    expect(files.get("Makefile")).toContain("PROJECT ?= _my_net_\n");
  });
});
