import { dataAddress, registerAddress } from "../../targets/accelerator/address.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type {
  BusOperation,
  InputArray,
  KnownAnswerBlock,
  Program,
  ProgramOutput,
  ProgramSettings,
  RegisterWriteOperation,
} from "../../targets/accelerator/program.ts";
import { encodeRegister, type FieldValues, type RegisterSpec } from "../../targets/accelerator/register.ts";
import { registerTables } from "../../targets/index.ts";

/** Small Programs written by hand: not compiled from any network, but with every kind of operation. */

export const plainSettings: ProgramSettings = {
  fifo: "none",
  streaming: false,
  mexpress: true,
  averagePoolRounding: false,
  oneShot: false,
  oneShotSteps: 0,
  pipeline: false,
  pll: false,
  zeroSram: false,
  finalWeightBits: 8,
};

/** A repeatable sequence of pseudo-random 32-bit words. */
export function words(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
}

export interface HandMadeParts {
  readonly outputs?: readonly ProgramOutput[];
  readonly settings?: Partial<ProgramSettings>;
  readonly knownAnswer?: readonly KnownAnswerBlock[] | null;
  readonly arrays?: readonly InputArray[];
  readonly quadrants?: readonly number[];
}

export function handMadeProgram(device: DeviceSpec, parts: HandMadeParts = {}): Program {
  const settings: ProgramSettings = {
    ...plainSettings,
    pipeline: device.capabilities.pipeline,
    pll: device.capabilities.pll,
    ...parts.settings,
  };
  const quadrants = parts.quadrants ?? [0, 2];
  const outputs = parts.outputs ?? [wideOutput];
  const arrays = parts.arrays ?? [
    {
      index: 4,
      address: dataAddress(device, 4, 0x40),
      words: Uint32Array.from({ length: 12 }, words(5)),
      comment: "HWC 4x3, channels 0 to 3",
    },
  ];
  const sampleWords = arrays.map(({ address, words: values }): BusOperation => {
    const step = settings.fifo === "none" ? 4 : 0;
    return { kind: "block", address, words: values, width: 4, step, label: "Input" };
  });
  return {
    format: "ai8xc-program",
    version: 1,
    name: "hand-made",
    device: device.name,
    settings,
    quadrants,
    layers: [
      {
        index: 0,
        name: "conv1",
        description: "4x4x3, no pooling, conv2d with kernel size 3x3, stride 1/1, pad 1/1, ReLU, 7x4x3 output",
        source: { file: "models/tiny.ts", line: 12 },
        operations: { macc: 3024, comp: 84, add: 0, mul: 0, bitwise: 0 },
        cycles: 100,
      },
      {
        index: 1,
        name: "fc",
        description: "7x4x3 flattened to 84x1x1, no pooling, linear, no activation",
        operations: { macc: 840, comp: 0, add: 0, mul: 0, bitwise: 0 },
        cycles: 1000,
      },
    ],
    phases: {
      init: initOperations(device, settings, quadrants),
      loadWeights: weightOperations(device, settings.mexpress),
      loadBias: quadrants.map((quadrant) => ({
        kind: "block",
        address: biasAddressOf(device, quadrant),
        words: Uint32Array.from([1 + quadrant, 0xff, 0, 0x80]),
        width: 4,
        step: 4,
        label: "Bias",
      })),
      configure: configureOperations(device, quadrants),
      loadInput: sampleWords,
      start: startOperations(device, settings, quadrants),
    },
    weights: [],
    bias: [],
    input: { channels: 4, height: 4, width: 3, format: "HWC", arrays },
    outputs,
    knownAnswer: parts.knownAnswer === undefined ? null : parts.knownAnswer,
    resources: {
      weightBytes: 1092,
      weightBytesTotal: device.weightMemory.totalBytes,
      biasBytes: 128,
      biasBytesTotal: device.biasMemory.bytesPerQuadrant * device.quadrants,
      dataBytes: 512,
      dataBytesTotal: device.dataMemory.instanceBytes,
    },
    cycles: 1101,
  };
}

export const wideOutput: ProgramOutput = {
  name: "fc",
  layer: 1,
  finalScale: 0,
  location: {
    channels: 10,
    height: 1,
    width: 1,
    processors: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    offset: 0x1000,
    writeGap: 0,
    bits: 32,
  },
};

const biasAddressOf = (device: DeviceSpec, quadrant: number): number =>
  device.memoryMap.apbBase +
  device.memoryMap.quadrantRegisters +
  quadrant * device.memoryMap.quadrantStride +
  device.memoryMap.biasMemory;

function write(
  device: DeviceSpec,
  name: string,
  values: FieldValues,
  place: { quadrant?: number; layer?: number; origin?: string } = {},
): RegisterWriteOperation {
  const register = registerTables[device.name][name] as RegisterSpec;
  return {
    kind: "register",
    register: name,
    quadrant: place.quadrant ?? null,
    layer: place.layer ?? null,
    address: registerAddress(device, register, place.quadrant ?? 0, place.layer ?? 0),
    value: encodeRegister(register, values),
    label: register.label,
    ...(place.origin === undefined ? {} : { origin: place.origin }),
  };
}

