import { describe, expect, it } from "vitest";
import {
  biasAddress,
  dataAddress,
  devices,
  encodeRegister,
  registerAddress,
  registerTables,
  weightAddress,
  type DeviceName,
  type Program,
  type RegisterWriteOperation,
} from "../../targets/index.ts";
import type { FieldValues } from "../../targets/accelerator/register.ts";
import { Machine, checkKnownAnswer, readOutput, simulate } from "./index.ts";

/** Hand-made programs for quadrant 0 of either device. */
class Bench {
  readonly machine: Machine;
  readonly name: DeviceName;

  constructor(name: DeviceName) {
    this.name = name;
    this.machine = new Machine(devices[name]);
  }

  operation(register: string, layer: number, values: FieldValues): RegisterWriteOperation {
    const spec = registerTables[this.name][register];
    if (spec === undefined) throw new Error(`no register ${register}`);
    const address = registerAddress(devices[this.name], spec, 0, layer);
    return { kind: "register", register, quadrant: 0, layer, address, value: encodeRegister(spec, values), label: "" };
  }

  set(register: string, layer: number, values: FieldValues): this {
    const { address, value } = this.operation(register, layer, values);
    this.machine.write32(address, value);
    return this;
  }

  /** Rows and columns without padding or pooling. */
  size(layer: number, rows: number, columns: number): this {
    if (this.name === "MAX78000")
      return this.set("RCNT", layer, { count: rows - 1 }).set("CCNT", layer, { count: columns - 1 });
    this.set("RCNT", layer, { last: rows - 1, advance: 1 }).set("CCNT", layer, { last: columns - 1, advance: 1 });
    return this.set("STRIDE", layer, { step: 1 });
  }

  /** 1x1 convolution from processor 0 to processor 0 with one output. */
  pointwise(
    layer: number,
    options: { readonly weightSize?: string; readonly post?: FieldValues; readonly wide?: boolean } = {},
  ): this {
    this.set("LCTL", layer, { master: 1, globalWrite: 1, poolMode: "max", wide: options.wide ?? false });
    this.set("ONED", layer, { kernelLength: 1 });
    this.set("POST", layer, { weightSize: options.weightSize ?? "bits8", ...options.post });
    this.set("WPTR_MOFFS", layer, { words: 2 ** devices[this.name].dataMemory.writePointerShift });
    return this.set("ENA", layer, { processors: 1, masks: 1 });
  }

  weights(column: number, bytes: readonly number[]): this {
    const nine = [...Array.from({ length: 9 - bytes.length }, () => 0), ...bytes.toReversed()];
    const words = [nine[0] as number, big(nine.slice(1, 5)), big(nine.slice(5)), 0];
    words.forEach((word, i) => this.machine.write32(weightAddress(devices[this.name], 0, column) + 4 * i, word));
    return this;
  }

  /** One pixel per word, in lane 0 of the first instance. */
  input(pixels: readonly number[], byteOffset = 0): this {
    pixels.forEach((pixel, i) =>
      this.machine.write32(dataAddress(devices[this.name], 0, byteOffset + 4 * i), pixel & 0xff),
    );
    return this;
  }

  start(values: FieldValues = {}): this {
    return this.set("CTL", 0, { clockEnable: 1, ...values }).set("CTL", 0, { clockEnable: 1, start: 1, ...values });
  }

  output(count: number, byteOffset: number, bits: 8 | 32 = 8): number[] {
    const location = { channels: 1, height: 1, width: count, processors: [0], offset: byteOffset, writeGap: 0, bits };
    return [...readOutput(this.machine, location)];
  }
}

const big = (bytes: readonly number[]): number => bytes.reduce((word, byte) => word * 256 + (byte & 0xff), 0);

const outputAt = 0x1000;
const target = { word: outputAt / 4 };

/** Four pixels are read from word 4 on and written from `word` on. */
function problemsWhenWritingTo(name: DeviceName, word: number): string[] {
  const bench = new Bench(name)
    .size(0, 1, 4)
    .pointwise(0)
    .set("RPTR_BASE", 0, { word: 4 })
    .set("WPTR_BASE", 0, { word });
  return bench.weights(0, [64]).input([2, 4, 6, 8], 16).start().machine.problems;
}

