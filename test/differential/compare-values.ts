import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { KnownAnswerBlock, Program } from "../../targets/accelerator/program.ts";
import { unloadResult } from "../../targets/emit/index.ts";
import { infer, prepare, type LayerExecution, type Machine } from "../../runtime/simulator/index.ts";
import type { Placement } from "../../compiler/ir/placement.ts";
import { placesOf, type StoredTensor, unpackTensor } from "./data-memory.ts";

/**
 * Where the values that the reference computed differ from those in the known answer, from what the simulator leaves
 * of every layer, and from what the generated project delivers; one line for each. `sets`: register sets of the layers.
 */
export function compareValues(
  program: Program,
  placement: Placement,
  device: DeviceSpec,
  tensors: readonly ArrayLike<number>[],
  sets: readonly number[],
): string[] {
  const outputs = outputsOf(placement, sets);
  const machine = prepare(program);
  const problems = watchLayers(machine, placement, device, tensors, sets);
  infer(machine, program);
  const answer = new KnownWords(program.knownAnswer ?? []);
  for (const index of outputs) {
    const tensor = storedTensor(placement, index);
    const known = unpackTensor(tensor, device, (address) => answer.word(address));
    problems.push(...differences(`known answer of layer ${index}`, known, tensors[index] as ArrayLike<number>));
    for (const { address, lane } of placesOf(tensor, device).flat()) answer.take(address, lane, tensor.bits);
    const left = unpackTensor(tensor, device, (address) => machine.read32(address));
    problems.push(...differences(`end of layer ${index}`, left, tensors[index] as ArrayLike<number>));
  }
  if (answer.rest > 0) problems.push(`${answer.rest} bytes of the known answer belong to no output`);
  const { sequence, unload } = placement.network;
  // Lists are compared with what they name, and where layers are left out, so are their results.
  if (unload !== undefined || sequence?.simulated) return [...problems, ...machine.problems];
  const delivered = unloadResult(program, device, (address) => machine.read32(address));
  const wanted = outputs.flatMap((index) =>
    delivery(storedTensor(placement, index), tensors[index] as ArrayLike<number>),
  );
  problems.push(...differences("cnn_unload()", delivered, Uint32Array.from(wanted)));
  return [...problems, ...machine.problems];
}

/** What a second inference with the same input leaves of all outputs: rolling buffers remember the first one. */
export function resultsOfSecond(
  program: Program,
  placement: Placement,
  device: DeviceSpec,
  sets: readonly number[],
): Int32Array[] {
  const machine = prepare(program);
  infer(machine, program);
  infer(machine, program);
  return outputsOf(placement, sets).map((index) =>
    unpackTensor(storedTensor(placement, index), device, (address) => machine.read32(address)),
  );
}

/** Layers that run and whose results are read out: those marked, and the last one; by their register sets. */
function outputsOf({ network: { layers, sequence } }: Placement, sets: readonly number[]): number[] {
  const order = sequence?.simulated ?? layers.map(({ index }) => index);
  return order
    .filter((index) => layers[index]?.isOutput === true || index === order.at(-1))
    .toSorted((a, b) => (sets[a] as number) - (sets[b] as number));
}

function storedTensor({ network, layers }: Placement, index: number): StoredTensor {
  const { output, outputBits } = network.layers[index] as Placement["network"]["layers"][number];
  const { outputProcessors, outputOffset, writeGap } = layers[index] as Placement["layers"][number];
  return { ...output, processors: outputProcessors, offset: outputOffset, writeGap, bits: outputBits };
}

/** Compares what each layer left in memory as soon as it is done; streamed results are gone by then. */
function watchLayers(
  machine: Machine,
  placement: Placement,
  device: DeviceSpec,
  tensors: readonly ArrayLike<number>[],
  sets: readonly number[],
): string[] {
  const problems: string[] = [];
  machine.onLayer = ({ layer, isStreamed }: LayerExecution) => {
    const index = sets.indexOf(layer);
    if (index < 0 || isStreamed || problems.length > 0) return;
    const left = unpackTensor(storedTensor(placement, index), device, (address) => machine.read32(address));
    problems.push(...differences(`result of layer ${index}`, left, tensors[index] as ArrayLike<number>));
  };
  return problems;
}

export function differences(what: string, found: ArrayLike<number>, wanted: ArrayLike<number>): string[] {
  if (found.length !== wanted.length) return [`${what}: ${found.length} values, not ${wanted.length}`];
  const at = Array.prototype.findIndex.call(found, (value: number, i: number) => value !== wanted[i]) as number;
  return at < 0 ? [] : [`${what}: value ${at} is ${found[at]}, the reference has ${wanted[at]}`];
}

/** The known answer by words; only bytes under a mask say anything. */
class KnownWords {
  readonly #words = new Map<number, { value: number; mask: number }>();

  constructor(blocks: readonly KnownAnswerBlock[]) {
    for (const { address, mask, words } of blocks) {
      for (const [i, value] of words.entries()) {
        const known = this.#words.get(address + 4 * i) ?? { value: 0, mask: 0 };
        this.#words.set(address + 4 * i, { value: known.value | (value & mask), mask: known.mask | mask });
      }
    }
  }

  word(address: number): number {
    return this.#words.get(address)?.value ?? 0;
  }

  /** Marks a byte (or a whole word) as belonging to an output; one that is not known stays missing. */
  take(address: number, lane: number, bits: 8 | 32): void {
    const known = this.#words.get(address);
    const bytes = bits === 32 ? 0xffffffff : 0xff << (8 * lane);
    if (known === undefined || (known.mask & bytes) !== (bytes | 0)) this.#missing++;
    else known.mask &= ~bytes;
  }

  #missing = 0;

  /** Bytes that are known but belong to nothing, and values that are not known. */
  get rest(): number {
    const bytes = [...this.#words.values()].map(
      ({ mask }) => [0, 8, 16, 24].filter((bit) => (mask >>> bit) & 0xff).length,
    );
    return this.#missing + bytes.reduce((sum, count) => sum + count, 0);
  }
}

/**
 * Words that `cnn_unload()` delivers for one output: planes of bytes, or groups of four channels of 32 bits pixel by
 * pixel. The last word is filled up with zeros.
 */
export function delivery(
  { channels, height, width, bits }: Pick<StoredTensor, "channels" | "height" | "width" | "bits">,
  values: ArrayLike<number>,
): number[] {
  const pixels = height * width;
  if (bits === 32) {
    const words: number[] = [];
    for (let group = 0; group < channels; group += 4) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        for (let channel = group; channel < Math.min(group + 4, channels); channel++) {
          words.push((values[channel * pixels + pixel] as number) >>> 0);
        }
      }
    }
    return words;
  }
  return Array.from({ length: Math.ceil(values.length / 4) }, (_, word) => {
    const byte = (i: number) => (((values[4 * word + i] ?? 0) as number) & 0xff) << (8 * i);
    return (byte(0) | byte(1) | byte(2) | byte(3)) >>> 0;
  });
}
