import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { executeNetwork } from "../compiler/execute-network.ts";
import { randomSample, randomWeights } from "../compiler/passes/random-weights.ts";
import { defineModel, type Model, type Pins } from "../dsl/index.ts";
import { simulate } from "../runtime/simulator/index.ts";
import { unloadResult } from "../targets/emit/index.ts";
import { devices, type DeviceName } from "../targets/index.ts";
import { writeModel } from "./export/written-networks.ts";

const request = (model: Model, device: DeviceName) => ({
  model,
  device: devices[device],
  weights: randomWeights(model, 1),
  sample: randomSample(model, 1),
});

const findings = (model: Model, device: DeviceName = "MAX78002"): string[] =>
  compile(request(model, device)).diagnostics.map(({ code, message }) => `${code} ${message}`);

function compiled(model: Model, device: DeviceName = "MAX78002") {
  const result = compile(request(model, device));
  const { program, placement, network } = result;
  if (program === undefined || placement === undefined || network === undefined) {
    throw new Error(result.diagnostics.map(({ message }) => message).join("\n"));
  }
  return { program, placement, network, diagnostics: result.diagnostics };
}

const sequenced = (options: object, pins: Readonly<Record<string, Pins>> = {}) =>
  defineModel(
    { name: "order", device: "MAX78002", input: { shape: [4, 8, 8], format: "HWC" }, ...options },
    (x) =>
      x
        .conv2d(8, { name: "a", kernel: 3, padding: 1 })
        .conv2d(8, { name: "b", kernel: 1 })
        .conv2d(8, { name: "c", kernel: 3, padding: 1 })
        .conv2d(4, { name: "d", kernel: 1, wide: true }),
    pins,
  );

/** Layers with the numbers 1, 3, 0, 2 in the order of their data. */
const numbered = { a: { layer: 1 }, b: { layer: 3 }, c: { layer: 0 }, d: { layer: 2 } };
const inDataOrder = { start: "a", next: { a: "b", b: "c", c: "d", d: "stop" } };

describe("layers out of order", () => {
  const model = sequenced({ sequence: inDataOrder }, numbered);

  it("run in the order the model says, on the simulator too", () => {
    const { program, network } = compiled(model);
    expect(network.layers.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
    const { log, problems } = simulate(program);
    expect(problems).toEqual([]);
    expect(log.map(({ layer }) => layer)).toEqual([1, 3, 0, 2]);
  });

  it("may have any numbers", () => {
    const names = ["a", "b", "c", "d"];
    const numbers = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 });
    const property = fc.property(numbers, (given) => {
      const pins = Object.fromEntries(names.map((name, i) => [name, { layer: given[i]! }]));
      const next = Object.fromEntries(names.map((name, i) => [name, names[i + 1] ?? "stop"]));
      const { program } = compiled(sequenced({ sequence: { start: "a", next } }, pins));
      expect(simulate(program).log.map(({ layer }) => layer)).toEqual(given);
    });
    fc.assert(property, { numRuns: 24, seed: 7 });
  });

  it("compute what layers in order compute", () => {
    const sample = randomSample(model, 1)!;
    const [jumping, plain] = [model, sequenced({})].map((one) => executeNetwork(compiled(one).network, sample));
    expect(jumping).toEqual(plain);
  });

  it("are described for the reference generator, with the layer to start at", () => {
    const { description, generatorOptions } = writeModel(model);
    expect(generatorOptions).toContain("--start-layer 1");
    expect(description.match(/name: \w|next_sequence: \w+/g)).toEqual([
      "name: c",
      "next_sequence: d",
      "name: a",
      "next_sequence: b",
      "name: d",
      "next_sequence: stop",
      "name: b",
      "next_sequence: c",
    ]);
  });

  it("need numbers or links that pass each of them once", () => {
    expect(findings(sequenced({ sequence: { next: { a: "c", c: "b", b: "d" } } }))).toEqual([
      "AI1520 'c': it reads layer 2; only layers before it (1) can be read",
    ]);
    expect(findings(sequenced({ sequence: { next: { b: "d" } } }))).toEqual([
      "AI1540 'c' never runs: no layer leads to it",
    ]);
    expect(findings(sequenced({ sequence: { next: { d: "b" } } }))).toEqual([
      "AI1540 execution returns from 'd' to 'b', which has run already",
    ]);
  });

  it("keep inserted copies with the layer they follow", () => {
    const averaged = defineModel(
      {
        name: "split",
        device: "MAX78002",
        input: { shape: [4, 8, 8], format: "HWC" },
        sequence: { start: "b", next: { b: "a", a: "c", c: "d" } },
      },
      (x) => {
        const a = x.conv2d(8, { name: "a", kernel: 1 });
        const b = x.conv2d(8, { name: "b", kernel: 3, padding: 1 });
        const c = x.conv2d(6, { name: "c", kernel: 1 }).avgPool2d(2);
        return [a.conv2d(8, { name: "d", kernel: 1 }), b, c];
      },
    );
    expect(findings(averaged)[0]).toMatch(/^AI15\d\d/);
  });
});

