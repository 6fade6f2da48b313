import type { DeviceSpec } from "../accelerator/device.ts";
import type { Program } from "../accelerator/program.ts";

/** A finding about the generated project; has the shape of a `Diagnostic` of the rooms above. */
export interface EmitDiagnostic {
  readonly code: string;
  readonly severity: "error" | "warning" | "notice";
  readonly message: string;
  readonly hint?: string;
}

/** One pin of a GPIO port. */
export interface PortPin {
  readonly port: number;
  readonly pin: number;
}

/** A sample whose words are those `words` before them plus `step`; a project stores only the first ones. */
export interface RepeatedInput {
  readonly step: number;
  readonly words: number;
}

/** What the generated project does around the program. See `defaultEmitOptions` for the defaults. */
export interface EmitOptions {
  /** Project name: names the output file and appears in comments. Null: the program's name. */
  readonly projectName: string | null;
  /** Board support package of the SDK. */
  readonly board: string;
  /** Base-2 softmax of the last output in main(). */
  readonly softmax: boolean;
  /** Hardware timer that measures the inference, or null. */
  readonly timer: number | null;
  /** Pin that is high during inference (for instance a boost regulator), or null. */
  readonly boost: PortPin | null;
  /** Sleep while waiting for the accelerator; false spins. */
  readonly wfi: boolean;
  /** Loops for a power monitor instead of a single inference. Excludes `timer`. */
  readonly energy: boolean;
  /** Generate and call cnn_unload(). `softmax` needs it and turns it on. */
  readonly unload: boolean;
  /** Known-answer test: sampleoutput.h and check_output(). */
  readonly kat: boolean;
  /** Words the known-answer test compares at most, or null for all. */
  readonly maxVerifyLength: number | null;
  /** Apply the final scale of trained outputs in cnn_unload(). */
  readonly scaleOutput: boolean;
  /** Read the weights back after loading. */
  readonly verifyWeights: boolean;
  /** Read every configuration register back after writing it. */
  readonly verifyWrites: boolean;
  /** Unload 8-bit outputs through the hardware byte transposer. Not generated; see the diagnostic AI5007. */
  readonly mlator: boolean;
  /** Repeat the inference forever instead of shutting down. */
  readonly forever: boolean;
  /** Stop and continue the accelerator once during the inference. */
  readonly stopStart: boolean;
  /** Wait for room in the input FIFO before each word. */
  readonly fifoWait: boolean;
  /** Seconds to wait before anything else, so that a debugger can attach; 0 for none. */
  readonly debugWait: number;
  /** Milliseconds between power-up and the end of isolation. */
  readonly switchDelay: number;
  /** Divider of the accelerator clock: 1, 2, 4, 8 or 16; null chooses the fastest allowed. */
  readonly clockDivider: number | null;
  /** Keep the accelerator at full clock also while loading (devices with a PLL). */
  readonly maxSpeed: boolean;
  /** Oscillator trims [low-power, primary coarse and fine]; 0 keeps the factory value. */
  readonly clockTrim: readonly [number, number, number] | null;
  /** Run the program on the RISC-V core; the Arm core only starts it and sleeps. */
  readonly riscv: boolean;
  /** Initialize the RISC-V debug port. */
  readonly riscvDebug: boolean;
  /** Reserve half of the SRAM for the RISC-V core. */
  readonly riscvExclusive: boolean;
  /** Let the Arm core enter low-power mode while the RISC-V core works. */
  readonly deepsleep: boolean;
  /** Extra preprocessor macros, `NAME` or `NAME=VALUE`. */
  readonly defines: readonly string[];
  readonly definesArm: readonly string[];
  readonly definesRiscv: readonly string[];
  /** Stem of the main C file. */
  readonly mainFile: string;
  /** Name of the C file with the accelerator functions; null puts them into the main file. */
  readonly apiFile: string | null;
  readonly weightsFile: string;
  readonly sampleInputFile: string;
  /** Name of the file with the known answer; null puts it into the main file. */
  readonly sampleOutputFile: string | null;
  /** Feed the first words of the sample again and again; null feeds the sample as it is. */
  readonly repeatedInput: RepeatedInput | null;
}

/** Every default in one place; `switchDelay` is the device's. */
export const defaultEmitOptions = (device: DeviceSpec): EmitOptions => ({
  projectName: null,
  board: "EvKit_V1",
  softmax: false,
  timer: null,
  boost: null,
  wfi: true,
  energy: false,
  unload: true,
  kat: true,
  maxVerifyLength: null,
  scaleOutput: true,
  verifyWeights: false,
  verifyWrites: false,
  mlator: false,
  forever: false,
  stopStart: false,
  fifoWait: true,
  debugWait: 2,
  switchDelay: device.clock.switchDelayMs,
  clockDivider: null,
  maxSpeed: false,
  clockTrim: null,
  riscv: false,
  riscvDebug: false,
  riscvExclusive: false,
  deepsleep: false,
  defines: [],
  definesArm: ["MXC_ASSERT_ENABLE", "ARM_MATH_CM4"],
  definesRiscv: ["MXC_ASSERT_ENABLE", "RV32"],
  mainFile: "main",
  apiFile: "cnn.c",
  weightsFile: "weights.h",
  sampleInputFile: "sampledata.h",
  sampleOutputFile: "sampleoutput.h",
  repeatedInput: null,
});

