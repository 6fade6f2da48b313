import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { legacyCheckpoint } from "../../test/fixtures/legacy-checkpoint.ts";
import { goldenRoot, inputFile } from "../../test/golden/load.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { checkpointLayers } from "./checkpoint-layers.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { readNpyRecords, writeNpy } from "./npy.ts";
import { writePickle } from "./pickle-writer.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";
import type { CheckpointContents, TensorContents } from "./torch-writer.ts";
import { checkpointObject, tensorBytes, writeCheckpoint } from "./torch-writer.ts";
import { weightSetFromSafetensors } from "./weight-set.ts";

/** Thousands of damaged files: every one gives a result or one diagnostic, soon and in bounded memory. */

const MUTATIONS = 2000;
const TIME_LIMIT_MS = 5000;
const MEMORY_LIMIT_BYTES = 2 ** 30;

const contents: CheckpointContents = {
  arch: "net",
  epoch: 3,
  tensors: new Map<string, TensorContents>([
    ["conv1.op.weight", { shape: [4, 2, 3, 3], dtype: "float32", data: Array.from({ length: 72 }, (_, i) => i - 36) }],
    ["conv1.op.bias", { shape: [4], dtype: "float32", data: [128, -256, 0, 384] }],
    ["conv1.output_shift", { shape: [1], dtype: "float32", data: [-2] }],
    ["conv1.bn.num_batches_tracked", { shape: [], dtype: "int64", data: [77] }],
    ["fc.weight", { shape: [2, 4], dtype: "float32", data: [1, 2, 3, 4, 5, 6, 7, 8] }],
  ]),
  extras: new Map([["best_top1", 98.5]]),
};

/** A small generator of pseudo-random numbers below `limit` (mulberry32). */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Damages a copy in one to four places: changed, extreme, repeated or missing bytes. */
function mutate(original: Uint8Array, random: (limit: number) => number): Uint8Array {
  let bytes = [...original];
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1);
    const length = 1 + random(8);
    const kind = random(6);
    if (kind === 0) bytes[Math.min(at, bytes.length - 1)] = random(256);
    if (kind === 1) bytes.fill([0, 0x7f, 0x80, 0xff][random(4)] as number, at, at + length);
    if (kind === 2) bytes.splice(at, length);
    if (kind === 3) bytes.splice(at, 0, ...Array.from({ length }, () => random(256)));
    if (kind === 4) bytes.splice(at, 0, ...bytes.slice(at, at + 16 * length));
    if (kind === 5 && random(8) === 0) bytes = bytes.slice(0, at);
  }
  return Uint8Array.from(bytes);
}

type Read = (bytes: Uint8Array) => { readonly result: unknown; readonly diagnostics: readonly Diagnostic[] };

const asCheckpoint: Read = (bytes) => {
  const { checkpoint, diagnostics } = readCheckpoint(bytes, "x");
  if (checkpoint) checkpointLayers(checkpoint);
  return { result: checkpoint, diagnostics };
};

const asArrays: Read = (bytes) => {
  const { records, diagnostics } = readNpyRecords(bytes, "x");
  return { result: records, diagnostics };
};

const asSafetensors: Read = (bytes) => {
  const { file, diagnostics } = readSafetensors(bytes, "x");
  if (file) weightSetFromSafetensors(file, "x");
  return { result: file, diagnostics };
};

/** The archive is intact, what it contains is not: checksums do not protect the pickle here. */
const asPickle: Read = (pickle) => {
  const numbers = [...contents.tensors.values()].map((tensor, i) => [`a/data/${i}`, tensorBytes(tensor)] as const);
  return asCheckpoint(zipSync({ ...Object.fromEntries(numbers), "a/data.pkl": pickle }, { level: 0 }));
};

const joined = (...parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

const formats: [string, Read, Uint8Array][] = [
  ["npy", asArrays, joined(writeNpy([2, 3], [1, -2, 3, -4, 5, -6]), writeNpy([4], [1, 2, 3, 4], "float32"))],
  ["checkpoint zip", asCheckpoint, writeCheckpoint(contents)],
  ["checkpoint pickle", asPickle, writePickle(checkpointObject(contents))],
  ["checkpoint legacy", asCheckpoint, legacyCheckpoint(contents)],
  ["compressed checkpoint", asCheckpoint, zipSync({ "a/data.pkl": writePickle(checkpointObject(contents)) })],
  [
    "safetensors",
    asSafetensors,
    writeSafetensors(
      new Map([
        ["conv.weight", { shape: [2, 2], dtype: "int8", data: [1, -2, 3, -4] }],
        ["conv.bias", { shape: [2], dtype: "int8", data: [5, 6] }],
        ["fc.weight", { shape: [1, 2], dtype: "float32", data: [0.5, -0.25] }],
      ]),
      new Map([["conv.weight_bits", "4"]]),
    ),
  ],
];
const shipped = (name: string) => new Uint8Array(readFileSync(inputFile(name)));

if (goldenRoot) {
  formats.push(["a shipped checkpoint", asCheckpoint, shipped("trained/ai85-mnist-extrasmall-qat8-q.pth.tar")]);
  formats.push(["an older shipped checkpoint", asCheckpoint, shipped("tests/test-firetestnet-cifar10.pth.tar")]);
}

describe("damaged files", () => {
  it.each(formats)("%s", (name, read, original) => {
    const random = randomNumbers(0x5eed);
    let refused = 0;
    let peak = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const bytes = mutate(original, random);
      const start = performance.now();
      const { result, diagnostics } = read(bytes);
      const elapsed = performance.now() - start;
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      peak = Math.max(peak, heapUsed + arrayBuffers);
      if (elapsed > TIME_LIMIT_MS) expect.fail(`${name} ${i} took ${elapsed} ms`);
      if ((result === undefined) !== (diagnostics.length === 1))
        expect.fail(`${name} ${i} gave ${diagnostics.length} diagnostics`);
      if (result === undefined) refused++;
    }
    expect(peak).toBeLessThan(MEMORY_LIMIT_BYTES);
    // The damage is real, but not so total that only the first bytes were ever read.
    expect(refused).toBeGreaterThan(MUTATIONS / 10);
  });

  it.each(formats)("%s, cut off at every 64th byte", (_, read, original) => {
    // One array of several may end where the file is cut: then it is whole again.
    for (let length = 64; length < original.length; length += 64) {
      const { result, diagnostics } = read(original.subarray(0, length));
      expect(diagnostics.length).toBe(result === undefined ? 1 : 0);
    }
  });
});