describe.each(["MAX78000", "MAX78002"] as const)("%s", (name) => {
  it("rounds half up and saturates", () => {
    const pixels = [64, -64, 3, -3, 127, -128];
    const bench = new Bench(name).size(0, 1, 6).pointwise(0).set("WPTR_BASE", 0, target);
    bench.weights(0, [3]).input(pixels).start();
    // 192/128 = 1.5, -1.5, 9/128, -9/128, 2.98, -3
    expect(bench.output(6, outputAt)).toEqual([2, -1, 0, 0, 3, -3]);
    expect(bench.machine.problems).toEqual([]);
    expect(bench.machine.log.map(({ layer }) => layer)).toEqual([0]);
  });

  it.each([
    [{ shift: 7 }, [127, -128, 9]],
    [{ shift: 7, abs: 1 }, [127, 127, 9]],
    [{ shift: 2, shiftRight: 1 }, [1, -1, 0]],
  ])("shifts by %j", (post, expected) => {
    const bench = new Bench(name).size(0, 1, 3).pointwise(0, { post }).set("WPTR_BASE", 0, target);
    bench.weights(0, [3]).input([127, -128, 3]).start();
    expect(bench.output(3, outputAt)).toEqual(expected);
  });

  it("adds 128 times the bias and keeps wide results unrounded", () => {
    const bench = new Bench(name).size(0, 1, 2).pointwise(0, { wide: true, post: { biasEnable: 1, biasAddress: 5 } });
    bench
      .set("WPTR_BASE", 0, target)
      .weights(0, [-3 & 0xff])
      .input([100, -100]);
    bench.machine.write32(biasAddress(devices[name], 0, 5), 0xfe);
    bench.start();
    expect(bench.output(2, outputAt, 32)).toEqual([-300 - 256, 300 - 256]);
    expect(bench.machine.problems).toEqual([]);
  });

  it.each([
    ["bits4", [0x7f], [-1, 7]],
    ["bits2", [0b10_01_11_00], [0, -1]],
    ["bits1", [0b10], [0, -1]],
  ])("reads consecutive %s weights from one byte", (weightSize, bytes, expected) => {
    const size = { bits4: 4, bits2: 2, bits1: 1 }[weightSize] as number;
    const bench = new Bench(name).size(0, 1, 1).pointwise(0, { weightSize, wide: true }).set("WPTR_BASE", 0, target);
    bench.set("LCTL2", 0, { channels: size });
    if (name === "MAX78000") bench.set("MCNT", 0, { last: size });
    else bench.set("MCNT1", 0, { last: size }).set("OCHAN", 0, { last: 1 });
    bench.weights(0, bytes).input([1]).start();
    const words = [0, 1].map((i) => bench.machine.read32(dataAddress(devices[name], 0, outputAt + 4 * i)));
    expect(words.map((word) => word | 0)).toEqual(expected);
  });

  it("runs layer after layer, the first result feeding the second layer", () => {
    const bench = new Bench(name).set("LCNT_MAX", 0, { last: 1 });
    bench.size(0, 1, 2).pointwise(0).set("WPTR_BASE", 0, target);
    bench.size(1, 1, 2).pointwise(1).set("RPTR_BASE", 1, target).set("WPTR_BASE", 1, { word: 8 });
    bench.weights(0, [64]).input([100, -50]).start();
    expect(bench.output(2, 32)).toEqual([25, -12]);
    expect(bench.machine.log.map(({ layer }) => layer)).toEqual([0, 1]);
  });

  it("waits for the FIFO after the start", () => {
    const bench = new Bench(name).size(0, 1, 2).pointwise(0).set("WPTR_BASE", 0, target).weights(0, [64]);
    bench.set("IFRM", 0, { words: 2 }).set("FIFO_CTL", 0, { enable: 1 }).start({ fifo: 1 });
    bench.set("FIFO_WR0", 0, { data: 100 });
    expect(bench.machine.waitingFor).toBe("FIFO 0 has 1 of 2 words");
    bench.set("FIFO_WR0", 0, { data: 0xce });
    expect(bench.machine.waitingFor).toBe(null);
    expect(bench.output(2, outputAt)).toEqual([50, -25]);
  });

  it("starts again on the next rising edge of the start bit only", () => {
    const bench = new Bench(name)
      .size(0, 1, 1)
      .pointwise(0)
      .set("WPTR_BASE", 0, target)
      .weights(0, [64])
      .input([2])
      .start();
    bench.set("CTL", 0, { clockEnable: 1, start: 1 });
    expect(bench.machine.log.length).toBe(1);
    bench.input([4]).start();
    expect(bench.machine.log.length).toBe(2);
    expect(bench.output(1, outputAt)).toEqual([2]);
  });

  it("tells the results of a layer and the words it wrote", () => {
    const bench = new Bench(name).size(0, 1, 2).pointwise(0).set("WPTR_BASE", 0, target).weights(0, [64]).input([2, 4]);
    const seen: unknown[] = [];
    bench.machine.onLayer = ({ layer, rows, columns, values, written }) =>
      seen.push({ layer, rows, columns, values: [...values], written });
    bench.start();
    const address = dataAddress(devices[name], 0, outputAt);
    const written = [
      { address, word: 1 },
      { address: address + 4, word: 2 },
    ];
    expect(seen).toEqual([{ layer: 0, rows: 1, columns: 2, values: [1, 2], written }]);
  });

  it("finishes self tests at once and clears what they cover", () => {
    const bench = new Bench(name).input([1]).weights(0, [1]).set("SRAM_TEST", 0, { runData: 1, runMask: 1 });
    const test = registerTables[name]["SRAM_TEST"]!;
    const status = bench.machine.read32(registerAddress(devices[name], test, 0, 0));
    expect((status >>> 18) & 0xf).toBe(3);
    expect(bench.machine.read32(dataAddress(devices[name], 0, 0))).toBe(0);
    expect(bench.machine.read32(weightAddress(devices[name], 0, 0) + 8)).toBe(0);
  });

  describe("reports", () => {
    it("writes to addresses where nothing is", () => {
      const { machine } = new Bench(name);
      machine.write32(0x60000000, 1);
      machine.write32(0x60000000, 1);
      expect(machine.problems).toEqual(["write to unmapped address 0x60000000 (2 times)"]);
    });

    it("outputs that depend on data memory nobody wrote, but not others", () => {
      const bench = new Bench(name)
        .size(0, 1, 3)
        .pointwise(0)
        .set("WPTR_BASE", 0, target)
        .weights(0, [64])
        .input([2, 4])
        .start();
      bench.output(2, outputAt);
      expect(bench.machine.problems).toEqual([]);
      bench.output(3, outputAt);
      expect(bench.machine.problems).toEqual([
        "1 of 3 output values were never written or computed from what was never written: " +
          "layer 0 reads 1 bytes that were never written, first at byte 0x8 by processor 0",
      ]);
    });

    it("weights nobody wrote", () => {
      const bench = new Bench(name).size(0, 1, 1).pointwise(0).set("WPTR_BASE", 0, target).input([2]).start();
      bench.output(1, outputAt);
      expect(bench.machine.problems[0]).toContain("layer 0 reads 1 kernels that were never written");
    });

    it("a layer that overwrites input it has not read yet", () => {
      expect(problemsWhenWritingTo(name, 4)).toEqual([]);
      expect(problemsWhenWritingTo(name, 2)).toEqual([]);
      expect(problemsWhenWritingTo(name, 5)).toEqual(["layer 0: 3 results overwrite input that is still to be read"]);
    });

    it("results beyond the end of data memory", () => {
      const words = devices[name].dataMemory.instanceBytes / 4;
      const bench = new Bench(name)
        .size(0, 1, 4)
        .pointwise(0)
        .set("WPTR_BASE", 0, { word: words - 2, instance: 15 });
      bench.weights(0, [64]).input([2, 4, 6, 8]).start();
      expect(bench.machine.problems).toEqual(["layer 0: 2 results are written outside data memory"]);
    });
  });
});

