import type { DeviceSpec } from "../targets/accelerator/device.ts";
import type { KnownAnswerBlock, Program, TensorLocation } from "../targets/accelerator/program.ts";
import type { Diagnostic } from "../dsl/diagnostic.ts";
import {
  checkKnownAnswer,
  infer,
  prepare,
  readOutput,
  type ExecutableProgram,
  type LayerExecution,
  type Machine,
} from "../runtime/simulator/index.ts";
import type { Layer } from "./ir/network.ts";
import { registerOrder, simulatedLayers } from "./ir/network-sequence.ts";
import type { Placement } from "./ir/placement.ts";
import { needsResetLayer } from "./ir/reset-layer.ts";
import { outputLocation } from "./lower/output-location.ts";

/** A program and what it is to do: data alone, so that another thread can run it. */
export interface ProgramCheck {
  readonly program: ExecutableProgram;
  /** By register set: the network's layer; null for hidden reset layers. */
  readonly layerOf: readonly (number | null)[];
  /** The network's layers. */
  readonly layers: readonly { readonly name: string; readonly output: TensorLocation }[];
  /** Layers that are to run with the sample, in order. */
  readonly path: readonly number[];
  /** A snoop unit watches the data. */
  readonly isSnooped: boolean;
}

/** What the reference computes; each may be asked for as late as the program reaches it. */
export interface Reference {
  /** Result of a layer, [channel][row][column]; undefined for one that does not run. */
  readonly tensor: (layer: number) => ArrayLike<number> | undefined;
  readonly knownAnswer: () => readonly KnownAnswerBlock[] | null;
}

export function programCheck(program: Program, placement: Placement, device: DeviceSpec): ProgramCheck {
  const { network } = placement;
  const { device: name, phases, settings, quadrants } = program;
  return {
    program: { device: name, phases, settings, quadrants },
    layerOf: networkLayers(placement, device),
    layers: network.layers.map((layer) => ({ name: layer.name, output: outputLocation(placement, layer.index) })),
    path: simulatedLayers(network),
    isSnooped: network.sequence?.snoop != null,
  };
}

/**
 * Runs a program on the simulator and compares every layer's result in data memory with the reference. The first
 * difference is named by layer, channel and pixel.
 * AI2613: what runs with the sample is not what a snoop unit makes of it, or what it does is not known.
 */
export function verifyProgram(check: ProgramCheck, reference: Reference): Diagnostic[] {
  const machine = prepare(check.program);
  const comparison = new Comparison(machine, check, reference);
  machine.onLayer = (execution: LayerExecution): void => {
    const index = check.layerOf[execution.layer] ?? null;
    if (index !== null) comparison.layer(index, execution.isStreamed);
  };
  infer(machine, check.program);
  return comparison.findings();
}

/** Follows the layers that are to run with the sample, until they end, differ, or something else runs. */
class Comparison {
  readonly #machine: Machine;
  readonly #check: ProgramCheck;
  readonly #reference: Reference;
  readonly #path: readonly number[];
  #steps = 0;
  #found: readonly Diagnostic[] | null = null;
  /** Comparison with the known answer where the sample ends; layers behind may overwrite it. */
  #atEnd: readonly Diagnostic[] | null = null;

  constructor(machine: Machine, check: ProgramCheck, reference: Reference) {
    this.#machine = machine;
    this.#check = check;
    this.#reference = reference;
    this.#path = check.path;
  }

