import { biasAddress } from "../../accelerator/address.ts";
import type { DeviceSpec } from "../../accelerator/device.ts";
import type { BlockWriteOperation, BusOperation, Program } from "../../accelerator/program.ts";
import { tableMacro } from "./values.ts";

/** Words that go to consecutive addresses of one processor's weight memory. */
export interface WeightTransfer {
  readonly address: number;
  readonly words: Uint32Array;
}

/** A bias memory image, one byte per bus word. */
export interface BiasTransfer {
  readonly quadrant: number;
  readonly address: number;
  readonly bytes: Uint8Array;
}

/**
 * The transfers of the loadWeights phase. With express loading each is announced by a byte write
 * that sets the write position (`address | 1`), which the generated loop repeats.
 */
export function weightTransfers(program: Program): WeightTransfer[] {
  const transfers: WeightTransfer[] = [];
  let announced: number | null = null;
  for (const block of blocksOf(program.phases.loadWeights, "loadWeights")) {
    if (block.width === 1) {
      ensure(program.settings.mexpress && announced === null, "a byte write stands only before an express transfer");
      ensure(block.words.length === 1 && block.words[0] === 1 && block.address % 4 === 1, "the byte write sets bit 0");
      announced = block.address - 1;
      continue;
    }
    ensure(block.step === 4, "weights go to consecutive words");
    ensure(!program.settings.mexpress || announced === block.address, "every express transfer is announced");
    transfers.push({ address: block.address, words: block.words });
    announced = null;
  }
  return transfers;
}

/** The transfers of the loadBias phase. */
export const biasTransfers = (program: Program, device: DeviceSpec): BiasTransfer[] =>
  blocksOf(program.phases.loadBias, "loadBias").map(({ address, words, step, width }) => {
    const quadrant = program.quadrants.find((one) => biasAddress(device, one, 0) === address);
    ensure(quadrant !== undefined, "bias images start at entry 0 of a powered quadrant");
    ensure(step === 4 && width === 4 && words.every((word) => word < 256), "bias memory takes one byte per word");
    return { quadrant: quadrant as number, address, bytes: Uint8Array.from(words) };
  });

/** weights.h: `BIAS_q` for each image, and `KERNELS` = { address, count, words..., 0 }. */
export function weightsHeader(program: Program, device: DeviceSpec): string {
  const biases = biasTransfers(program, device).map(({ quadrant, bytes }) => tableMacro(`BIAS_${quadrant}`, bytes, 2));
  return [...biases, tableMacro("KERNELS", kernelTable(weightTransfers(program)), 8)].join("\n");
}

export function kernelTable(transfers: readonly WeightTransfer[]): Uint32Array {
  const table = new Uint32Array(transfers.reduce((sum, { words }) => sum + 2 + words.length, 1));
  let at = 0;
  for (const { address, words } of transfers) {
    table[at] = address;
    table[at + 1] = words.length;
    table.set(words, at + 2);
    at += 2 + words.length;
  }
  return table;
}

function blocksOf(operations: readonly BusOperation[], phase: string): BlockWriteOperation[] {
  const rest = operations.filter(({ kind }) => kind !== "note");
  const blocks = rest.filter((operation): operation is BlockWriteOperation => operation.kind === "block");
  ensure(blocks.length === rest.length, `${phase} consists of block writes`);
  return blocks;
}

/** A Program that breaks these promises is a defect of the compiler, not of the user's model. */
function ensure(condition: boolean, promise: string): void {
  if (!condition) throw new Error(`malformed program: ${promise}`);
}
