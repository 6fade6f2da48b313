/** What the chips are: device records, register tables, addresses, and the Program type. */
import type { DeviceName, DeviceSpec } from "./accelerator/device.ts";
import type { RegisterSpec } from "./accelerator/register.ts";
import { max78000 } from "./max78000/device.ts";
import { max78000Registers } from "./max78000/registers.ts";
import { max78002 } from "./max78002/device.ts";
import { max78002Registers } from "./max78002/registers.ts";

export const devices = { MAX78000: max78000, MAX78002: max78002 } as const satisfies Record<DeviceName, DeviceSpec>;

export const registerTables: Record<DeviceName, Readonly<Record<string, RegisterSpec>>> = {
  MAX78000: max78000Registers,
  MAX78002: max78002Registers,
};

/** Finds a device by any of its names, ignoring case; undefined when there is none. */
export const deviceByName = (name: string): DeviceSpec | undefined =>
  Object.values<DeviceSpec>(devices).find((device) => device.aliases.includes(name.toUpperCase()));

export type { Capabilities, DeviceName, DeviceSpec, LayerLimits, MemoryMap } from "./accelerator/device.ts";
export type { FieldSpec, RegisterSpec } from "./accelerator/register.ts";
export { decodeField, decodeRegister, describeRegister, encodeRegister } from "./accelerator/register.ts";
export { biasAddress, dataAddress, quadrantAddress, registerAddress, weightAddress } from "./accelerator/address.ts";
export type { SnoopField } from "./accelerator/snoop.ts";
export type * from "./accelerator/program.ts";
