import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { weightOperations } from "./weight-image.ts";

const bytes = Uint8Array.of(0x33, 0x11, 0x04, 0x29, 0xf6, 0xea, 0x2c, 0xf4, 0xf7);
const chunk = { processor: 17, column: 12, bytes };
const written = (...args: Parameters<typeof weightOperations>) =>
  weightOperations(...args).map((operation) =>
    operation.kind === "block"
      ? [operation.width, operation.address.toString(16), [...operation.words].map((w) => w.toString(16))]
      : null,
  );

describe("loading of weights", () => {
  it("sets the position and sends packed bytes", () => {
    expect(written([chunk], devices.MAX78000, { express: true, skipZeroColumns: false })).toEqual([
      [1, "50584031", ["1"]],
      [4, "50584030", ["33110429", "f6ea2cf4", "f7000000"]],
    ]);
  });

  it("writes four bus words per weight word without packing", () => {
    expect(written([chunk], devices.MAX78002, { express: false, skipZeroColumns: false })).toEqual([
      [4, "524200c0", ["33", "110429f6", "ea2cf4f7", "0"]],
    ]);
  });

  it("leaves out zero words where memory was cleared", () => {
    const gap = {
      processor: 0,
      column: 4,
      bytes: Uint8Array.of(...bytes, ...new Uint8Array(18), ...bytes, ...new Uint8Array(9)),
    };
    const addresses = written([gap], devices.MAX78000, { express: true, skipZeroColumns: true }).map(
      (entry) => entry?.[1],
    );
    expect(addresses).toEqual(["50180011", "50180010", "5018001d", "5018001c"]);
  });
});
