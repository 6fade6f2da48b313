import type { DeviceSpec } from "../../targets/index.ts";

/** What answers at a bus address, apart from registers. */
export type BusTarget =
  | { readonly kind: "data"; readonly instance: number; readonly byte: number }
  | { readonly kind: "weights"; readonly processor: number; readonly byte: number }
  | { readonly kind: "bias"; readonly quadrant: number; readonly index: number }
  | { readonly kind: "tram" };

/** Finds the memory behind an absolute byte address; null when it is no memory of this device. */
export function memoryAt(device: DeviceSpec, address: number): BusTarget | null {
  const map = device.memoryMap;
  const relative = address - map.apbBase - map.quadrantRegisters;
  const quadrant = Math.floor(relative / map.quadrantStride);
  if (quadrant < 0 || quadrant >= device.quadrants) return null;
  const offset = relative - quadrant * map.quadrantStride;
  const perQuadrant = device.processorsPerQuadrant;

  const data = inBank(offset, map.dataMemory, map.dataInstanceStride, perQuadrant / device.processorsPerDataInstance);
  if (data !== null) {
    const instance = (quadrant * perQuadrant) / device.processorsPerDataInstance + data.member;
    return data.byte < device.dataMemory.instanceBytes ? { kind: "data", instance, byte: data.byte } : null;
  }
  const weights = inBank(offset, map.weightMemory, map.weightProcessorStride, perQuadrant);
  if (weights !== null) {
    return { kind: "weights", processor: quadrant * perQuadrant + weights.member, byte: weights.byte };
  }
  if (inBank(offset, map.tram, map.tramProcessorStride, perQuadrant) !== null) return { kind: "tram" };
  const bias = inBank(offset, map.biasMemory, 4, device.biasMemory.bytesPerQuadrant);
  return bias === null ? null : { kind: "bias", quadrant, index: bias.member };
}

interface BankHit {
  readonly member: number;
  readonly byte: number;
}

function inBank(offset: number, base: number, stride: number, members: number): BankHit | null {
  const member = Math.floor((offset - base) / stride);
  return member < 0 || member >= members ? null : { member, byte: offset - base - member * stride };
}
