import { bitsOf, ceilDiv, quadrantBits } from "../ir/geometry.ts";

/**
 * Time slots - 1: steps in which a quadrant writes the results of its processors when no convolution gathers
 * them. The largest need of any quadrant counts, since all quadrants keep step.
 */
export function timeSlotsOf(
  processors: bigint,
  quadrants: readonly number[],
  bytesPerOutput: number,
  passthrough: boolean,
  depthwise: boolean,
  broadcast: boolean,
): number {
  let slots = 0;
  for (const quadrant of quadrants) {
    const count = bitsOf(BigInt(quadrantBits(processors, quadrant))).length;
    if (passthrough && count > 0) slots = Math.max(slots, Math.floor((count * bytesPerOutput - 1) / 4));
    else if (depthwise && broadcast) slots = Math.max(slots, (Math.min(count - 1, 3) + 1) * bytesPerOutput - 1);
    else if (depthwise) slots = Math.max(slots, ceilDiv(count * bytesPerOutput * 8, 8) - 1);
  }
  return slots;
}

/**
 * Results with irregular gaps between their processors are written by each quadrant itself.
 * The first quadrant that says so decides.
 */
export function isLocalSource(outputProcessors: bigint, quadrants: readonly number[], passthrough: boolean): boolean {
  for (const quadrant of quadrants) {
    const bits = bitsOf(BigInt(quadrantBits(outputProcessors, quadrant)));
    if (bits.length < 2) continue;
    const gaps = bits.slice(1).map((bit, position) => bit - (bits[position] as number) - 1);
    const equal = gaps.every((gap) => gap === gaps[0]);
    if (!equal || (passthrough && (gaps[0] as number) > 0)) return true;
  }
  return false;
}
