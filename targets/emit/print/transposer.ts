import { dataAddress, quadrantOf, registerAddress } from "../../accelerator/address.ts";
import type { DeviceSpec } from "../../accelerator/device.ts";
import { encodeRegister, type RegisterSpec } from "../../accelerator/register.ts";
import type { OutputLayout, UnloadSegment } from "../layout.ts";
import { hex } from "./values.ts";

/**
 * The byte transposer of a quadrant: a port that reads four pixels of one channel at once. It borrows the write pointer
 * and its step from the quadrant's first layer, so that those registers must be put back.
 */

/** Pixels of one channel in each word that is read. */
const pixelsPerWord = 4;

/** Why an output cannot be read through the transposer, in words that follow its name; null: it can. */
export function notTransposed({ elementBits, output, pixels, segments }: OutputLayout): string | null {
  const { bits, height, width } = output.location;
  if (bits !== 8) return `has ${bits}-bit values`;
  if (elementBits !== 8) return "is delivered as 16-bit values";
  if (pixels % pixelsPerWord !== 0) {
    return `has ${height}x${width} = ${pixels} values in a channel, which is no multiple of ${pixelsPerWord}`;
  }
  const step = segments[0]?.pixelStep ?? 1;
  return step === 1 ? null : `has its pixels ${step} words apart`;
}

/** What unload_channel() needs to know about the device: registers as distances from the control register. */
export interface TransposerView {
  readonly pointer: string;
  readonly step: string;
  readonly port: string;
  /** Bits of the control register that stay, and that are set in any case. */
  readonly kept: string;
  readonly clock: string;
  readonly enable: string;
  readonly laneShift: number;
}

/** The device whose outputs come through its transposers. */
export interface Transposer {
  readonly device: DeviceSpec;
  readonly registers: Readonly<Record<string, RegisterSpec>>;
}

export function transposerView({ device, registers }: Transposer): TransposerView {
  const control = registers["CTL"] as RegisterSpec;
  const base = registerAddress(device, control, 0, 0);
  const distance = (name: string): string =>
    hex(registerAddress(device, registers[name] as RegisterSpec, 0, 0) - base, 1);
  return {
    pointer: distance("WPTR_BASE"),
    step: distance("LCTL2"),
    port: distance("MLAT"),
    kept: hex(encodeRegister(control, { waitStates: 2 ** (control.fields["waitStates"]?.width ?? 0) - 1 }), 1),
    clock: hex(encodeRegister(control, { clockEnable: true }), 1),
    enable: hex(encodeRegister(control, { mlat: true }), 1),
    laneShift: Math.log2(encodeRegister(control, { mlatLane: 1 })),
  };
}

/** One call of unload_channel() per channel of a segment. */
export function transposedLines(
  layout: OutputLayout,
  segment: UnloadSegment,
  { device, registers }: Transposer,
): string[] {
  const quadrant = quadrantOf(device, segment.processor);
  const control = registerAddress(device, registers["CTL"] as RegisterSpec, quadrant, 0);
  const pointer = encodeRegister(registers["WPTR_BASE"] as RegisterSpec, {
    word: (segment.address - dataAddress(device, segment.processor, 0)) / 4,
    instance: Math.floor((segment.processor % device.processorsPerQuadrant) / device.processorsPerDataInstance),
  });
  const words = layout.pixels / pixelsPerWord;
  return segment.lanes.map((lane, i) => {
    const channel = segment.firstChannel + i;
    const target = layout.wordOffset + channel * words;
    return `  unload_channel(&out_buf[${target}], ${hex(control)}, ${hex(pointer, 1)}, ${lane}, ${words}); // Channel ${channel}`;
  });
}
