import type { DeviceSpec } from "../accelerator/device.ts";
import type { Program } from "../accelerator/program.ts";
import type { EmitDiagnostic, EmitOptions } from "./options.ts";

/** Options whose names on the command line are not the property's with two dashes. */
const flags = {
  timer: "--timer",
  boost: "--boost",
  debugWait: "--debugwait",
  switchDelay: "--switch-delay",
  maxVerifyLength: "--max-verify-length",
  clockTrim: "--clock-trim",
  clockDivider: "--clock-divider",
  unrollMlator: "--unroll-mlator",
  unrollNarrow: "--unroll-8bit",
  unrollWide: "--unroll-wide",
} as const satisfies Partial<Record<keyof EmitOptions, string>>;

/** Both spellings of an option, where they differ. */
function spelled(option: keyof typeof flags): string {
  return flags[option] === `--${option}` ? flags[option] : `${flags[option]} (${option})`;
}

const clockDividers = [1, 2, 4, 8, 16];
/** Timers of both parts (0 to 3 general purpose, 4 and 5 low power). */
const lastTimer = 5;
const lastPort = 3;
const lastPin = 31;
/** Widths of the three trim values. */
const lastTrim = [0xffff, 0x1ff, 0xffffffff];
/** Longer loop bodies would only fill the flash memory. */
const largestUnroll = 256;
/** Both delays become arguments of 32-bit microsecond delays. */
const longestDelay = 1000;

const fileName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const macro = /^[A-Za-z_][A-Za-z0-9_]*(=[A-Za-z0-9_.+-]*)?$/;

/** Everything wrong with the options, or with their combination with this program. */
export function checkEmitOptions(program: Program, device: DeviceSpec, options: EmitOptions): EmitDiagnostic[] {
  return [
    ...checkNumbers(options),
    ...checkNames(options),
    ...checkCombinations(program, device, options),
    ...checkSoftmax(program, options),
    ...checkRepeatedInput(program, options),
  ];
}

const error = (code: string, message: string, hint?: string): EmitDiagnostic =>
  hint === undefined ? { code, severity: "error", message } : { code, severity: "error", message, hint };

const inRange = (value: number, first: number, last: number): boolean =>
  Number.isInteger(value) && value >= first && value <= last;

function checkNumbers(options: EmitOptions): EmitDiagnostic[] {
  const found: EmitDiagnostic[] = [];
  const check = (name: string, value: number | null, last: number, first = 0): void => {
    if (value !== null && !inRange(value, first, last)) {
      found.push(error("AI5001", `${name} is ${value}; allowed are whole numbers from ${first} to ${last}`));
    }
  };
  check(spelled("timer"), options.timer, lastTimer);
  check(`the port of ${spelled("boost")}`, options.boost?.port ?? null, lastPort);
  check(`the pin of ${spelled("boost")}`, options.boost?.pin ?? null, lastPin);
  check(spelled("debugWait"), options.debugWait, longestDelay);
  check(spelled("switchDelay"), options.switchDelay, longestDelay);
  check(spelled("maxVerifyLength"), options.maxVerifyLength, 0xffffffff);
  for (const [i, trim] of (options.clockTrim ?? []).entries()) {
    check(`number ${i + 1} of ${spelled("clockTrim")}`, trim, lastTrim[i] ?? 0);
  }
  for (const name of ["unrollMlator", "unrollNarrow", "unrollWide"] as const) {
    check(spelled(name), options[name], largestUnroll, 1);
  }
  if (options.clockDivider !== null && !clockDividers.includes(options.clockDivider)) {
    const message = `${spelled("clockDivider")} is ${options.clockDivider}; allowed are ${clockDividers.join(", ")}`;
    found.push(error("AI5001", message));
  }
  return found;
}

function checkNames(options: EmitOptions): EmitDiagnostic[] {
  const found: EmitDiagnostic[] = [];
  const { apiFile, weightsFile, sampleInputFile, sampleOutputFile } = options;
  const names = [apiFile, weightsFile, sampleInputFile, sampleOutputFile].filter((name) => name !== null);
  const all = [`${options.mainFile}.c`, `${options.mainFile}_riscv.c`, "cnn.h", "softmax.c", ...names];
  for (const name of [...all, options.board, ...(options.projectName === null ? [] : [options.projectName])]) {
    if (!fileName.test(name)) {
      found.push(error("AI5002", `"${name}" cannot be used as a file name`, "use letters, digits, _, - and ."));
    }
  }
  if (apiFile?.endsWith(".c") === false) {
    found.push(error("AI5002", `the API file "${apiFile}" must end in .c, or the makefile does not find it`));
  }
  for (const name of new Set(all.filter((one, index) => all.indexOf(one) !== index))) {
    found.push(error("AI5002", `two generated files would be named "${name}"`, "choose different file names"));
  }
  for (const [flag, defines] of [
    ["--define", options.defines],
    ["--define-default-arm", options.definesArm],
    ["--define-default-riscv", options.definesRiscv],
  ] as const) {
    for (const define of defines.filter((one) => !macro.test(one))) {
      found.push(error("AI5003", `${flag} "${define}" is not NAME or NAME=VALUE`));
    }
  }
  return found;
}

