import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { biasAddress, dataAddress, devices, registerAddress, registerTables, weightAddress } from "../index.ts";
import { decodeRegister, describeRegister, encodeRegister } from "./register.ts";

const tables = Object.entries(registerTables).flatMap(([device, table]) =>
  Object.values(table).map((spec) => ({ id: `${device} ${spec.name}`, spec })),
);

describe.each(tables)("$id", ({ spec }) => {
  it("has fields that do not overlap and fit 32 bits", () => {
    const used = new Set<number>();
    for (const field of Object.values(spec.fields)) {
      for (let bit = field.lsb; bit < field.lsb + field.width; bit++) {
        expect(used.has(bit)).toBe(false);
        expect(bit).toBeLessThan(32);
        used.add(bit);
      }
    }
  });

  it("decodes what was encoded", () => {
    const values = Object.fromEntries(
      Object.entries(spec.fields).map(([name, field]) => [name, fc.integer({ min: 0, max: 2 ** field.width - 1 })]),
    );
    fc.assert(
      fc.property(fc.record(values), (fields) => {
        expect(decodeRegister(spec, encodeRegister(spec, fields))).toEqual(fields);
      }),
      { numRuns: 20 },
    );
  });
});

describe("encodeRegister", () => {
  const post = registerTables.MAX78000["POST"]!;
  it("refuses unknown fields and values that do not fit", () => {
    expect(() => encodeRegister(post, { nothing: 1 })).toThrow("register POST has no field nothing");
    expect(() => encodeRegister(post, { shift: 16 })).toThrow("POST.shift = 16 does not fit 4 bits");
    expect(() => encodeRegister(post, { weightSize: "bits3" })).toThrow("POST.weightSize has no value bits3");
  });
  it("takes names and booleans", () => {
    const word = encodeRegister(post, { shift: 2, shiftRight: true, weightSize: "bits4" });
    expect(word).toBe(0x00c24000);
    expect(describeRegister(post, word)).toBe("shift=2 shiftRight weightSize=bits4");
  });
});

describe("addresses recorded from the vendor's generator", () => {
  const { MAX78000, MAX78002 } = devices;
  const address = (name: "MAX78000" | "MAX78002", register: string, quadrant: number, layer: number) =>
    registerAddress(devices[name], registerTables[name][register]!, quadrant, layer);
  it("registers", () => {
    expect(address("MAX78000", "CTL", 3, 0)).toBe(0x50d00000);
    expect(address("MAX78000", "WPTR_BASE", 0, 0)).toBe(0x50100310);
    expect(address("MAX78000", "LCTL2", 0, 0)).toBe(0x50100a10);
    expect(address("MAX78000", "STREAM1", 0, 1)).toBe(0x50100814);
    expect(address("MAX78000", "IFRM", 0, 0)).toBe(0x50100990);
    expect(address("MAX78000", "AON_CTL", 0, 0)).toBe(0x50001000);
    expect(address("MAX78002", "WPTR_BASE", 0, 0)).toBe(0x5110001c);
    expect(address("MAX78002", "LCTL2", 0, 0)).toBe(0x51100034);
    expect(address("MAX78002", "STREAM1", 0, 8)).toBe(0x51108020);
    expect(address("MAX78002", "STREAM2", 0, 0)).toBe(0x51108020);
    expect(address("MAX78002", "IFRM", 0, 0)).toBe(0x51108060);
    expect(address("MAX78002", "MLAT", 0, 0)).toBe(0x51110000);
    expect(address("MAX78002", "FAST_FIFO_CR", 0, 0)).toBe(0x400c0400);
  });
  it("memories", () => {
    expect(dataAddress(MAX78000, 44, 0)).toBe(0x50c18000);
    expect(dataAddress(MAX78000, 60, 0)).toBe(0x51018000);
    expect(dataAddress(MAX78002, 60, 4)).toBe(0x54860004);
    expect(weightAddress(MAX78000, 1, 0)).toBe(0x50184000);
    expect(weightAddress(MAX78002, 0, 4096)).toBe(0x51410000);
    expect(biasAddress(MAX78000, 1, 2)).toBe(0x50508008);
    expect(biasAddress(MAX78002, 3, 0)).toBe(0x54180000);
  });
});
