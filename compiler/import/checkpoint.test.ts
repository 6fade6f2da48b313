import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { legacyCheckpoint } from "../../test/fixtures/legacy-checkpoint.ts";
import { goldenRoot, inputFile } from "../../test/golden/load.ts";
import { readCheckpoint, REBUILD_TENSOR } from "./checkpoint.ts";
import { writePickle } from "./pickle-writer.ts";
import type { PickleValue } from "./pickle.ts";
import type { CheckpointContents, TensorContents } from "./torch-writer.ts";
import { tensorBytes, writeCheckpoint } from "./torch-writer.ts";

const contents: CheckpointContents = {
  arch: "net",
  epoch: 12,
  tensors: new Map<string, TensorContents>([
    ["conv1.op.weight", { shape: [2, 1, 2, 2], dtype: "float32", data: [1, -2, 3, -4, 5.5, 6, 7, -128] }],
    ["conv1.output_shift", { shape: [1], dtype: "float32", data: [-2] }],
    ["conv1.bn.num_batches_tracked", { shape: [], dtype: "int64", data: [-5_000_000_000] }],
  ]),
  extras: new Map<string, number | string | boolean>([
    ["best_top1", 99.25],
    ["clipping_method", "MAX_BIT_SHIFT"],
    ["fused", true],
  ]),
};

const dictionary = (entries: readonly (readonly [string, PickleValue])[]): PickleValue => ({
  kind: "dictionary",
  ordered: false,
  entries: new Map(entries),
});
const tuple = (...items: PickleValue[]): PickleValue => ({ kind: "tuple", items });

/** A zip checkpoint with one tensor described by hand. */
function oneTensor(offset: number, size: PickleValue, stride: PickleValue, stored: TensorContents, count: PickleValue) {
  const id = tuple("storage", { kind: "class", name: "torch FloatStorage" }, "0", "cuda:0", count);
  const args = [{ kind: "persistent", id } as const, offset, size, stride, false, null];
  const tensor: PickleValue = { kind: "object", constructor: REBUILD_TENSOR, args };
  const pickle = writePickle(dictionary([["state_dict", dictionary([["w", tensor]])]]));
  return zipSync({ "any name/data.pkl": pickle, "any name/data/0": tensorBytes(stored) });
}

const numbers: TensorContents = { shape: [8], dtype: "float32", data: [0, 1, 2, 3, 4, 5, 6, 7] };

describe.each([
  ["zip", writeCheckpoint],
  ["legacy", legacyCheckpoint],
])("a %s checkpoint", (_, write) => {
  it("gives back parameters in order, and facts about the run", () => {
    const { checkpoint, diagnostics } = readCheckpoint(write(contents), "a.pth.tar");
    expect(diagnostics).toEqual([]);
    expect(checkpoint).toMatchObject({ arch: "net", epoch: 12, extras: contents.extras });
    const tensors = [...(checkpoint?.tensors ?? [])].map(([name, { shape, dtype, data }]) => [
      name,
      { shape, dtype, data: [...data] },
    ]);
    expect(tensors).toEqual([...contents.tensors]);
  });

  it("cut off anywhere gives one diagnostic", () => {
    const file = write(contents);
    for (let length = 0; length < file.length; length++) {
      const { checkpoint, diagnostics } = readCheckpoint(file.subarray(0, length), "cut.pth.tar");
      expect(checkpoint).toBeUndefined();
      expect(diagnostics).toMatchObject([{ code: "AI6102", severity: "error", location: { file: "cut.pth.tar" } }]);
    }
  });
});

describe("tensors", () => {
  it("are gathered by offset and strides, from compressed archives too", () => {
    const file = oneTensor(1, tuple(2, 3), tuple(1, 2), numbers, 8);
    expect(readCheckpoint(file, "a").checkpoint?.tensors.get("w")).toMatchObject({
      shape: [2, 3],
      data: Float64Array.from([1, 3, 5, 2, 4, 6]),
    });
  });

  it.each([
    ["beyond the stored numbers", oneTensor(0, tuple(3, 3), tuple(3, 1), numbers, 8), "reaches element 8 of 8"],
    ["beyond the claimed count", oneTensor(0, tuple(8), tuple(1), numbers, 4), "reaches element 7 of 4"],
    ["with an absurd size", oneTensor(0, tuple(2 ** 30, 2 ** 30), tuple(0, 0), numbers, 8), "at most"],
    ["with a negative stride", oneTensor(7, tuple(8), tuple(-1), numbers, 8), "contain -1"],
    ["with axes missing", oneTensor(0, tuple(2, 2), tuple(1), numbers, 8), "2 axes and 1 strides"],
    ["without a shape", oneTensor(0, null, tuple(1), numbers, 8), "no shape"],
    ["with a damaged reference", oneTensor(0, tuple(8), tuple(1), numbers, null), "reference"],
  ])("%s are refused", (_, file, message) => {
    const { diagnostics } = readCheckpoint(file, "a");
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]?.message).toContain(message);
  });
});