const watching = { unit1: { A1: 0x200400, D1: 1, C1: 0x82022005, C2: 0x3000 } };
const places = {
  a: { processors: 0xfn, outputProcessors: 0xffn, outputOffset: 0x1000 },
  b: { processors: 0xffn, outputProcessors: 0xffn, outputOffset: 0x2000 },
  c: { processors: 0xffn, outputProcessors: 0xffn, outputOffset: 0x1000 },
  d: { processors: 0xffn, outputProcessors: 0xfn, outputOffset: 0x4000 },
};
const jump = { onSnoop: { a: "d" } };

describe("layers that a snoop unit leaves out", () => {
  it("run with the sample when the unit sees nothing", () => {
    const { program } = compiled(sequenced({ snoop: watching, sequence: jump }, places));
    expect(simulate(program).log.map(({ layer }) => layer)).toEqual([0, 1, 2, 3]);
  });

  it("do not run with the sample when the unit sees its word", () => {
    const stopping = { ...jump, simulated: ["a"] };
    const stopped = compiled(sequenced({ snoop: watching, sequence: stopping }, places));
    const [known] = stopped.program.knownAnswer!;
    expect(known?.address).toBe(0x51800000 + places.a.outputOffset);
    const seen = { unit1: { ...watching.unit1, D1: known!.words[0]! } };
    const { program, diagnostics } = compiled(
      sequenced({ snoop: seen, sequence: { ...jump, simulated: ["a", "d"] } }, places),
    );
    expect(diagnostics).toEqual([]);
    expect(simulate(program).log.map(({ layer }) => layer)).toEqual([0, 3]);
  });

  describe("behind the layer where a unit ends execution", () => {
    const { program } = compiled(sequenced({ snoop: watching, sequence: { simulated: ["a"] } }, places));
    const word = program.knownAnswer![0]!.words[0]!;
    const stops = (registers: object, sequence: object = { simulated: ["a"] }) =>
      sequenced({ snoop: { unit1: { ...watching.unit1, D1: word, C1: 0x82022003, ...registers } }, sequence }, places);

    it("do not run with the sample", () => {
      const { program: stopped, diagnostics } = compiled(stops({}));
      expect(diagnostics).toEqual([]);
      expect(simulate(stopped).log.map(({ layer }) => layer)).toEqual([0]);
      // The last byte of its only word lies in a range of that byte alone.
      const byte = word >>> 24;
      const range = { A2: watching.unit1.A1, D1: byte, D2: byte, C1: 0x62055003 };
      expect(findings(stops(range))).toEqual([]);
    });

    it("are missed when the model says that they run, and the other way round", () => {
      expect(findings(stops({}, {}))).toEqual([
        "AI2613 nothing runs on the simulator, where the model says b; results from there on were not compared",
      ]);
      expect(findings(stops({ D1: word ^ 1 }))).toEqual([
        "AI2613 b runs on the simulator, where the model says nothing; results from there on were not compared",
      ]);
    });

    it("are unknown when a count decides", () => {
      const byCount = { C1: 0x82522003, C2: 0x4000, X1: 1, X2: 1 };
      const unknown =
        "AI2613 it is not known what runs with the sample: snoop unit 1: which matches its count includes is not known";
      expect(findings(stops(byCount))).toEqual([unknown]);
      expect(findings(stops(byCount, {}))).toEqual([unknown]);
    });
  });

  it("may be those that add rows to a rolling buffer", () => {
    const rolling = (sequence: object) =>
      defineModel(
        { name: "r", device: "MAX78002", input: { shape: [4, 8], format: "HWC" }, snoop: watching, sequence },
        (x) => {
          const first = x.conv1d(8, { name: "first", kernel: 1 });
          const newest = first.conv1d(4, { name: "newest", kernel: 1 });
          return newest.rollingBuffer(12, { name: "kept" }).conv1d(4, { name: "last", kernel: 3 });
        },
      );
    const { layers } = compiled(rolling({})).network;
    const mover = layers.find(({ recalls }) => recalls)!;
    const before = layers.slice(
      0,
      layers.findIndex(({ name }) => name === "newest"),
    );
    expect(before).toContain(mover);
    const names = before.map(({ origins }) => origins.at(-1)!.name);
    // It ends there without a unit that stops it.
    expect(findings(rolling({ simulated: names }))).toContain(
      "AI2613 newest runs on the simulator, where the model says nothing; results from there on were not compared",
    );
  });

  it("leave the known answer alone, or it is not expected", () => {
    const ending = (...simulated: string[]) => findings(sequenced({ sequence: { simulated } }, places));
    expect(ending("a", "b")).toEqual([]);
    expect(ending("a")).toEqual([
      "AI2613 a is to run last with the sample, but nothing ends execution there; layers behind it overwrite the known answer",
    ]);
  });

  it("are compared as far as the simulator follows", () => {
    const unseen = sequenced({ snoop: watching, sequence: { ...jump, simulated: ["a", "d"] } }, places);
    expect(findings(unseen)).toEqual([
      "AI2613 b runs on the simulator, where the model says d; results from there on were not compared",
    ]);
  });

  it.each([
    [
      "a jump without a snoop unit",
      { sequence: jump },
      places,
      /^AI1543 'a': the snoop unit leads from it to 'd', but no/,
    ],
    [
      "a jump backward",
      { snoop: watching, sequence: { onSnoop: { c: "a" } } },
      places,
      /^AI1543 'c': .*'a', which runs before it/,
    ],
    [
      "a jump to a layer that would find another shape",
      { snoop: watching, sequence: { onSnoop: { a: "c" } } },
      { ...places, b: { ...places.b, outputOffset: 0x3000 } },
      /^AI3050 when a snoop unit leads from a to c, this reads b, which is left out; a is stored elsewhere \(outputOffset\)/,
    ],
    [
      "links for both purposes",
      { snoop: watching, sequence: { ...inDataOrder, ...jump } },
      { a: { layer: 1 }, b: { layer: 3 }, c: { layer: 0 }, d: { layer: 2 } },
      /^AI1543 'a': .*links that layers out of order use/,
    ],
    [
      "a path that no link takes",
      { snoop: watching, sequence: { simulated: ["a", "d"] } },
      places,
      /^AI1543 .*'d' is to run after 'a' with the sample; no link leads there/,
    ],
  ])("cannot be %s", (_, options, pins, message) => {
    expect(findings(sequenced(options, pins))[0]).toMatch(message);
  });

  it("are described for the reference generator", () => {
    const { description } = writeModel(sequenced({ snoop: watching, sequence: { ...jump, simulated: ["a"] } }, places));
    expect(description).toContain("snoop: [0x200400, 0, 1, 0, 0, 0, 0x82022005, 0x3000, 0,");
    expect(description).toContain("snoop_sequence: 3\n    simulated_sequence: stop");
  });
});

