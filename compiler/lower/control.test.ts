import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { sketchPlacement, sketchWrites, type LayerSketch } from "../../test/lower/sketch-layers.ts";
import { writeFifoSetup, writeStart } from "./control.ts";
import { writeInit } from "./initialize.ts";

const twoQuadrants = (processors: bigint, streaming: boolean, channels = 1): LayerSketch => {
  const shape = { channels, height: 8, width: 8 };
  return {
    layer: { input: shape, output: shape, streaming },
    convolution: { padding: [1, 1] },
    placement: { processors, outputProcessors: 0x10001n },
  };
};

describe("starting", () => {
  it("wakes the other quadrants before the master", () => {
    const placement = sketchPlacement(devices.MAX78000, [twoQuadrants(0x10001n, false)]);
    expect(sketchWrites(placement, devices.MAX78000, writeStart)).toEqual([
      "CTL 0 0x00100808",
      "CTL 1 0x00100809",
      "CTL 0 0x00100009",
    ]);
  });

  it("keeps quadrants synchronized while a FIFO feeds streaming layers", () => {
    const placement = sketchPlacement(devices.MAX78000, [twoQuadrants(1n, true)], { fifo: "standard" });
    expect(sketchWrites(placement, devices.MAX78000, writeStart)).toEqual([
      "CTL 0 0x0018c808",
      "CTL 1 0x0018c809",
      "CTL 0 0x0018c809",
    ]);
    expect(sketchWrites(placement, devices.MAX78000, writeFifoSetup)).toEqual(["FIFO_CTL  0x00001908"]);
  });

  it("tells the fast FIFO whether it feeds a group or one processor per quadrant", () => {
    const group = sketchPlacement(devices.MAX78000, [twoQuadrants(1n, true)], { fifo: "fast" });
    expect(sketchWrites(group, devices.MAX78000, writeStart)).toEqual([
      "CTL 0 0x00d8c808",
      "CTL 1 0x0018c809",
      "CTL 0 0x00d8c809",
    ]);
    expect(sketchWrites(group, devices.MAX78000, writeFifoSetup)).toEqual(["FAST_FIFO_CR  0x000000a0"]);
    const spread = sketchPlacement(devices.MAX78000, [twoQuadrants(0x10001n, true, 2)], { fifo: "fast" });
    expect(sketchWrites(spread, devices.MAX78000, writeStart)[0]).toBe("CTL 0 0x0058c808");
  });

  it("gives all quadrants the same data behind a quad FIFO", () => {
    const quad = sketchPlacement(devices.MAX78000, [twoQuadrants(1n, true)], { fifo: "fast-quad" });
    expect(sketchWrites(quad, devices.MAX78000, writeStart)).toEqual([
      "CTL 0 0x80d8c808",
      "CTL 1 0x8018c809",
      "CTL 2 0x8018c809",
      "CTL 3 0x8018c809",
      "CTL 0 0x80d8c809",
    ]);
  });

  it("powers down the weight memory of unused quadrants on request", () => {
    const placement = sketchPlacement(devices.MAX78000, [twoQuadrants(1n, false)]);
    expect(sketchWrites(placement, devices.MAX78000, writeStart, { powerdown: true })).toContain("AON_CTL  0x0000c000");
  });

  it("enables four FIFOs for four CHW channels, without coupling where there is none", () => {
    const four = sketchPlacement(devices.MAX78002, [twoQuadrants(0x0001000100010001n, true, 4)], {
      fifo: "standard",
      format: "CHW",
    });
    expect(sketchWrites(four, devices.MAX78002, writeFifoSetup)).toEqual(["FIFO_CTL  0x0000f108"]);
    expect(sketchWrites(four, devices.MAX78002, writeStart)[0]).toBe("CTL 0 0x0018c848");
  });
});

describe("initialization", () => {
  const placement = (device: "MAX78000" | "MAX78002") => sketchPlacement(devices[device], [twoQuadrants(1n, false)]);

  it("stops the sequencer and sets memory timing", () => {
    expect(sketchWrites(placement("MAX78000"), devices.MAX78000, writeInit)).toEqual([
      "AON_CTL  0x00000000",
      "CTL 0 0x00100008",
      "SRAM 0 0x0000040e",
      "CTL 1 0x00100008",
      "SRAM 1 0x0000040e",
    ]);
  });

  it("clears registers where the device can, and mentions a missing pipeline", () => {
    expect(sketchWrites(placement("MAX78002"), devices.MAX78002, writeInit, { pipeline: false })).toEqual([
      "CTL 0 0x00000028",
      "CTL 1 0x00000028",
      "AON_CTL  0x00000000",
      "SRAM 0 0x0000040e",
      "SRAM 1 0x0000040e",
      "SRAM_TEST 0 0x00001880",
      "SRAM_TEST 1 0x00001880",
      "poll",
      "poll",
      "SRAM_TEST 0 0x00000000",
      "SRAM_TEST 1 0x00000000",
      "CTL 0 0x00100028",
      "CTL 1 0x00100028",
    ]);
  });

  it("tests all memories of all quadrants when asked to clear them", () => {
    const writes = sketchWrites(placement("MAX78002"), devices.MAX78002, writeInit, { zeroSram: true });
    const runs = writes.filter((line) => line.startsWith("SRAM_TEST 3 ") && !line.endsWith("0x00000000"));
    expect(runs).toEqual([
      "SRAM_TEST 3 0x00001001",
      "SRAM_TEST 3 0x00002004",
      "SRAM_TEST 3 0x00003010",
      "SRAM_TEST 3 0x00001c40",
    ]);
    const plain = sketchWrites(placement("MAX78000"), devices.MAX78000, writeInit, { zeroSram: true });
    expect(
      plain.filter((line) => /^SRAM_TEST 0 .*[14]$/.test(line) || line.endsWith("10") || line.endsWith("40")),
    ).toEqual([
      "SRAM_TEST 0 0x00000001",
      "SRAM_TEST 0 0x00000004",
      "SRAM_TEST 0 0x00000010",
      "SRAM_TEST 1 0x00000010",
      "SRAM_TEST 2 0x00000010",
      "SRAM_TEST 3 0x00000010",
      "SRAM_TEST 0 0x00000040",
      "SRAM_TEST 1 0x00000040",
      "SRAM_TEST 2 0x00000040",
      "SRAM_TEST 3 0x00000040",
    ]);
  });
});
