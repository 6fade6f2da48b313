import type { EmitOptions } from "../../targets/emit/options.ts";
import type { NetworkOptions } from "../ir/network.ts";
import type { ProgramOptions } from "../options.ts";
import { integerOption, UsageError, type Invocation, type OptionSpec } from "./options.ts";

/** What the options of a build change, beside the defaults. */
export interface ProjectChoices {
  network: Partial<NetworkOptions>;
  program: Partial<ProgramOptions>;
  emit: Partial<EmitOptions>;
}

type Apply = (choices: ProjectChoices, options: Invocation["options"]) => void;
type Entry = OptionSpec & { readonly apply: Apply };

const emitSwitch = (name: string, help: string, change: Partial<EmitOptions>): Entry => ({
  name,
  help,
  apply: (choices) => Object.assign(choices.emit, change),
});

const programSwitch = (name: string, help: string, change: Partial<ProgramOptions>): Entry => ({
  name,
  help,
  apply: (choices) => Object.assign(choices.program, change),
});

const fifoSwitch = (
  name: string,
  help: string,
  fifo: NetworkOptions["fifo"],
  emit: Partial<EmitOptions> = {},
): Entry => ({
  name,
  help,
  apply: (choices) => {
    choices.network = { ...choices.network, fifo };
    Object.assign(choices.emit, emit);
  },
});

/** Options of the generated project. Names users of the vendor's tools know are kept. */
const entries: readonly Entry[] = [
  emitSwitch("softmax", "compute a softmax of the last output in main()", { softmax: true }),
  {
    name: "timer",
    value: "N",
    help: "measure the inference with hardware timer N",
    apply: (choices, options) => Object.assign(choices.emit, { timer: integerOption(options, "timer") ?? null }),
  },
  {
    name: "board",
    value: "NAME",
    help: "board of the SDK: EvKit_V1 (default), FTHR_RevA, or your own",
    apply: (choices, options) => Object.assign(choices.emit, { board: options["board"] }),
  },
  {
    name: "boost",
    value: "PORT.PIN",
    help: "hold this pin high during inference",
    apply: (choices, options) => Object.assign(choices.emit, { boost: portPin(String(options["boost"])) }),
  },
  {
    name: "wfi",
    negatable: true,
    help: "sleep while waiting for the accelerator (default), or spin",
    apply: (choices, options) => Object.assign(choices.emit, { wfi: options["wfi"] }),
  },
  {
    name: "mexpress",
    negatable: true,
    help: "load weights packed (default), or four bus writes per weight word",
    apply: (choices, options) => Object.assign(choices.program, { mexpress: options["mexpress"] }),
  },
  {
    name: "compact-weights",
    help: "accepted for existing scripts: weights are stored packed in any case",
    apply: () => {},
  },
  {
    name: "debugwait",
    value: "SECONDS",
    help: "wait before anything else, for a debugger (default 2)",
    apply: (choices, options) => Object.assign(choices.emit, { debugWait: integerOption(options, "debugwait") }),
  },
  emitSwitch("energy", "loops for a power monitor", { energy: true }),
  emitSwitch("forever", "repeat the inference forever", { forever: true }),
  emitSwitch("no-kat", "no known-answer test", { kat: false }),
  emitSwitch("no-unload", "no cnn_unload()", { unload: false }),
  emitSwitch("no-scale-output", "leave outputs unscaled in cnn_unload()", { scaleOutput: false }),
  emitSwitch("verify-kernels", "read the weights back after loading", { verifyWeights: true }),
  emitSwitch("verify-writes", "read registers back after writing", { verifyWrites: true }),
  emitSwitch("riscv", "run the accelerator from the RISC-V core", { riscv: true }),
  emitSwitch("riscv-debug", "initialize the RISC-V debug port", { riscv: true, riscvDebug: true }),
  emitSwitch("riscv-exclusive", "reserve SRAM for the RISC-V core", { riscv: true, riscvExclusive: true }),
  emitSwitch("deepsleep", "let the Arm core sleep deeply meanwhile", { deepsleep: true }),
  {
    name: "avg-pool-rounding",
    help: "average pooling rounds instead of truncating",
    apply: (choices) => {
      choices.network = { ...choices.network, averagePoolRounding: true };
    },
  },
  fifoSwitch("fifo", "feed the input through the FIFOs", "standard"),
  fifoSwitch("fast-fifo", "feed the input through the fast FIFO (RISC-V)", "fast"),
  fifoSwitch("fast-fifo-quad", "fast FIFO into all quadrants (RISC-V)", "fast-quad"),
  emitSwitch("no-fifo-wait", "do not wait for room in the FIFO", { fifoWait: false }),
  programSwitch("zero-sram", "test and clear all memories first", { zeroSram: true }),
  programSwitch("powerdown", "power down weight memory of unused quadrants", { powerdown: true }),
  programSwitch("write-zero-registers", "write registers that are zero, too", { writeZeroRegisters: true }),
  emitSwitch("max-speed", "full clock also while loading (PLL)", { maxSpeed: true }),
  {
    name: "pipeline",
    negatable: true,
    help: "run with the pipeline, where the device has one",
    apply: (choices, options) => Object.assign(choices.program, { pipeline: options["pipeline"] }),
  },
  {
    name: "pll",
    negatable: true,
    help: "clock from the PLL, where the device has one",
    apply: (choices, options) => Object.assign(choices.program, { pll: options["pll"] }),
  },
  {
    name: "clock-divider",
    value: "N",
    choices: ["1", "2", "4", "8", "16"],
    help: "divider of the accelerator clock",
    apply: (choices, options) => Object.assign(choices.emit, { clockDivider: Number(options["clock-divider"]) }),
  },
  {
    name: "max-verify-length",
    value: "WORDS",
    help: "compare at most this many words of the known answer",
    apply: (choices, options) =>
      Object.assign(choices.emit, { maxVerifyLength: integerOption(options, "max-verify-length", 1) }),
  },
  {
    name: "prefix",
    value: "NAME",
    help: "name of the generated project",
    apply: (choices, options) => Object.assign(choices.emit, { projectName: options["prefix"] }),
  },
];

export const projectOptionSpecs: readonly OptionSpec[] = entries;

/** Collects what the given options change. */
export function projectChoices(options: Invocation["options"]): ProjectChoices {
  const choices: ProjectChoices = { network: {}, program: {}, emit: {} };
  for (const entry of entries) {
    if (options[entry.name] !== undefined) entry.apply(choices, options);
  }
  return choices;
}

function portPin(text: string): { port: number; pin: number } {
  const match = /^(\d+)\.(\d+)$/.exec(text);
  if (match === null) throw new UsageError(`--boost takes PORT.PIN, for instance 2.5, not ${text}`);
  return { port: Number(match[1]), pin: Number(match[2]) };
}