describe("the text of stages", () => {
  it("says what runs when, and what is read out", () => {
    const stages: string[] = [];
    const unload = [
      { tensor: "b", rows: [0, 2] },
      { name: "raw", processors: 0xfn, channels: 4, height: 1, offset: 16 },
    ];
    const model = sequenced({ snoop: watching, sequence: { ...jump, simulated: ["a"] }, unload }, places);
    compile({ ...request(model, "MAX78002"), onStage: (_, text) => stages.push(text) });
    expect(stages[0]).toContain('sequence {"onSnoop":{"a":"d"},"simulated":["a"]}');
    expect(stages[1]).toContain("on snoop: a -> d\n");
    expect(stages[1]).toContain(
      "with the sample: a\nunload b: channels 0-8, rows 0-2\nunload raw: 4x1x1 of 8 bits at ",
    );
  });
});

describe("operators without a layer", () => {
  it("cannot be named", () => {
    const model = defineModel(
      {
        name: "dropped",
        device: "MAX78002",
        input: { shape: [4, 8, 8], format: "HWC" },
        sequence: { start: "drop" },
        unload: [{ tensor: "drop" }],
      },
      (x) => x.dropout(0.5, { name: "drop" }).conv2d(4, { kernel: 1 }),
    );
    expect(findings(model)).toContain('AI1541 "drop" is named in the sequence, but not part of any layer');
    expect(findings(model)).toContain('AI1541 "drop" is to be read out, but no layer makes it');
  });

  it("stay when they were given one, although nothing reads them", () => {
    const unread = (pins: Readonly<Record<string, Pins>>) =>
      defineModel(
        { name: "unread", device: "MAX78000", input: { shape: [4, 8, 8], format: "HWC" } },
        (x) => {
          x.conv2d(4, { name: "aside", kernel: 1 });
          return x.conv2d(4, { name: "result", kernel: 1 });
        },
        pins,
      );
    expect(compiled(unread({}), "MAX78000").network.layers).toHaveLength(1);
    const kept = compiled(unread({ aside: { layer: 0 }, result: { layer: 1 } }), "MAX78000");
    expect(kept.network.layers.map(({ name }) => name)).toEqual(["aside", "result"]);
  });
});

