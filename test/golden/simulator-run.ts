import { checkKnownAnswer, Machine, type KnownAnswerMismatch } from "../../runtime/simulator/index.ts";
import { devices, registerAddress, registerTables, type KnownAnswerBlock } from "../../targets/index.ts";
import { hexWords, type GoldenCase, type GoldenRun } from "./load.ts";

/** Feeds the recorded bus accesses of one case into a machine, in the order its `main()` would. */

export interface RecordedResult {
  readonly machine: Machine;
  /** Words of data memory that differ from the recorded known answer. */
  readonly wrong: readonly KnownAnswerMismatch[];
  /** Words of the known answer. */
  readonly words: number;
}

/** `beforeStart` may change the configured machine. */
export function runRecorded(recorded: GoldenCase, beforeStart: (machine: Machine) => void = () => {}): RecordedResult {
  const machine = new Machine(devices[recorded.device]);
  const isFifo = recorded.program["load_input"]?.some(([, , , step]) => step === 0) ?? false;
  replayFunctions(machine, recorded, ["cnn_init", "cnn_load_weights", "cnn_load_bias", "cnn_configure"]);
  beforeStart(machine);
  replayFunctions(machine, recorded, isFifo ? ["cnn_start", "load_input"] : ["load_input", "cnn_start"]);
  continueToEnd(machine);
  const blocks = recorded.knownAnswer.map(toBlock);
  const words = blocks.reduce((sum, block) => sum + block.words.length, 0);
  return { machine, wrong: checkKnownAnswer(machine, blocks), words };
}

function replayFunctions(machine: Machine, { program }: GoldenCase, names: readonly string[]): void {
  for (const name of names) replay(machine, program[name] ?? []);
}

/** Performs recorded accesses. */
export function replay(machine: Machine, runs: readonly GoldenRun[]): void {
  for (const [size, address, values, step] of runs) {
    const first = Number.parseInt(address, 16);
    hexWords(values, size).forEach((value, i) => {
      if (size === 1) machine.write8(first + i * step, value);
      else machine.write32(first + i * step, value);
    });
  }
}

/** The inference finished and data memory holds what the recording expects. */
export const matchesRecording = ({ machine, wrong }: RecordedResult): boolean =>
  wrong.length === 0 && machine.state === "idle" && machine.log.length > 0;

/** One-shot programs stop after each layer; the recording holds the first start only. */
function continueToEnd(machine: Machine): void {
  const control = registerTables[machine.device.name]["CTL"];
  if (control === undefined) return;
  const address = registerAddress(machine.device, control, 0, 0);
  for (let step = 0; step < machine.device.limits.layers && machine.state === "paused"; step++) {
    machine.write32(address, machine.read32(address));
  }
}

const toBlock = ([address, mask, words]: GoldenCase["knownAnswer"][number]): KnownAnswerBlock => ({
  address: Number.parseInt(address, 16),
  mask: Number.parseInt(mask, 16),
  words: hexWords(words, 4),
});
