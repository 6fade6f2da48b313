import { hexWords, type GoldenRun } from "./load.ts";

/** One bus write; its size in bytes is null where it was not observed. */
export interface Access {
  readonly size: number | null;
  readonly address: number;
  readonly value: number;
}

export function recordedAccesses(runs: readonly GoldenRun[]): Access[] {
  const found: Access[] = [];
  for (const [size, first, values, step] of runs) {
    const address = Number.parseInt(first, 16);
    for (const [i, value] of hexWords(values, size).entries()) found.push({ size, address: address + i * step, value });
  }
  return found;
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;
const accessText = (access: Access | undefined): string =>
  access === undefined ? "nothing" : `${hex(access.value)} at ${hex(access.address)}`;

/** With `stopped`, the recording ends early: a memory test fails on a machine without accelerator. */
export function compareAccesses(
  expected: readonly Access[],
  actual: readonly Access[],
  stopped = false,
): string | null {
  const length = stopped ? expected.length : Math.max(expected.length, actual.length);
  if (stopped && expected.length > actual.length) return `${actual.length} writes instead of ${expected.length}`;
  for (let i = 0; i < length; i++) {
    const [wanted, given] = [expected[i], actual[i]];
    if (wanted !== undefined && given !== undefined && sameAccess(wanted, given)) continue;
    return `write ${i}: ${accessText(given)} instead of ${accessText(wanted)}`;
  }
  return null;
}

function sameAccess(wanted: Access, given: Access): boolean {
  if (wanted.address !== given.address) return false;
  if (given.size === null && wanted.size === 1) return (wanted.value & 0xff) === (given.value & 0xff);
  return wanted.value === given.value && (given.size === null || wanted.size === given.size);
}
