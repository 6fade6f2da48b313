import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { bitsOf, countBits, firstBit, lastBit, passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { BiasRequest } from "./bias-memory.ts";

/** Bias bytes of layers that add them in all quadrants, one array per quadrant. */

/** Outputs are dealt to the quadrants in turn. */
export function quadBias({ values }: BiasRequest, { quadrants }: DeviceSpec): number[][] {
  const parts: number[][] = Array.from({ length: quadrants }, () => []);
  for (const [output, value] of values.entries()) parts[output % quadrants]?.push(value);
  return parts;
}

/**
 * Every quadrant has the bias of its own processors, pass by pass, with zeros for processors the layer leaves out.
 * When outputs stay with their processors, the order inside a quadrant is that of the hardware's turns: the first
 * processor of each group of four, then the second, and so on.
 */
export function depthwiseBias({ values, placement, layer }: BiasRequest, device: DeviceSpec): number[][] {
  const broadcast = placement.processors === placement.outputProcessors;
  const map = broadcast ? placement.processors : alignFirstQuadrant(placement.processors, device);
  const perPass = processorsPerPass(layer.output.channels, device);
  const ranks = new Map(bitsOf(map).map((processor, rank) => [processor, rank]));
  const parts: (number | null)[][] = Array.from({ length: device.quadrants }, () => []);
  const [from, to] = slotRange(map, broadcast, device);
  for (let pass = 0; pass < passesOf(layer.output.channels, device); pass++) {
    for (let slot = from; slot <= to; slot++) {
      const rank = ranks.get(broadcast ? turnOf(slot, device) : slot);
      const channel = rank === undefined ? values.length : pass * perPass + rank;
      parts[quadrantOf(slot, device)]?.push(values[channel] ?? null);
    }
  }
  const last = parts[quadrantOf(to, device)] as (number | null)[];
  while (last.length > 0 && last.at(-1) === null) last.pop();
  return parts.map((part) => part.map((value) => value ?? 0));
}

const quadrantOf = (processor: number, { processorsPerQuadrant }: DeviceSpec): number =>
  Math.floor(processor / processorsPerQuadrant);

/** First and last processor that bias memory has a byte for. */
function slotRange(map: bigint, broadcast: boolean, device: DeviceSpec): readonly [number, number] {
  const [lowest, highest] = [firstBit(map), lastBit(map)];
  const oneQuadrant = quadrantOf(lowest, device) === quadrantOf(highest, device);
  const from = broadcast || !oneQuadrant ? 0 : lowest;
  return [from, broadcast ? highest | (device.processorsPerQuadrant - 1) : highest];
}

/** Processor whose bias stands at a place: rows and columns of the quadrant's groups of four are exchanged. */
function turnOf(slot: number, { processorsPerQuadrant, processorsPerDataInstance }: DeviceSpec): number {
  const inQuadrant = slot % processorsPerQuadrant;
  const group = inQuadrant % processorsPerDataInstance;
  const lane = Math.floor(inQuadrant / processorsPerDataInstance);
  return slot - inQuadrant + group * processorsPerDataInstance + lane;
}

/** Results move to other processors, counted from the first one used. */
function alignFirstQuadrant(map: bigint, device: DeviceSpec): bigint {
  const width = BigInt(device.processorsPerQuadrant);
  const shift = BigInt(firstBit(map) % device.processorsPerQuadrant);
  const low = BigInt(quadrantOf(firstBit(map), device)) * width;
  const field = ((1n << width) - 1n) << low;
  const moved = (((map & field) >> (low + shift)) << low) | (map & ~field);
  return countBits(moved) === countBits(map) ? moved : map;
}
