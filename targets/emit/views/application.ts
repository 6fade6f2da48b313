import { clockPlan } from "../clock.ts";
import type { EmitOptions } from "../options.ts";
import { inputDeclarations, inputLoader } from "../print/input.ts";
import { sampleOutputText } from "../print/known-answer.ts";
import { hex } from "../print/values.ts";
import { commonView, type Emission } from "./common.ts";

/** Sections that keep constants of the RISC-V program in flash memory. */
const riscvSection = '__attribute__((section(".rvflash_section")))';
const energyRuns = 100;

/** What the frame of the main program asks for. */
export function applicationView(emission: Emission): object {
  const { program, device, registers, options } = emission;
  const plan = clockPlan(program, device, options);
  return {
    ...commonView(emission),
    sampleInputFile: options.sampleInputFile,
    sampleOutputFile: options.kat ? options.sampleOutputFile : null,
    sampleOutputTable: options.kat && options.sampleOutputFile === null ? sampleOutputText(emission) : null,
    kat: options.kat,
    unload: options.unload,
    verifyWeights: options.verifyWeights,
    riscvDebug: options.riscvDebug,
    forever: options.forever,
    stopStart: options.stopStart,
    oneShotSteps: program.settings.oneShot ? program.settings.oneShotSteps : 0,
    inputDeclarations: inputDeclarations(program, options.riscv ? riscvSection : ""),
    inputLoader: inputLoader(program, device, registers, options),
    clock: { ...plan, switching: plan.loadDivider !== plan.inferenceDivider },
    wait: waitLines(options),
    systemStart: systemStart(emission),
    debugWait: options.debugWait,
    debugWaitUs: options.debugWait * 1_000_000,
    energyRuns,
    boost: options.boost,
    boostOff: options.boost !== null && !options.forever,
    disablePll: program.settings.pll,
  };
}

function waitLines(options: EmitOptions): string[] {
  if (!options.wfi) return [];
  if (options.riscv) return ["#ifdef __riscv", '    __asm volatile("wfi");', "#endif"];
  return [
    "#ifdef __arm__",
    '    __asm volatile("cpsid i" ::: "memory"); // An interrupt between check and sleep waits, and ends the sleep',
    "#endif",
    "    if (cnn_time == 0) {",
    "      MXC_LP_EnterSleepMode();",
    "    }",
    "#ifdef __arm__",
    '    __asm volatile("cpsie i" ::: "memory");',
    "#endif",
  ];
}

/** The first statements of the Arm core's main(). */
function systemStart({ program, device, options }: Emission): string[] {
  return [
    "  MXC_ICC_Enable(MXC_ICC0); // Instruction cache",
    ...(options.clockTrim === null ? [] : clockTrimLines(options.clockTrim)),
    `  MXC_SYS_Clock_Select(MXC_SYS_CLOCK_IPO); // ${device.clock.ipoMHz} MHz`,
    ...(program.settings.pll ? ["  MXC_GCR->ipll_ctrl |= MXC_F_GCR_IPLL_CTRL_EN; // Accelerator PLL"] : []),
    "  SystemCoreClockUpdate();",
  ];
}

const register = (address: number): string => `*(volatile uint32_t *)(uintptr_t) ${hex(address)}`;

/** Oscillator trim registers of the microcontroller (function control), unlocked by a test-mode bit. */
const trims = {
  unlock: 0x40000c00,
  lowPower: 0x40005420,
  primary: 0x40005440,
  primaryFine: 0x40006c04,
} as const;

function clockTrimLines([first, second, third]: readonly [number, number, number]): string[] {
  const field = (address: number, mask: number, value: number): string =>
    `  ${register(address)} = (${register(address)} & ~${hex(mask)}) | ${hex(value)};`;
  return [
    "",
    "  // Oscillator trims",
    `  ${register(trims.unlock)} = 1;`,
    ...(first === 0 ? [] : [field(trims.lowPower, 0xffff, first)]),
    ...(second === 0 ? [] : [field(trims.lowPower, 0x1ff << 22, second << 22)]),
    ...(third === 0
      ? []
      : [field(trims.primary, 0x1ff << 15, 0xff << 15), `  ${register(trims.primaryFine)} = ${hex(third)};`]),
    `  ${register(trims.unlock)} = 0;`,
    "",
  ];
}

/** What the frame of the Arm side of a RISC-V project asks for. */
export const launcherView = (emission: Emission): object => ({
  ...commonView(emission),
  systemStart: systemStart(emission),
  riscvExclusive: emission.options.riscvExclusive,
  debugWait: emission.options.debugWait,
  debugWaitUs: emission.options.debugWait * 1_000_000,
  deepsleep: emission.options.deepsleep,
  sleep: emission.options.deepsleep ? "MXC_LP_EnterLowPowerMode();" : "MXC_LP_EnterSleepMode();",
});
