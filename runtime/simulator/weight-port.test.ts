import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeWeight } from "./kernels.ts";
import { WEIGHT_WORD_BYTES, WeightMemory } from "./memory.ts";
import { WeightPort } from "./weight-port.ts";

const memoryAndPort = (words = 16): { memory: WeightMemory; port: WeightPort } => {
  const memory = new WeightMemory(words);
  return { memory, port: new WeightPort(memory) };
};

/** 32-bit big-endian words of a byte string, the last one padded with zeros. */
function packed(bytes: readonly number[]): number[] {
  const view = new DataView(new ArrayBuffer(Math.ceil(bytes.length / 4) * 4));
  bytes.forEach((byte, i) => view.setUint8(i, byte));
  return Array.from({ length: view.byteLength / 4 }, (_, i) => view.getUint32(4 * i));
}

describe("express loading", () => {
  it("unpacks nine bytes per word from the column the counter was set to", () => {
    const { memory, port } = memoryAndPort();
    port.setCounter(3 * 4 + 1);
    for (const word of packed([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])) port.pushExpress(word);
    expect([...memory.read(3)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...memory.read(4)]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18]);
    expect([...memory.written]).toEqual([0, 0, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it("drops the padding of a chunk when the next one starts", () => {
    const { memory, port } = memoryAndPort();
    for (const column of [0, 5]) {
      port.setCounter(column * 4 + 1);
      for (const word of packed([1, 2, 3, 4, 5, 6, 7, 8, 9])) expect(port.pushExpress(word)).toBe(null);
    }
    expect([...memory.read(5)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(memory.written[1]).toBe(0);
  });

  it("stores what the four-word protocol stores", () => {
    const columns = fc.array(fc.uint8Array({ minLength: 9, maxLength: 9 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(columns, fc.integer({ min: 0, max: 8 }), (words, first) => {
        const express = memoryAndPort();
        express.port.setCounter(first * 4 + 1);
        for (const word of packed(words.flatMap((bytes) => [...bytes]))) express.port.pushExpress(word);
        const plain = memoryAndPort();
        words.forEach((bytes, i) => {
          const [head, ...rest] = bytes;
          [head as number, ...packed(rest), 0].forEach((part, j) => {
            expect(plain.port.writePlain((first + i) * 16 + 4 * j, part)).toBe(null);
            if (j < 3) return;
            expect(plain.port.read((first + i) * 16)).toBe(head);
          });
        });
        expect(plain.memory.stream).toEqual(express.memory.stream);
        expect(plain.memory.written).toEqual(express.memory.written);
      }),
    );
  });

  it("reports data without a start address, words beyond the end and contested words", () => {
    const { port } = memoryAndPort(1);
    expect(port.pushExpress(0)).toBe("express weight data without a start address");
    const push = (value: number): (string | null)[] => {
      port.setCounter(1);
      return Array.from({ length: 3 }, () => port.pushExpress(value));
    };
    expect(push(1)).toEqual([null, null, null]);
    expect(push(1)).toEqual([null, null, null]);
    expect(push(2)).toEqual([null, null, "a weight word is written twice with different contents"]);
    port.setCounter(5);
    expect([0, 0, 0].map((value) => port.pushExpress(value))[2]).toBe("weight word beyond the end of weight memory");
  });

  it("keeps the last byte of a word first in the stream", () => {
    const { memory } = memoryAndPort();
    memory.write(1, Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect([...memory.stream.subarray(WEIGHT_WORD_BYTES, 2 * WEIGHT_WORD_BYTES)]).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });
});

describe("weights of a few bits", () => {
  it.each([
    [1, false, [0, 1, 2, 3], [0, -1, 0, -1]],
    [1, true, [0, 1, 2, 3], [1, -1, 1, -1]],
    [2, false, [0, 1, 2, 3, 4], [0, 1, -2, -1, 0]],
    [4, false, [0, 7, 8, 15, 16], [0, 7, -8, -1, 0]],
    [8, false, [0, 127, 128, 255], [0, 127, -128, -1]],
  ] as const)("%i bits, binary %s: %j are %j", (weightBits, isBinary, bytes, values) => {
    expect(bytes.map((byte) => decodeWeight(byte, weightBits, isBinary))).toEqual(values);
  });
});