describe("what only MAX78002 has", () => {
  it.each([
    [14, []],
    [6, []],
    [13, ["layer 0: 1 results overwrite input that is still to be read"]],
    [10, ["layer 0: 1 results overwrite input that is still to be read"]],
  ])("does not take the words that a read gap skips for input (results from word %i)", (word, problems) => {
    // Pixels at the words 4, 7, 10 and 13.
    const bench = new Bench("MAX78002").size(0, 1, 4).set("STRIDE", 0, { step: 3 }).pointwise(0);
    bench.set("RPTR_BASE", 0, { word: 4 }).set("WPTR_BASE", 0, { word }).weights(0, [64]);
    for (const [pixel, value] of [2, 4, 6, 8].entries()) bench.input([value], 16 + 12 * pixel);
    expect(bench.start().machine.problems).toEqual(problems);
    expect(bench.output(4, 4 * word)).toEqual([1, 2, 3, 4]);
  });

  it("follows links and stops where NXTLYR says so", () => {
    const bench = new Bench("MAX78002").set("LCNT_MAX", 0, { last: 3, first: 1 });
    for (const layer of [1, 2, 3]) bench.size(layer, 1, 1).pointwise(layer).set("WPTR_BASE", layer, target);
    bench.set("NXTLYR", 1, { link: 1, layer: 3 }).set("NXTLYR", 3, { stop: 1 }).weights(0, [64]).input([2]).start();
    expect(bench.machine.log.map(({ layer }) => layer)).toEqual([1, 3]);
  });

  it.each([
    [1, [0, 2]],
    [7, [0, 1, 2]],
  ])("takes a link that a snoop unit decides about only when it has seen its word (%i)", (word, layers) => {
    const bench = new Bench("MAX78002").set("LCNT_MAX", 0, { last: 2 }).weights(0, [64]).input([2]);
    for (const layer of [0, 1, 2]) bench.size(layer, 1, 1).pointwise(layer).set("WPTR_BASE", layer, target);
    bench.set("SNP2_A1", 0, { value: 2 ** 21 + outputAt / 4 }).set("SNP2_D1", 0, { value: word });
    bench
      .set("SNP2_C1", 0, { value: 0x82022005 })
      .set("SNP2_C2", 0, { value: 0x3000 })
      .set("NXTLYR", 0, { link: 1, layer: 2 })
      .start();
    expect(bench.machine.log.map(({ layer }) => layer)).toEqual(layers);
  });

  it("gives up on links that form a loop", () => {
    const bench = new Bench("MAX78002").set("LCNT_MAX", 0, { last: 3 }).weights(0, [64]).input([2]);
    for (const layer of [0, 1]) bench.size(layer, 1, 1).pointwise(layer).set("WPTR_BASE", layer, target);
    bench.set("NXTLYR", 1, { link: 1, layer: 0 }).start();
    expect(bench.machine.problems).toEqual(["layer 1 is reached again and again: the links of NXTLYR form a loop"]);
  });

  it("reports a row advance that does not lead to the next row", () => {
    const bench = new Bench("MAX78002").size(0, 2, 2).pointwise(0).set("WPTR_BASE", 0, target);
    bench.set("RCNT", 0, { last: 1, advance: 2 }).weights(0, [64]).input([2, 4, 6, 8]).start();
    expect(bench.machine.problems).toEqual(["layer 0: RCNT.advance is 2 words; the next row starts after 1"]);
  });
});

