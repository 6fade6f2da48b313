import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import type { NetworkSequence } from "../ir/network-sequence.ts";
import type { Placement } from "../ir/placement.ts";
import { sketchPlacement, sketchRegisters, type LayerSketch } from "../../test/lower/sketch-layers.ts";

const shape = (channels: number, height: number, width: number) => ({ channels, height, width });

const bare: LayerSketch = { placement: { processors: 1n, outputProcessors: 1n } };

describe("layer registers of the MAX78000", () => {
  const pooled: LayerSketch = {
    layer: {
      input: shape(60, 28, 28),
      pool: { kind: "max", size: [2, 2], stride: [2, 2], dilation: [1, 1] },
      pooled: shape(60, 14, 14),
      activation: "relu",
      output: shape(60, 16, 16),
    },
    convolution: { padding: [2, 2], shift: -2 },
    placement: { processors: 0xfffffffffffffff0n, outputProcessors: 0xfffffffffffffff0n, inputOffset: 0x2000 },
    weights: { count: 60 },
  };

  it("describe a pooled, padded convolution over four quadrants", () => {
    const { values, diagnostics } = sketchRegisters(
      sketchPlacement(devices.MAX78000, [bare, pooled]),
      devices.MAX78000,
    );
    expect(diagnostics).toEqual([]);
    expect(values).toMatchObject({
      "RCNT[1]0": "0x0002001f",
      "CCNT[1]0": "0x0002001f",
      "PRCNT[1]0": "0x00000001",
      "PCCNT[1]0": "0x00000001",
      "STRIDE[1]0": "0x00000001",
      "WPTR_BASE[1]0": "0x00002000",
      "WPTR_MOFFS[1]0": "0x00002000",
      "RPTR_BASE[1]0": "0x00000800",
      "LCTL[1]0": "0x0000eba0",
      "LCTL[1]1": "0x00000ba0",
      "LCTL[1]3": "0x00000ba0",
      "LCTL2[1]0": "0x0001d800",
      "MCNT[1]0": "0x000001d8",
      "TPTR[1]0": "0x0000000f",
      "POST[1]0": "0x00024000",
      "ENA[1]0": "0xfff0fff0",
      "ENA[1]2": "0xffffffff",
    });
  });

  it("present flattened pixels as passes, and add the bias in one quadrant", () => {
    const linear: LayerSketch = {
      layer: { input: shape(12, 4, 4), flatten: true, output: shape(10, 1, 1), outputBits: 32 },
      convolution: { kind: "linear", kernel: [1, 1] },
      placement: { processors: 0xfffn, outputProcessors: 0x3ffn, outputOffset: 0x1000 },
      weights: { column: 128, count: 160 },
      bias: { quadrant: 0, offsets: [0, null, null, null] },
    };
    const { values } = sketchRegisters(sketchPlacement(devices.MAX78000, [linear, pooled]), devices.MAX78000);
    expect(values).toMatchObject({
      "WPTR_TOFFS[0]0": "0x00000001",
      "LCTL[0]0": "0x00010920",
      "LCTL2[0]0": "0x0000480f",
      "MCNT[0]0": "0x240028f8",
      "ONED[0]0": "0x00000100",
      "POST[0]0": "0x00001000",
    });
    expect(values).not.toHaveProperty("RCNT[0]0");
    expect(values).not.toHaveProperty("TPTR[0]0");
    expect(values).not.toHaveProperty("POST[0]1");
  });

  it("present the passes of an element-wise operation as rows", () => {
    const all = 2n ** 64n - 1n;
    const add: LayerSketch = {
      layer: {
        input: shape(192, 1, 3),
        eltwise: { operation: "add", operands: 2, poolFirst: true },
        output: shape(192, 1, 3),
      },
      placement: { processors: all, outputProcessors: all, inputOffset: 0x2000, outputOffset: 0x3000 },
    };
    const expanding: LayerSketch = {
      layer: { input: shape(64, 1, 3), output: shape(192, 1, 3) },
      convolution: { kernel: [3, 3], padding: [1, 1] },
      placement: { processors: all, outputProcessors: all, outputOffset: 0x2004, writeGap: 1 },
    };
    const { values } = sketchRegisters(sketchPlacement(devices.MAX78000, [expanding, add]), devices.MAX78000);
    expect(values).toMatchObject({
      "LCTL2[0]0": "0x0001f850",
      "WPTR_CHOFFS[0]0": "0x00000002",
      "WPTR_BASE[0]3": "0x00000801",
      "RCNT[1]0": "0x00000002",
      "CCNT[1]0": "0x00000002",
      "WPTR_BASE[1]0": "0x00000c00",
      "WPTR_BASE[1]1": "0x00008c00",
      "WPTR_BASE[1]2": "0x00010c00",
      "WPTR_BASE[1]3": "0x00018c00",
      "WPTR_TOFFS[1]0": "0x00002000",
      "WPTR_CHOFFS[1]0": "0x00000001",
      "ONED[1]0": "0x00046003",
      "POST[1]0": "0x01000000",
      "ENA[1]0": "0x0000ffff",
    });
    expect(values).not.toHaveProperty("MCNT[1]0");
  });

  it("refuse values that no register field holds, naming the layer", () => {
    const wide: LayerSketch = { ...bare, layer: { input: shape(1, 2000, 4), output: shape(1, 2000, 4) } };
    const { diagnostics } = sketchRegisters(sketchPlacement(devices.MAX78000, [wide]), devices.MAX78000);
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "AI3303 layer_0 needs 1999 for rows - 1, padding included (register RCNT); the hardware counts from 0 to 1023",
    ]);
  });
});

