import type { DeviceSpec } from "./device.ts";

/** First byte of a quadrant's registers. Quadrants count from 0. */
export const quadrantAddress = (device: DeviceSpec, quadrant: number): number =>
  device.memoryMap.apbBase + device.memoryMap.quadrantRegisters + quadrant * device.memoryMap.quadrantStride;

const quadrantOf = (device: DeviceSpec, processor: number): number =>
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