/** Two layers that halve one pixel, stopping after each. */
function oneShot(steps: number): Program {
  const bench = new Bench("MAX78002");
  const base = { clockEnable: 1, oneShot: 1 };
  const pointwise = (layer: number): RegisterWriteOperation[] => [
    bench.operation("RCNT", layer, { advance: 1 }),
    bench.operation("CCNT", layer, { advance: 1 }),
    bench.operation("STRIDE", layer, { step: 1 }),
    bench.operation("LCTL", layer, { master: 1, globalWrite: 1 }),
    bench.operation("RPTR_BASE", layer, { word: layer }),
    bench.operation("WPTR_BASE", layer, { word: layer + 1 }),
    bench.operation("ENA", layer, { processors: 1, masks: 1 }),
  ];
  const weights = [0, 0, 0x40, 0].map((word, i) => ({
    address: weightAddress(devices.MAX78002, 0, 0) + 4 * i,
    word,
  }));
  const input = {
    kind: "block",
    address: dataAddress(devices.MAX78002, 0, 0),
    words: Uint32Array.of(100),
    width: 4,
    step: 4,
    label: "",
  } as const;
  return {
    format: "ai8xc-program",
    version: 1,
    name: "tiny",
    device: "MAX78002",
    settings: {
      fifo: "none",
      streaming: false,
      mexpress: false,
      averagePoolRounding: false,
      oneShot: true,
      oneShotSteps: steps,
      pipeline: true,
      pll: true,
      zeroSram: false,
      finalWeightBits: 8,
    },
    quadrants: [0],
    layers: [],
    phases: {
      init: [bench.operation("CTL", 0, { clockEnable: 1 }), bench.operation("LCNT_MAX", 0, { last: 1 })],
      loadWeights: weights.map(({ address, word }) => ({ ...input, address, words: Uint32Array.of(word) })),
      loadBias: [],
      configure: [...pointwise(0), ...pointwise(1)],
      loadInput: [input],
      start: [bench.operation("CTL", 0, base), bench.operation("CTL", 0, { ...base, start: 1 })],
    },
    weights: [],
    bias: [],
    input: { channels: 1, height: 1, width: 1, format: "HWC", arrays: [] },
    outputs: [
      {
        name: "out",
        layer: 1,
        location: { channels: 1, height: 1, width: 1, processors: [0], offset: 8, writeGap: 0, bits: 8 },
        finalScale: 0,
      },
    ],
    knownAnswer: null,
    cycles: null,
    resources: {
      weightBytes: 0,
      weightBytesTotal: 0,
      biasBytes: 0,
      biasBytesTotal: 0,
      dataBytes: 0,
      dataBytesTotal: 0,
    },
  };
}

describe("simulate", () => {
  it("continues a one-shot run to its end", () => {
    const { machine, problems, log } = simulate(oneShot(1));
    expect(problems).toEqual([]);
    expect(log.length).toBe(2);
    const address = dataAddress(devices.MAX78002, 0, 8);
    const block = { address, mask: 0xff, words: Uint32Array.of(26) };
    expect(checkKnownAnswer(machine, [block])).toEqual([{ address, expected: 26, actual: 25 }]);
  });

  it("reports a run that was not continued, and outputs it did not write", () => {
    expect(simulate(oneShot(0)).problems).toEqual([
      "inference does not finish: it is paused between two layers",
      "1 of 1 output values were never written or computed from what was never written",
    ]);
  });
});
