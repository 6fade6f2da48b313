import type { DeviceSpec } from "../accelerator/device.ts";
import type { Program } from "../accelerator/program.ts";
import type { EmitDiagnostic, EmitOptions } from "./options.ts";

/** Clock of the accelerator while loading and while computing. Dividers are of `baseMHz`. */
export interface ClockPlan {
  readonly source: "IPLL" | "PCLK";
  readonly baseMHz: number;
  readonly loadDivider: number;
  readonly inferenceDivider: number;
}

/** Loading from the PLL runs at a quarter of its clock: the bus to the memories is slower than the engine. */
const loadDividerOfPll = 4;

export function clockPlan(program: Program, device: DeviceSpec, options: EmitOptions): ClockPlan {
  const { pll, pipeline } = program.settings;
  const baseMHz = pll ? (device.clock.pllMHz ?? device.clock.apbMHz) : device.clock.apbMHz;
  const inferenceDivider = options.clockDivider ?? (pipeline ? 1 : dividerBelow(baseMHz, limitMHz(device)));
  const loadDivider = pll && !options.maxSpeed ? loadDividerOfPll : inferenceDivider;
  return { source: pll ? "IPLL" : "PCLK", baseMHz, loadDivider, inferenceDivider };
}

const limitMHz = (device: DeviceSpec): number => device.clock.maxWithoutPipelineMHz;

/** Smallest power of two that brings the clock down to the limit. */
const dividerBelow = (clockMHz: number, limit: number): number =>
  clockMHz <= limit ? 1 : 2 * dividerBelow(clockMHz / 2, limit);

/** A clock divider that is too small for a device without pipeline. */
export function checkClock(program: Program, device: DeviceSpec, options: EmitOptions): EmitDiagnostic[] {
  const { baseMHz, inferenceDivider } = clockPlan(program, device, options);
  const needed = dividerBelow(baseMHz, limitMHz(device));
  if (program.settings.pipeline || inferenceDivider >= needed) return [];
  return [
    {
      code: "AI5010",
      severity: "error",
      message:
        `--clock-divider ${inferenceDivider} (clockDivider) runs the accelerator at ${baseMHz / inferenceDivider} MHz; ` +
        `without pipeline ${limitMHz(device)} MHz is the limit`,
      hint: `use --clock-divider ${needed} or more`,
    },
  ];
}
