import { devices, registerAddress, registerTables, type BusOperation, type Program } from "../../targets/index.ts";
import type { LayerExecution, LayerSummary } from "./chip.ts";
import { Machine } from "./machine.ts";
import { readOutput } from "./read-out.ts";

/** As much of a program as runs. */
export type ExecutableProgram = Pick<Program, "device" | "phases" | "settings" | "quadrants">;

export interface SimulationOptions {
  /** Called after each layer with what it computed and wrote. */
  readonly onLayer?: (execution: LayerExecution) => void;
}

export interface Simulation {
  readonly machine: Machine;
  /** Executed layers in order. */
  readonly log: readonly LayerSummary[];
  /** Suspicious things seen on the way; empty for a sound program. */
  readonly problems: readonly string[];
}

/** Runs a program from reset to the end of its first inference. */
export function simulate(program: Program, options: SimulationOptions = {}): Simulation {
  const machine = prepare(program);
  machine.onLayer = options.onLayer ?? null;
  infer(machine, program);
  for (const { location } of program.outputs) readOutput(machine, location);
  return { machine, log: machine.log, problems: machine.problems };
}

/** A machine with a program's registers, weights and biases, ready for inferences. */
export function prepare(program: ExecutableProgram): Machine {
  const machine = new Machine(devices[program.device]);
  const { init, loadWeights, loadBias, configure } = program.phases;
  for (const operation of [...init, ...loadWeights, ...loadBias, ...configure]) executeOperation(machine, operation);
  return machine;
}

/**
 * One inference on a prepared machine. `input` replaces the program's sample. A FIFO is fed after the start,
 * data memory is filled before it.
 */
export function infer(
  machine: Machine,
  program: ExecutableProgram,
  input: readonly BusOperation[] = program.phases.loadInput,
): void {
  const { start } = program.phases;
  const layersBefore = machine.log.length;
  const order = program.settings.fifo === "none" ? [input, start] : [start, input];
  for (const operation of order.flat()) executeOperation(machine, operation);
  for (let step = 0; step < program.settings.oneShotSteps && machine.state === "paused"; step++)
    continueOneShot(machine, program);
  if (machine.waitingFor !== null) machine.report(`inference does not finish: ${machine.waitingFor}`);
  if (machine.state === "paused") machine.report("inference does not finish: it is paused between two layers");
  if (machine.log.length === layersBefore) machine.report("no layer was executed");
}

/** One bus operation; a poll that would spin forever and a check that would fail are problems. */
export function executeOperation(machine: Machine, operation: BusOperation): void {
  switch (operation.kind) {
    case "register":
      return machine.write32(operation.address, operation.value);
    case "block": {
      const { address, words, width, step } = operation;
      if (width === 4) return machine.writeBlock(address, words, step);
      return words.forEach((word, i) => machine.write8(address + i * step, word));
    }
    case "poll": {
      const seen = (machine.read32(operation.address) & operation.mask) >>> 0;
      if (seen !== operation.value >>> 0) machine.report(`"${operation.label}" would wait forever`);
      return;
    }
    case "check": {
      const seen = (machine.read32(operation.address) & operation.mask) >>> 0;
      if (seen !== 0) machine.report(`"${operation.label}" would fail`);
      return;
    }
    case "note":
      return;
  }
}

/** Writes the control register of the master once more, as `cnn_continue()` does. */
function continueOneShot(machine: Machine, program: ExecutableProgram): void {
  const control = registerTables[program.device]["CTL"];
  if (control === undefined) return;
  const address = registerAddress(machine.device, control, program.quadrants[0] ?? 0, 0);
  machine.write32(address, machine.read32(address));
}