const clockDividers = [1, 2, 4, 8, 16];
/** Timers of both parts (0 to 3 general purpose, 4 and 5 low power). */
const lastTimer = 5;
const lastPort = 3;
const lastPin = 31;
/** Widths of the three trim values. */
const lastTrim = [0xffff, 0x1ff, 0xffffffff];
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

const inRange = (value: number, last: number): boolean => Number.isInteger(value) && value >= 0 && value <= last;

function checkNumbers(options: EmitOptions): EmitDiagnostic[] {
  const found: EmitDiagnostic[] = [];
  const check = (name: string, value: number | null, last: number): void => {
    if (value !== null && !inRange(value, last)) {
      found.push(error("AI5001", `${name} is ${value}; allowed are whole numbers from 0 to ${last}`));
    }
  };
  check("timer", options.timer, lastTimer);
  check("boost port", options.boost?.port ?? null, lastPort);
  check("boost pin", options.boost?.pin ?? null, lastPin);
  check("debugWait", options.debugWait, longestDelay);
  check("switchDelay", options.switchDelay, longestDelay);
  check("maxVerifyLength", options.maxVerifyLength, 0xffffffff);
  for (const [i, trim] of (options.clockTrim ?? []).entries()) check(`clockTrim ${i + 1}`, trim, lastTrim[i] ?? 0);
  if (options.clockDivider !== null && !clockDividers.includes(options.clockDivider)) {
    found.push(error("AI5001", `clockDivider is ${options.clockDivider}; allowed are ${clockDividers.join(", ")}`));
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
  for (const define of [...options.defines, ...options.definesArm, ...options.definesRiscv]) {
    if (!macro.test(define)) found.push(error("AI5003", `"${define}" is not NAME or NAME=VALUE`));
  }
  return found;
}

function checkCombinations(program: Program, device: DeviceSpec, options: EmitOptions): EmitDiagnostic[] {
  const { settings } = program;
  const found: EmitDiagnostic[] = [];
  const refuse = (when: boolean, message: string, hint: string): void => {
    if (when) found.push(error("AI5004", message, hint));
  };
  refuse(options.deepsleep && !options.riscv, "deep sleep of the Arm core needs a RISC-V project", "add riscv");
  refuse(
    (options.riscvDebug || options.riscvExclusive) && !options.riscv,
    "riscvDebug and riscvExclusive need a RISC-V project",
    "add riscv",
  );
  refuse(
    settings.fifo.startsWith("fast") && !options.riscv,
    "only the RISC-V core reaches the fast FIFO",
    "add riscv, or use the standard FIFO",
  );
  refuse(
    options.maxSpeed && !settings.pll,
    device.capabilities.pll ? "maxSpeed needs the PLL" : `${device.name} has no PLL to run at maximum speed`,
    "drop maxSpeed",
  );
  refuse(
    options.maxSpeed && options.clockDivider !== null,
    "maxSpeed and clockDivider both choose the clock",
    "drop one",
  );
  refuse(settings.oneShot && options.timer !== null, "one-shot execution cannot be timed", "drop timer");
  refuse(settings.oneShot && options.energy, "one-shot execution cannot be measured in a loop", "drop energy");
  refuse(settings.oneShot && options.stopStart, "one-shot execution stops after every layer already", "drop stopStart");
  if (options.energy && options.timer !== null) {
    found.push({ code: "AI5005", severity: "warning", message: "energy measurement ignores the timer" });
  }
  if (options.kat && program.knownAnswer === null) {
    found.push({
      code: "AI5006",
      severity: "notice",
      message: "the program has no sample input; the project has no known-answer test",
      hint: "give a sample input",
    });
  }
  if (options.kat && program.knownAnswer !== null && options.energy && settings.rolling === true) {
    found.push({
      code: "AI5006",
      severity: "notice",
      message: "measuring energy repeats the inference, and a rolling buffer changes its result: no known-answer test",
      hint: "build once without energy to test the known answer",
    });
  }
  if (options.mlator) {
    found.push({
      code: "AI5007",
      severity: "notice",
      message: "mlator has no effect: cnn_unload() reads words, which leaves the configuration intact",
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
      error("AI5008", `softmax over ${values} values; at most ${largestSoftmax} are possible`, "drop softmax"),
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