  layer(index: number, isStreamed: boolean): void {
    if (this.#found !== null) return;
    if (this.#steps === this.#path.length) {
      if (this.#watched) this.#found = this.#runsOn(index);
      return;
    }
    const wanted = this.#path[this.#steps++];
    if (index !== wanted) {
      this.#found = [this.#elsewhere(index, wanted)];
      return;
    }
    const layer = this.#check.layers[index];
    const expected = isStreamed ? undefined : this.#reference.tensor(index);
    if (layer !== undefined && expected !== undefined) {
      const actual = readOutput(this.#machine, layer.output);
      const difference = firstDifference(layer, index, expected, actual);
      if (difference !== null) this.#found = [wrong(difference)];
    }
    if (this.#found === null && this.#steps === this.#path.length && this.#watched) this.#atEnd = this.#end();
  }

  findings(): Diagnostic[] {
    const found = this.#found ?? this.#missing() ?? this.#end();
    return [...found, ...(found.some(({ code }) => code === unfollowedCode) ? [] : this.#open())];
  }

  /** Something runs although the sample ends: nobody knows why not, or the model is mistaken. */
  #runsOn(index: number): readonly Diagnostic[] {
    return this.#machine.undecided.length > 0 ? (this.#atEnd ?? []) : [this.#elsewhere(index, undefined)];
  }

  /** A snoop unit ended execution too early. */
  #missing(): readonly Diagnostic[] | null {
    if (!this.#check.isSnooped || this.#steps === this.#path.length) return null;
    return [this.#elsewhere(undefined, this.#path[this.#steps])];
  }

  /** What no register of the snoop units explains. */
  #open(): Diagnostic[] {
    const reasons = this.#machine.undecided;
    if (reasons.length === 0) return [];
    const message = `it is not known what runs with the sample: ${reasons.join("; ")}`;
    return [unfollowed(message, "the simulator runs the layers that follow when the units do nothing")];
  }

  get #watched(): boolean {
    return this.#check.isSnooped && this.#endsEarly;
  }

  get #endsEarly(): boolean {
    return this.#path.at(-1) !== this.#check.layers.length - 1;
  }

  #end(): Diagnostic[] {
    const knownAnswer = this.#reference.knownAnswer();
    const [first, ...more] = knownAnswer === null ? [] : checkKnownAnswer(this.#machine, knownAnswer);
    const problems = this.#machine.problems.map(wrong);
    if (first === undefined) return problems;
    if (this.#endsEarly && !this.#watched) return [this.#overwritten(), ...problems];
    const address = `0x${first.address.toString(16)}`;
    return [wrong(`the word at ${address} and ${more.length} others differ from the known answer`), ...problems];
  }

  #elsewhere(index: number | undefined, wanted: number | undefined): Diagnostic {
    const seen = `${this.#nameOf(index)} runs on the simulator, where the model says ${this.#nameOf(wanted)}`;
    if (!this.#check.isSnooped) return wrong(seen);
    const reasons = this.#machine.undecided;
    const hint = reasons.length === 0 ? "check the values of snoop, and what is simulated" : reasons.join("; ");
    return unfollowed(`${seen}; results from there on were not compared`, hint);
  }

  #overwritten(): Diagnostic {
    const last = this.#nameOf(this.#path.at(-1));
    const message = `${last} is to run last with the sample, but nothing ends execution there; layers behind it overwrite the known answer`;
    return unfollowed(message, "end the list of simulated layers where execution ends");
  }

  #nameOf(layer: number | undefined): string {
    return layer === undefined ? "nothing" : (this.#check.layers[layer]?.name ?? "");
  }
}

const unfollowedCode = "AI2613";

const unfollowed = (message: string, hint: string): Diagnostic => ({
  code: unfollowedCode,
  severity: "warning",
  message,
  hint,
});

/** Register set to network layer: hidden reset layers have none. */
function networkLayers({ network }: Placement, device: DeviceSpec): (number | null)[] {
  const map: (number | null)[] = [];
  for (const index of registerOrder(network)) {
    if (needsResetLayer(network, network.layers[index] as Layer, device)) map.push(null);
    map.push(index);
  }
  return map;
}

function firstDifference(
  { name, output: { height, width } }: ProgramCheck["layers"][number],
  index: number,
  expected: ArrayLike<number>,
  actual: ArrayLike<number>,
): string | null {
  const pixels = height * width;
  for (let element = 0; element < expected.length; element++) {
    if (expected[element] === actual[element]) continue;
    const [channel, pixel] = [Math.floor(element / pixels), element % pixels];
    const place = `channel ${channel}, row ${Math.floor(pixel / width)}, column ${pixel % width}`;
    return `${name} (layer ${index}), ${place}: the program computes ${actual[element]}, the reference ${expected[element]}`;
  }
  return null;
}

const wrong = (message: string): Diagnostic => ({
  code: "AI9001",
  severity: "error",
  message: `the compiled program does not compute the model: ${message}`,
  hint: "this is a defect of ai8xc; report it with the model, or write the project all the same with --no-verify",
});
