import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { bitsOf, passesOf, processorsPerPass } from "./geometry.ts";
import type { Network } from "./network.ts";
import type { UnloadedMemory } from "./network-sequence.ts";

/** Judges pieces of memory that are to be read out: processors for every channel, and memory for every word (AI1542). */
export function verifyUnload({ unload = [] }: Network, device: DeviceSpec): Diagnostic[] {
  return unload.flatMap((item) => (item.kind === "memory" ? verifyMemory(item, device) : []));
}

function verifyMemory(item: UnloadedMemory, device: DeviceSpec): Diagnostic[] {
  const { name, channels, height, width, processors, offset, writeGap, bits } = item;
  const found: Diagnostic[] = [];
  const wrong = (message: string, hint: string): void => {
    const place = item.source === undefined ? {} : { location: item.source };
    found.push({ code: "AI1542", severity: "error", message: `unload '${name}': ${message}`, ...place, hint });
  };
  const given = bitsOf(processors).length;
  const passes = passesOf(channels, device);
  if (Math.ceil(channels / given) !== passes) {
    const needed = processorsPerPass(channels, device);
    const turns = passes === 1 ? "" : ` in ${passes} passes`;
    const text = `${channels} channels lie on ${needed} processors${turns}; ${given} are given`;
    wrong(text, `Give ${needed} processors.`);
  }
  if (offset % 4 !== 0) wrong(`it begins at byte ${offset}; words have 4 bytes`, "Use a multiple of 4.");
  const words = ((height * width - 1) * passes + passes - 1) * (bits / 8) * (writeGap + 1);
  const last = bits === 8 ? 0 : Math.max(...bitsOf(processors).map((one) => one % device.processorsPerDataInstance));
  const end = offset + 4 * (words + last + 1);
  const { instanceBytes } = device.dataMemory;
  if (end > instanceBytes) {
    const text = `${channels}x${height}x${width} values from byte ${offset} end at byte ${end}; an instance has ${instanceBytes}`;
    wrong(text, "Begin lower, or read less.");
  }
  return found;
}