function checkCombinations(program: Program, device: DeviceSpec, options: EmitOptions): EmitDiagnostic[] {
  const { settings } = program;
  const found: EmitDiagnostic[] = [];
  const refuse = (when: boolean, message: string, hint: string): void => {
    if (when) found.push(error("AI5004", message, hint));
  };
  refuse(options.deepsleep && !options.riscv, "deep sleep of the Arm core needs a RISC-V project", "add --riscv");
  refuse(
    (options.riscvDebug || options.riscvExclusive) && !options.riscv,
    "--riscv-debug (riscvDebug) and --riscv-exclusive (riscvExclusive) need a RISC-V project",
    "add --riscv",
  );
  refuse(
    settings.fifo.startsWith("fast") && !options.riscv,
    "only the RISC-V core reaches the fast FIFO",
    "add --riscv, or use the standard FIFO",
  );
  refuse(
    options.maxSpeed && !settings.pll,
    device.capabilities.pll
      ? "--max-speed (maxSpeed) needs the PLL"
      : `${device.name} has no PLL to run at maximum speed`,
    "leave out --max-speed",
  );
  refuse(
    options.maxSpeed && options.clockDivider !== null,
    `--max-speed (maxSpeed) and ${spelled("clockDivider")} both choose the clock`,
    "leave one out",
  );
  refuse(settings.oneShot && options.timer !== null, "one-shot execution cannot be timed", "leave out --timer");
  refuse(settings.oneShot && options.energy, "one-shot execution cannot be measured in a loop", "leave out --energy");
  refuse(
    settings.oneShot && options.stopStart,
    "one-shot execution stops after every layer already",
    "leave out --stop-start",
  );
  if (options.energy && options.timer !== null) {
    found.push({ code: "AI5005", severity: "warning", message: "energy measurement ignores the timer" });
  }
  if (options.kat && program.knownAnswer === null) {
    found.push({
      code: "AI5006",
      severity: "notice",
      message: "the program has no sample input; the project has no known-answer test",
      hint: "give one with --sample",
    });
  }
  if (options.kat && program.knownAnswer !== null && options.energy && settings.rolling === true) {
    found.push({
      code: "AI5006",
      severity: "notice",
      message: "measuring energy repeats the inference, and a rolling buffer changes its result: no known-answer test",
      hint: "build once without --energy to test the known answer",
    });
  }
  return found;
}

/** What is repeated comes through one FIFO, and the sample must follow the rule. */
function checkRepeatedInput({ settings, input }: Program, { repeatedInput }: EmitOptions): EmitDiagnostic[] {
  if (repeatedInput === null || input.arrays.length === 0) return [];
  const [array] = input.arrays;
  const refused = (message: string): EmitDiagnostic[] => [
    error("AI5012", message, "feed at most four channels (HWC) through a FIFO, or the sample as it is"),
  ];
  if (settings.fifo === "none" || input.format !== "HWC" || input.arrays.length > 1 || array === undefined) {
    const way = settings.fifo === "none" ? "without a FIFO" : `through ${input.arrays.length} FIFOs (${input.format})`;
    return refused(`the input cannot be repeated: it arrives ${way}`);
  }
  const { step, words } = repeatedInput;
  const mask = inputMask(input.channels);
  const odd = array.words.findIndex(
    (word, i) => i >= words && word !== repeatedWord(array.words[i - words], step, mask),
  );
  return odd < 0 ? [] : refused(`word ${odd} of the sample is not the word ${words} before it plus ${step}`);
}

/** The bits of a FIFO word that a pixel of so many channels fills. */
export const inputMask = (channels: number): number => 2 ** (8 * channels) - 1;

const repeatedWord = (before: number | undefined, step: number, mask: number): number =>
  (((before ?? 0) + step) & mask) >>> 0;

const largestSoftmax = 0xffff;

function checkSoftmax(program: Program, options: EmitOptions): EmitDiagnostic[] {
  const output = program.outputs.at(-1);
  if (!options.softmax || output === undefined) return [];
  const { channels, height, width } = output.location;
  const values = channels * height * width;
  const found: EmitDiagnostic[] = [];
  if (values > largestSoftmax) {
    found.push(
      error("AI5008", `softmax over ${values} values; at most ${largestSoftmax} are possible`, "leave out --softmax"),
    );
  }
  if (height * width > 1) {
    const message = `softmax over all ${channels}x${height}x${width} values of ${output.name}, not per pixel`;
    found.push({ code: "AI5009", severity: "warning", message });
  }
  if (program.outputs.length > 1) {
    const message = `softmax is computed for the last of ${program.outputs.length} outputs, ${output.name}, only`;
    found.push({ code: "AI5009", severity: "notice", message });
  }
  return found;
}
