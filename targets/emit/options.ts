import type { DeviceSpec } from "../accelerator/device.ts";

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
  /** Unload 8-bit outputs through the hardware byte transposer, where it can; see the diagnostic AI5007. */
  readonly mlator: boolean;
  /** Reads per round of the copying loops in cnn_unload(), by kind of output; null leaves it to the C compiler. */
  readonly unrollMlator: number | null;
  readonly unrollNarrow: number | null;
  readonly unrollWide: number | null;
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
  /** Folders of headers for Eclipse beside those of the SDK, or elements of its project file as text. */
  readonly eclipseIncludes: string;
  /** Variables of the Eclipse project, `NAME=VALUE`. */
  readonly eclipseVariables: readonly string[];
  /** Arguments of OpenOCD when Eclipse debugs; null: a CMSIS-DAP probe and the part. */
  readonly eclipseOpenOcd: string | null;
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
  unrollMlator: null,
  unrollNarrow: null,
  unrollWide: null,
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
  eclipseIncludes: "",
  eclipseVariables: [],
  eclipseOpenOcd: null,
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