describe("layer registers of the MAX78002", () => {
  const streaming: LayerSketch = {
    layer: {
      input: shape(4, 11, 17),
      pool: { kind: "max", size: [2, 2], stride: [2, 2], dilation: [1, 1] },
      pooled: shape(4, 5, 8),
      output: shape(15, 5, 8),
      streaming: true,
    },
    convolution: { padding: [1, 1] },
    placement: { processors: 0xfn, outputProcessors: 0x7fffn },
    weights: { count: 15, outputSlots: 15 },
  };

  it("program the last pooling window and when a streaming layer starts", () => {
    const placement = sketchPlacement(devices.MAX78002, [streaming], { fifo: "standard" });
    expect(sketchRegisters(placement, devices.MAX78002).values).toMatchObject({
      "RCNT[0]0": "0x00148008",
      "CCNT[0]0": "0x0003800e",
      "STRIDE[0]0": "0x00000021",
      "LCTL[0]0": "0x008809a0",
      "LCTL2[0]0": "0x00070000",
      "MCNT1[0]0": "0x00000070",
      "OCHAN[0]0": "0x0000000e",
      "TPTR[0]0": "0x00000007",
      "STREAM1[0]0": "0x0000002b",
      "STREAM2[0]0": "0x00140020",
      "FMAX[0]0": "0x00000040",
      "IFRM[]0": "0x000000bb",
    });
  });

  it("count lines instead of windows on the other device", () => {
    const placement = sketchPlacement(devices.MAX78000, [streaming], { fifo: "standard" });
    expect(sketchRegisters(placement, devices.MAX78000).values).toMatchObject({
      "RCNT[0]0": "0x0001000c",
      "CCNT[0]0": "0x00010012",
      "STREAM1[0]0": "0x00000026",
      "STREAM2[0]0": "0x00110010",
      "FMAX[0]0": "0x00000039",
    });
  });

  it("keep depthwise results with their processors", () => {
    const map = 0xffffffffffffff00n;
    const depthwise: LayerSketch = {
      layer: {
        input: shape(111, 17, 19),
        pool: { kind: "max", size: [3, 3], stride: [2, 2], dilation: [1, 1] },
        pooled: shape(111, 8, 9),
        output: shape(111, 8, 9),
      },
      convolution: { kernel: [1, 1], groups: 111 },
      placement: { processors: map, outputProcessors: map, outputOffset: 0x4000 },
      weights: { count: 2 },
      bias: { quadrant: "all", offsets: [0, 0, 0, 0] },
    };
    expect(sketchRegisters(sketchPlacement(devices.MAX78002, [depthwise]), devices.MAX78002).values).toMatchObject({
      "RCNT[0]0": "0x002c000e",
      "CCNT[0]0": "0x00030010",
      "STRIDE[0]0": "0x00000041",
      "WPTR_BASE[0]0": "0x00011000",
      "WPTR_CHOFFS[0]0": "0x00000001",
      "LCTL[0]0": "0x200009a0",
      "LCTL2[0]0": "0x001b8011",
      "MCNT1[0]0": "0x00000008",
      "OCHAN[0]0": "0x00000007",
      "ONED[0]0": "0x00000103",
      "POST[0]0": "0x41001000",
      "POST[0]3": "0x41001000",
      "ENA[0]0": "0xff00ff00",
      "ENA[0]1": "0xffffffff",
    });
  });

  it("put a reset layer between an element-wise layer and average pooling", () => {
    const add: LayerSketch = {
      layer: {
        input: shape(4, 12, 12),
        eltwise: { operation: "add", operands: 2, poolFirst: true },
        output: shape(4, 12, 12),
      },
      placement: { processors: 0xfn, outputProcessors: 0xfn, outputOffset: 0x2000 },
    };
    const average: LayerSketch = {
      layer: {
        input: shape(4, 12, 12),
        pool: { kind: "average", size: [2, 2], stride: [2, 2], dilation: [1, 1] },
        pooled: shape(4, 6, 6),
        output: shape(4, 6, 6),
      },
      placement: { processors: 0xfn, outputProcessors: 0xfn, inputOffset: 0x2000, outputOffset: 0x4000 },
    };
    expect(sketchRegisters(sketchPlacement(devices.MAX78002, [add, average]), devices.MAX78002).values).toMatchObject({
      "RCNT[1]0": "0x00010000",
      "CCNT[1]0": "0x00010000",
      "STRIDE[1]0": "0x00000010",
      "WPTR_BASE[1]0": "0x00001000",
      "WPTR_TOFFS[1]0": "0x00002000",
      "RPTR_BASE[1]0": "0x00000800",
      "LCTL[1]0": "0x00000920",
      "ONED[1]0": "0x00000100",
      "POST[1]0": "0x03000000",
      "ENA[1]0": "0x00000001",
      "RCNT[2]0": "0x000e000a",
      "CCNT[2]0": "0x0002000a",
      "STRIDE[2]0": "0x00000021",
      "LCTL[2]0": "0x000008a0",
      "ENA[2]0": "0x0000000f",
    });
  });

  it("links layers on request", () => {
    const three = sketchPlacement(devices.MAX78002, [bare, bare, bare]);
    const linked = sketchRegisters(three, devices.MAX78002, { linkLayer: true }).values;
    expect(linked).toMatchObject({
      "NXTLYR[0]0": "0x00000081",
      "NXTLYR[1]0": "0x00000082",
      "NXTLYR[2]0": "0x00000100",
    });
  });

  const sequenced = (placement: Placement, sequence: Partial<NetworkSequence>): Placement => ({
    ...placement,
    network: {
      ...placement.network,
      sequence: { positions: null, onSnoop: [], snoop: null, simulated: null, ...sequence },
    },
  });

  it("links layers that do not use the register sets in order", () => {
    const three = sketchPlacement(devices.MAX78002, [bare, bare, bare]);
    const jumping = sketchRegisters(sequenced(three, { positions: [0, 2, 1] }), devices.MAX78002).values;
    expect(jumping).toMatchObject({
      "NXTLYR[0]0": "0x00000082",
      "NXTLYR[1]0": "0x00000100",
      "NXTLYR[2]0": "0x00000081",
    });
  });

  it("links a layer to the one that a snoop unit may lead to, or to the hidden layer in front of it", () => {
    const add: LayerSketch = { ...bare, layer: { eltwise: { operation: "add", operands: 2, poolFirst: true } } };
    const average: LayerSketch = {
      ...bare,
      layer: { pool: { kind: "average", size: [1, 1], stride: [1, 1], dilation: [1, 1] } },
    };
    const four = sketchPlacement(devices.MAX78002, [bare, bare, add, average]);
    const onSnoop = (next: number) => sequenced(four, { onSnoop: [{ layer: 0, next }] });
    expect(sketchRegisters(onSnoop(2), devices.MAX78002).values).toMatchObject({ "NXTLYR[0]0": "0x00000082" });
    expect(sketchRegisters(onSnoop(3), devices.MAX78002).values).toMatchObject({ "NXTLYR[0]0": "0x00000083" });
    expect(sketchRegisters(onSnoop(3), devices.MAX78002).values).toHaveProperty("RCNT[4]0");
  });

  it("keep zero writes of later layers out of the stream registers of the first", () => {
    const nine = sketchPlacement(
      devices.MAX78002,
      Array.from({ length: 9 }, () => bare),
    );
    const { values } = sketchRegisters(nine, devices.MAX78002, { writeZeroRegisters: true });
    expect(values).toHaveProperty("STREAM1[7]0");
    expect(values).toHaveProperty("CCNT[8]0");
    expect(values).not.toHaveProperty("STREAM1[8]0");
  });
});
