import type { Machine } from "../../runtime/simulator/index.ts";
import { biasAddress } from "../../targets/index.ts";
import { replay } from "./simulator-run.ts";
import type { GoldenCase, GoldenDevice, GoldenRun } from "./load.ts";

/**
 * Recorded programs that cannot give their known answer, because the generator that made them has a defect.
 * Each entry says what the machine notices, and where possible undoes the defect to show that it is the cause.
 */
export interface RecordedException {
  readonly case: string;
  readonly devices: readonly GoldenDevice[];
  readonly cause: string;
  /** Found among the problems the machine reports. */
  readonly evidence: RegExp;
  /** Undoes the defect; the known answer then comes out. */
  readonly repair?: {
    readonly program?: (recorded: GoldenCase) => GoldenCase;
    readonly beforeStart?: (machine: Machine, recorded: GoldenCase) => void;
  };
}

const both: readonly GoldenDevice[] = ["MAX78000", "MAX78002"];

export const missedAnswers: readonly RecordedException[] = [
  {
    case: "test-stream-cifar-hwc-test-cifar10",
    devices: both,
    cause: "Compiled with --overlap-data: streaming layers overwrite each other's buffers, and the result lies in one.",
    evidence: /^the streaming buffers of layers 1 and 3 overlap$/,
    repair: { beforeStart: separateStreamBuffers },
  },
  {
    case: "test-cifar10-chw-test-cifar10-bias",
    devices: both,
    cause: "Output maps with gaps: bias bytes are stored without gaps, but the bias address advances with every slot.",
    evidence: /adds \d+ biases that were never written/,
    repair: { beforeStart: spreadBias },
  },
  {
    case: "test-fifostream-group-notvga64x48-hwc",
    devices: both,
    cause:
      "Channels on processors 0, 16 and 32: the generated loader feeds FIFO 0 only, so that the others stay empty.",
    evidence: /FIFO 1 has 0 of 3072 words/,
  },
  ...["test-fifostream-x4-cifar-hwc-test-cifar10", "test-fifostream-x4-cifar-hwc-128x128-test-cifar10"].map(
    (name): RecordedException => ({
      case: name,
      devices: ["MAX78002"],
      cause: "A calcx4 layer and an ordinary one were given the same weight words.",
      evidence: /a weight word is written twice with different contents/,
      repair: { program: reverseWeightLoading, beforeStart: reloadWeightsAfterFirstLayer },
    }),
  ),
  {
    case: "mnist-zero-unused",
    devices: ["MAX78000"],
    cause: "--zero-unused zeroes the registers of the last layer instead of those of the unused ones.",
    evidence: /write to unmapped address/,
    repair: { program: withoutZeroWrites },
  },
  {
    case: "mnist-zero-unused",
    devices: ["MAX78002"],
    cause: "--zero-unused zeroes the registers of the last layer instead of those of the unused ones.",
    evidence: /layer 4: no processor is enabled/,
    repair: { program: withoutZeroWrites },
  },
];

/** Gives the circular buffer of each streaming layer a place of its own in the upper half of data memory. */
function separateStreamBuffers({ device, registers }: Machine): void {
  const half = device.dataMemory.instanceBytes / 8;
  for (let layer = 0; registers.get("FMAX", "words", 0, layer) > 0; layer++) {
    const word = half + (layer * half) / device.limits.streamingLayers;
    for (let quadrant = 0; quadrant < device.quadrants; quadrant++) {
      registers.set("RPTR_BASE", { word }, quadrant, layer);
      if (layer > 0) registers.set("WPTR_BASE", { word }, quadrant, layer - 1);
    }
  }
}

/** Zero is what registers hold after reset. */
function withoutZeroWrites(recorded: GoldenCase): GoldenCase {
  const configure = recorded.program["cnn_configure"]?.filter(([, , values]) => /[1-9a-f]/.test(values)) ?? [];
  return { ...recorded, program: { ...recorded.program, cnn_configure: configure } };
}

/** Chunks (a start address and its data) in reverse, so that the first owner of a contested word wins. */
function reverseWeightLoading(recorded: GoldenCase): GoldenCase {
  const runs = recorded.program["cnn_load_weights"] ?? [];
  const chunks: GoldenRun[][] = [];
  for (let i = 0; i < runs.length; i += 2) chunks.push(runs.slice(i, i + 2));
  return { ...recorded, program: { ...recorded.program, cnn_load_weights: chunks.toReversed().flat() } };
}

/** The later owners of contested words find theirs when they run. */
function reloadWeightsAfterFirstLayer(machine: Machine, recorded: GoldenCase): void {
  machine.onLayer = ({ layer }) => {
    if (layer === 0) replay(machine, recorded.program["cnn_load_weights"] ?? []);
  };
}

/** Gives each layer a bias region of its own with one entry per slot, taken or not. */
function spreadBias(machine: Machine): void {
  const { device, registers } = machine;
  let free = device.biasMemory.bytesPerQuadrant / 2;
  for (let layer = 0; layer < registers.get("LCNT_MAX", "last", 0); layer++) {
    for (let quadrant = 0; quadrant < device.quadrants; quadrant++) {
      if (registers.get("POST", "biasEnable", quadrant, layer) === 0) continue;
      const packed = registers.get("POST", "biasAddress", quadrant, layer);
      const slots = outputSlots(machine, layer);
      slots.forEach((slot, output) => {
        const value = machine.read32(biasAddress(device, quadrant, packed + (slots[0] as number) + output));
        machine.write32(biasAddress(device, quadrant, free + slot), value);
      });
      registers.set("POST", { biasAddress: free }, quadrant, layer);
      free += (slots.at(-1) as number) + 1;
    }
  }
}

/** Positions of a layer's real outputs, from the processors that read them in the next layer. */
function outputSlots({ device, registers }: Machine, layer: number): number[] {
  const readers = Array.from({ length: device.processors }, (_, processor) => processor).filter((processor) => {
    const quadrant = Math.floor(processor / device.processorsPerQuadrant);
    const enabled = registers.get("ENA", "processors", quadrant, layer + 1);
    return (enabled >>> (processor % device.processorsPerQuadrant)) & 1;
  });
  const first = (readers[0] as number) & ~3;
  return readers.map((processor) => processor - first);
}
