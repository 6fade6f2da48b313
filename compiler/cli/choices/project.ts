import type { PortPin } from "../../../targets/emit/options.ts";
import { UsageError } from "../options.ts";
import { change, exactIntegers, field, flag, integer, words, type ChoiceOption } from "./choice.ts";

const project = { group: "project" } as const;
const files = { group: "file names" } as const;
const checks = { group: "checks in the project" } as const;
const clocks = { group: "clocks and power" } as const;
const riscv = { group: "RISC-V" } as const;
const sample = { group: "sample input" } as const;
const eclipse = { group: "Eclipse" } as const;

const text = (given: string): string => given;

/** Options of the generated C project. Names users of the vendor's tools know are kept. */
export const projectChoices: readonly ChoiceOption[] = [
  field("prefix", { ...project, value: "NAME", help: "name of the project" }, "emit", "projectName", text),
  { ...project, at: ["build"], name: "test-dir", value: "DIR", help: "write into DIR/NAME", apply: () => {} },
  field(
    "board",
    { ...project, aliases: ["board-name"], value: "NAME", help: "board: EvKit_V1 (default), FTHR_RevA, or your own" },
    "emit",
    "board",
    text,
  ),
  flag("softmax", { ...project, help: "softmax of the last output in main()" }, "emit", "softmax"),
  field(
    "timer",
    { ...project, negatable: true, value: "N", help: "measure the inference with hardware timer N" },
    "emit",
    "timer",
    integer(),
    null,
  ),
  flag("energy", { ...project, help: "loops for a power monitor" }, "emit", "energy"),
  flag("forever", { ...project, help: "repeat the inference forever" }, "emit", "forever"),
  flag("stop-start", { ...project, help: "stop and continue once during the inference" }, "emit", "stopStart"),
  flag("wfi", { ...project, negatable: true, help: "sleep while waiting (default), or spin" }, "emit", "wfi"),
  field(
    "debugwait",
    { ...project, value: "SECONDS", help: "wait first, for a debugger (default 2)" },
    "emit",
    "debugWait",
    integer(),
  ),
  flag("unload", { ...project, negatable: true, help: "cnn_unload() (default)" }, "emit", "unload"),
  flag(
    "scale-output",
    { ...project, negatable: true, help: "cnn_unload() scales the results (default)" },
    "emit",
    "scaleOutput",
  ),
  flag("mlator", { ...project, help: "unload 8-bit results through the byte transposer" }, "emit", "mlator"),
  unroll("unroll-mlator", "words read from the transposer", "unrollMlator"),
  unroll("unroll-8bit", "8-bit pixels copied", "unrollNarrow"),
  unroll("unroll-wide", "32-bit pixels copied", "unrollWide"),
  flag("fifo-wait", { ...project, negatable: true, help: "wait for room in the FIFO (default)" }, "emit", "fifoWait"),
  macros("define", "macros for the C compiler", "defines"),
  macros("define-default-arm", "instead of the usual macros of the Arm core", "definesArm"),
  macros("define-default-riscv", "instead of the usual macros of the RISC-V core", "definesRiscv"),
  flag("kat", { ...checks, negatable: true, help: "known-answer test (default)" }, "emit", "kat"),
  field(
    "max-verify-length",
    { ...checks, aliases: ["max-checklines"], value: "WORDS", help: "compare at most so many words of it" },
    "emit",
    "maxVerifyLength",
    integer(1),
  ),
  flag("verify-kernels", { ...checks, help: "read the weights back after loading" }, "emit", "verifyWeights"),
  flag("verify-writes", { ...checks, help: "read registers back after writing" }, "emit", "verifyWrites"),
  field(
    "c-filename",
    { ...files, value: "NAME", help: "main program, without .c (default main)" },
    "emit",
    "mainFile",
    text,
  ),
  field(
    "api-filename",
    { ...files, value: "NAME", help: "functions of the network (default cnn.c); none: in the main program" },
    "emit",
    "apiFile",
    fileOrNone,
  ),
  field("weight-filename", { ...files, value: "NAME", help: "default weights.h" }, "emit", "weightsFile", text),
  field("sample-filename", { ...files, value: "NAME", help: "default sampledata.h" }, "emit", "sampleInputFile", text),
  field(
    "sample-output-filename",
    { ...files, value: "NAME", help: "default sampleoutput.h; none: in the main program" },
    "emit",
    "sampleOutputFile",
    fileOrNone,
  ),
  field(
    "boost",
    { ...clocks, value: "PORT.PIN", help: "hold this pin high during inference" },
    "emit",
    "boost",
    portPin,
  ),
  field(
    "switch-delay",
    { ...clocks, value: "MS", help: "wait after powering up the accelerator" },
    "emit",
    "switchDelay",
    integer(),
  ),
  flag(
    "max-speed",
    { ...clocks, opposites: ["balance-speed"], help: "full clock also while loading (PLL)" },
    "emit",
    "maxSpeed",
  ),
  field(
    "clock-divider",
    { ...clocks, value: "N", choices: ["1", "2", "4", "8", "16"], help: "divider of the accelerator clock" },
    "emit",
    "clockDivider",
    Number,
  ),
  field(
    "clock-trim",
    { ...clocks, value: "A,B,C", help: "oscillator trims; 0 keeps the factory value" },
    "emit",
    "clockTrim",
    (given, name) => exactIntegers(given, name, 3) as [number, number, number],
  ),
  change("riscv", { ...riscv, help: "run the network from the RISC-V core" }, "emit", { riscv: true }),
  change("riscv-debug", { ...riscv, help: "initialize its debug port" }, "emit", { riscv: true, riscvDebug: true }),
  change("riscv-exclusive", { ...riscv, help: "reserve SRAM for it" }, "emit", { riscv: true, riscvExclusive: true }),
  change("deepsleep", { ...riscv, help: "let the Arm core sleep deeply meanwhile" }, "emit", { deepsleep: true }),
  field(
    "eclipse-includes",
    { ...eclipse, value: "TEXT", help: "more folders of headers, or listOptionValue elements" },
    "emit",
    "eclipseIncludes",
    text,
  ),
  field(
    "eclipse-variables",
    { ...eclipse, value: '"A=1 B=2"', help: "variables of the project's builds" },
    "emit",
    "eclipseVariables",
    words,
  ),
  field(
    "eclipse-openocd-args",
    { ...eclipse, value: "TEXT", help: "arguments of OpenOCD (default: CMSIS-DAP and the part)" },
    "emit",
    "eclipseOpenOcd",
    text,
  ),
  flag(
    "fixed-input",
    { ...sample, help: "alternating bytes 0x55 and 0xaa instead of the sample" },
    "sample",
    "alternate",
  ),
  field(
    "synthesize-input",
    { ...sample, value: "N", help: "repeat the first pixels, raised by N each time (FIFO, HWC)" },
    "sample",
    "step",
    integer(),
  ),
  field(
    "synthesize-words",
    { ...sample, value: "N", help: "so many pixels are repeated (default 8)" },
    "sample",
    "words",
    integer(1),
  ),
];

function unroll(name: string, what: string, key: "unrollMlator" | "unrollNarrow" | "unrollWide"): ChoiceOption {
  return field(name, { ...project, value: "N", help: `${what} per round of a loop` }, "emit", key, integer(1));
}

function macros(name: string, help: string, key: "defines" | "definesArm" | "definesRiscv"): ChoiceOption {
  return field(name, { ...project, value: '"A B=1"', help }, "emit", key, words);
}

function fileOrNone(given: string): string | null {
  return given.toLowerCase() === "none" ? null : given;
}

function portPin(given: string): PortPin {
  const match = /^(\d+)\.(\d+)$/.exec(given);
  if (match === null) throw new UsageError(`--boost takes PORT.PIN, for instance 2.5, not ${given}`);
  return { port: Number(match[1]), pin: Number(match[2]) };
}
