import type { DeviceName } from "../accelerator/device.ts";

/** Facts about the microcontrollers and boards around the accelerator that generated projects need. */

export interface PartFacts {
  /** First byte behind the flash memory. */
  readonly flashEnd: number;
}

export const parts: Readonly<Record<DeviceName, PartFacts>> = {
  MAX78000: { flashEnd: 0x10080000 },
  MAX78002: { flashEnd: 0x10280000 },
};

/** Pins that start and stop a board's power monitor. */
export interface PowerTriggers {
  readonly port: number;
  readonly systemPin: number;
  readonly networkPin: number;
}

/** Parts whose evaluation kits have a power monitor with trigger inputs; the others use their LEDs. */
export const powerTriggers: Readonly<Partial<Record<DeviceName, PowerTriggers>>> = {
  MAX78002: { port: 1, systemPin: 6, networkPin: 7 },
};