/** Bits of the self test: all memories, done, failed. */
const testDone = 0xf << 18;
const testFailed = 0xf << 14;

function initOperations(device: DeviceSpec, settings: ProgramSettings, quadrants: readonly number[]): BusOperation[] {
  const { mexpress, fifo } = settings;
  const control = { clockEnable: true, express: mexpress, fifo: fifo !== "none" };
  const test = (quadrant: number): BusOperation[] => {
    const run = write(device, "SRAM_TEST", { runData: true, runMask: true }, { quadrant });
    const off = write(device, "SRAM_TEST", {}, { quadrant });
    return [
      run,
      { kind: "poll", address: run.address, mask: testDone, value: testDone, label: "Wait for self test" },
      { kind: "check", address: run.address, mask: testFailed, label: "Self test failed" },
      off,
    ];
  };
  return [
    write(device, "AON_CTL", {}),
    ...quadrants.flatMap((quadrant) => [
      write(device, "CTL", control, { quadrant }),
      write(device, "SRAM", { readMarginEnable: true, readMargin: 3, negativeVoltage: true }, { quadrant }),
      write(device, "LCNT_MAX", { last: 1 }, { quadrant }),
    ]),
    { kind: "note", text: "Test and clear the memories" },
    ...quadrants.flatMap(test),
    {
      kind: "block",
      address: quadrantOf(device, 0) + device.memoryMap.tram,
      words: new Uint32Array(20),
      width: 4,
      step: 4,
      label: "Clear the line buffer",
    },
  ];
}

const quadrantOf = (device: DeviceSpec, quadrant: number): number =>
  device.memoryMap.apbBase + device.memoryMap.quadrantRegisters + quadrant * device.memoryMap.quadrantStride;

function weightOperations(device: DeviceSpec, express: boolean): BusOperation[] {
  const random = words(7);
  const window = (processor: number): number =>
    quadrantOf(device, Math.floor(processor / device.processorsPerQuadrant)) +
    device.memoryMap.weightMemory +
    (processor % device.processorsPerQuadrant) * device.memoryMap.weightProcessorStride;
  const chunks = [
    { processor: 0, column: 0, columns: 5 },
    { processor: 0, column: 9, columns: 1 },
    { processor: 33, column: 2, columns: 4 },
  ];
  return chunks.flatMap(({ processor, column, columns }): BusOperation[] => {
    if (!express) {
      const image = Uint32Array.from({ length: 4 * columns }, (_, i) =>
        i % 4 === 3 ? 0 : i % 4 === 0 ? random() & 0xff : random(),
      );
      return [
        {
          kind: "block",
          address: window(processor) + 16 * column,
          words: image,
          width: 4,
          step: 4,
          label: "Weights",
        },
      ];
    }
    const address = window(processor) + 4 * column;
    const image = Uint32Array.from({ length: Math.ceil((9 * columns) / 4) }, random);
    return [
      { kind: "block", address: address + 1, words: Uint32Array.of(1), width: 1, step: 4, label: "Express" },
      { kind: "block", address, words: image, width: 4, step: 4, label: "Weights" },
    ];
  });
}

function configureOperations(device: DeviceSpec, quadrants: readonly number[]): BusOperation[] {
  return ["conv1", "fc"].flatMap((origin, layer) =>
    quadrants.flatMap((quadrant) => [
      write(device, "WPTR_BASE", { word: 0x400 * (layer + 1), instance: quadrant * 4 }, { quadrant, layer, origin }),
      write(device, "LCTL", { master: quadrant === 0, relu: layer === 0 }, { quadrant, layer, origin }),
      write(device, "ENA", { processors: 0xf, masks: 0x7f }, { quadrant, layer, origin }),
      write(device, "POST", { biasEnable: true, shift: 3, weightSize: "bits4" }, { quadrant, layer, origin }),
      write(device, "FMAX", { words: 12 + layer }, { quadrant, layer, origin }),
    ]),
  );
}

function startOperations(device: DeviceSpec, settings: ProgramSettings, quadrants: readonly number[]): BusOperation[] {
  const common = { clockEnable: true, express: settings.mexpress, fifo: settings.fifo !== "none" };
  return [
    ...quadrants.map((quadrant) => ({
      ...write(device, "CTL", { ...common, externalSync: true, start: quadrant !== quadrants[0] }, { quadrant }),
      label: `Enable quadrant ${quadrant}`,
    })),
    {
      ...write(device, "CTL", { ...common, start: true }, { quadrant: quadrants[0] as number }),
      label: `Start quadrant ${quadrants[0]}`,
    },
  ];
}