describe("custom read-out lists", () => {
  const body = { name: "list", input: { shape: [3, 6, 5], format: "HWC" } } as const;
  const read = (device: DeviceName, unload: object) =>
    defineModel({ ...body, device, ...unload }, (x) => {
      const many = x.conv2d(100, { name: "many", kernel: 1 });
      return many.conv2d(6, { name: "few", kernel: 3, padding: 1, wide: true });
    });

  it.each(["MAX78000", "MAX78002"] as const)("deliver parts of results, in their order, on %s", (device) => {
    const unload = [
      { tensor: "few", channels: [1, 4], rows: [2, 5] },
      { tensor: "many", channels: [60, 71] },
      { tensor: "many", rows: [1, 3] },
    ];
    const model = read(device, { unload });
    const { program, network } = compiled(model, device);
    const [many, few] = executeNetwork(network, randomSample(model, 1)!);
    const { machine } = simulate(program);
    const words = unloadResult(program, devices[device], (address) => machine.read32(address));
    const bytes = new Int8Array(words.buffer);
    const plane = (values: Int32Array, channel: number, from: number, to: number) =>
      values.slice(channel * 30 + 5 * from, channel * 30 + 5 * to);
    const channels = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);
    const narrow = (first: number, end: number, from: number, to: number) =>
      channels(first, end).flatMap((channel) => [...plane(many!, channel, from, to)]);
    // 32-bit results come pixel by pixel, up to four channels each.
    const pixels = Array.from({ length: 15 }, (_, pixel) => pixel);
    const wide = pixels.flatMap((pixel) => channels(1, 4).map((channel) => plane(few!, channel, 2, 5)[pixel]));
    expect(Array.from(words.slice(0, 45), (word) => word | 0)).toEqual(wide);
    expect(Array.from(bytes.slice(180, 180 + 330))).toEqual(narrow(60, 71, 0, 6));
    expect(Array.from(bytes.slice(180 + 332, 180 + 332 + 1000))).toEqual(narrow(0, 100, 1, 3));
    expect(words).toHaveLength(45 + 83 + 250);
  });

  it("make what they name part of the known answer", () => {
    const { program } = compiled(read("MAX78000", { unload: [{ tensor: "many" }] }), "MAX78000");
    const words = program.knownAnswer!.reduce((sum, block) => sum + block.words.length, 0);
    // 100 channels of 30 pixels, four to a word, and 6 wide ones.
    expect(words).toBe(25 * 30 + 6 * 30);
  });

  it("deliver memory as it is, in 8 or 32 bits", () => {
    const memory = (bits: 8 | 32) => ({
      name: "raw",
      processors: 0xfn,
      channels: 4,
      height: 2,
      width: 2,
      offset: 0x100,
      bits,
    });
    const model = read("MAX78000", { unload: [memory(32), memory(8)] });
    const { program } = compiled(model, "MAX78000");
    const words = unloadResult(program, devices.MAX78000, (address) => address);
    const first = 0x50400000 + 0x100;
    expect(Array.from(words.slice(0, 16))).toEqual(Array.from({ length: 16 }, (_, i) => first + 4 * i));
    const bytes = new Uint8Array(words.buffer).slice(64);
    expect(Array.from(bytes)).toEqual(
      [0, 1, 0x40, 0x50].flatMap((byte) => (byte === 0 ? [0, 4, 8, 12] : Array(4).fill(byte))),
    );
  });

  it("are described for the reference generator, unless it would read something else", () => {
    const one = (item: object) => read("MAX78000", { unload: [item] });
    expect(writeModel(one({ tensor: "many", channels: [0, 2] })).description).toMatch(
      /unload:\n {2}- processors: 0x\w+\n {4}channels: 2\n {4}dim: \[6, 5\]/,
    );
    expect(writeModel(one({ tensor: "few" })).diagnostics[0]).toMatchObject({ code: "AI6214" });
  });
});