const messageOf = (bytes: Uint8Array) => {
  const { checkpoint, diagnostics } = readCheckpoint(bytes, "x");
  expect(checkpoint).toBeUndefined();
  expect(diagnostics).toHaveLength(1);
  return diagnostics[0]?.message;
};

/** A zip archive whose directory claims another size for its only file. */
const bomb = (claimed: number) => {
  const file = zipSync({ "a/data.pkl": new Uint8Array(1000) });
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const directory = view.getUint32(file.length - 6, true);
  view.setUint32(directory + 24, claimed, true);
  return file;
};

describe("files that are no checkpoint", () => {
  it("say what they are instead", () => {
    expect(messageOf(new Uint8Array(0))).toContain("no PyTorch checkpoint");
    expect(messageOf(new TextEncoder().encode("conv1: 3x3"))).toContain("no PyTorch checkpoint");
    expect(messageOf(zipSync({ "word/document.xml": new Uint8Array(3) }))).toContain("data.pkl");
    expect(messageOf(zipSync({ "a/data.pkl": writePickle(dictionary([["model", 1]])) }))).toContain("state_dict");
    expect(messageOf(zipSync({ "a/data.pkl": writePickle([1, 2].length) }))).toContain("state_dict");
  });

  it("may claim to be larger than they are", () => {
    expect(messageOf(bomb(1e8))).toContain("claims to unpack");
    expect(messageOf(bomb(1e9))).toContain("unpacks to 1000000000 bytes");
    expect(messageOf(bomb(2000))).toContain("checksum");
    expect(messageOf(bomb(10))).toContain("checksum");
  });

  it("may repeat few numbers many times, within limits", () => {
    const size = 2 ** 24;
    const { checkpoint } = readCheckpoint(oneTensor(0, tuple(size), tuple(0), numbers, 8), "a");
    expect(checkpoint?.tensors.get("w")?.data.length).toBe(size);
    expect(messageOf(oneTensor(0, tuple(4 * size), tuple(0), numbers, 8))).toContain("at most");
  });

  it("are noticed by their checksum when a byte has changed", () => {
    const file = writeCheckpoint(contents);
    const text = Buffer.from(file).indexOf("conv1.op.weight");
    file[text] = 0x64;
    expect(messageOf(file)).toContain("checksum");
  });
});

describe.skipIf(goldenRoot === null)(
  goldenRoot ? "shipped checkpoints" : "shipped checkpoints (skipped: no shared data)",
  () => {
    it("read a zip file", () => {
      const path = inputFile("trained/ai85-mnist-qat8-q.pth.tar");
      const { checkpoint } = readCheckpoint(readFileSync(path), path);
      expect(checkpoint).toMatchObject({ arch: "ai85net5", epoch: 194 });
      expect(checkpoint?.extras.get("clipping_method")).toBe("MAX_BIT_SHIFT");
      expect(checkpoint?.tensors.size).toBe(31);
      const kernels = checkpoint?.tensors.get("conv1.op.weight");
      expect(kernels?.shape).toEqual([60, 1, 3, 3]);
      expect([...(kernels?.data.subarray(0, 9) ?? [])]).toEqual([51, 17, 4, 41, -10, -22, 44, -12, -9]);
      expect(checkpoint?.tensors.get("fc.op.bias")?.data.subarray(0, 2)).toEqual(Float64Array.from([2936, 3624]));
    });

    it("read an older file", () => {
      const path = inputFile("tests/test-cifar10-bias-quant4.pth.tar");
      const { checkpoint } = readCheckpoint(readFileSync(path), path);
      expect(checkpoint).toMatchObject({ arch: "ai84net5", epoch: 199 });
      expect([...(checkpoint?.tensors.keys() ?? [])].slice(0, 2)).toEqual(["conv1.conv2d.weight", "conv1.conv2d.bias"]);
    });
  },
);
