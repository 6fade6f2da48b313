import type { DeviceSpec, RegisterBank } from "./device.ts";
import type { RegisterSpec } from "./register.ts";

/** First byte of a quadrant's registers. Quadrants count from 0. */
export const quadrantAddress = (device: DeviceSpec, quadrant: number): number =>
  device.memoryMap.apbBase + device.memoryMap.quadrantRegisters + quadrant * device.memoryMap.quadrantStride;

export const quadrantOf = (device: DeviceSpec, processor: number): number =>
  Math.floor(processor / device.processorsPerQuadrant);

/** Byte address of a byte offset in the data memory instance that serves a processor (0..63). */
export function dataAddress(device: DeviceSpec, processor: number, byteOffset: number): number {
  const instance = Math.floor((processor % device.processorsPerQuadrant) / device.processorsPerDataInstance);
  return (
    quadrantAddress(device, quadrantOf(device, processor)) +
    device.memoryMap.dataMemory +
    instance * device.memoryMap.dataInstanceStride +
    byteOffset
  );
}

/** Byte address of a 72-bit weight word (16 bytes of address space each) of a processor. */
export const weightAddress = (device: DeviceSpec, processor: number, column: number): number =>
  weightWindow(device, processor) + column * 16;

/** First byte of a processor's weight memory. */
export const weightWindow = (device: DeviceSpec, processor: number): number =>
  quadrantAddress(device, quadrantOf(device, processor)) +
  device.memoryMap.weightMemory +
  (processor % device.processorsPerQuadrant) * device.memoryMap.weightProcessorStride;

/** Byte address of a bias byte, which occupies one 32-bit word. */
export const biasAddress = (device: DeviceSpec, quadrant: number, index: number): number =>
  quadrantAddress(device, quadrant) + device.memoryMap.biasMemory + index * 4;

/**
 * Byte address of a register. `quadrant` is ignored for the registers all quadrants share,
 * `layer` (hardware layer, or slot of a stream register) for those that are not per layer.
 */
export function registerAddress(device: DeviceSpec, register: RegisterSpec, quadrant: number, layer: number): number {
  const map = device.memoryMap;
  switch (register.scope) {
    case "quadrant":
      return quadrantAddress(device, quadrant) + register.index * 4;
    case "layer":
      return quadrantAddress(device, quadrant) + bankOffset(map.layerRegisters, register.index, layer);
    case "stream":
      return quadrantAddress(device, quadrant) + bankOffset(map.streamRegisters, register.index, layer);
    case "global":
      return map.apbBase + register.index * 4;
    case "fifo":
      return map.fastFifo + register.index * 4;
  }
}

const bankOffset = (bank: RegisterBank, index: number, layer: number): number =>
  bank.base + index * bank.perRegister + layer * bank.perLayer;
