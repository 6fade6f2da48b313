import { encodeRegister, decodeRegister, type DeviceSpec, type RegisterSpec } from "../../targets/index.ts";
import { memoryAt, type BusTarget } from "./bus.ts";
import type { Chip, LayerExecution, LayerSummary } from "./chip.ts";
import { InputFifos } from "./fifo.ts";
import { biasMemories, deviceDataMemory, weightMemories, type DataMemory } from "./memory.ts";
import { RegisterFile, type RegisterSlot } from "./register-file.ts";
import { Sequencer, type SequencerState } from "./sequencer.ts";
import { WeightPort } from "./weight-port.ts";

/**
 * The accelerator behind its bus: registers, weight, bias and data memories, FIFOs.
 * It knows nothing about models; a network runs when the start bit of the master quadrant rises.
 */
export class Machine {
  readonly device: DeviceSpec;
  readonly registers: RegisterFile;
  readonly data: DataMemory;
  readonly #weights;
  readonly #ports: readonly WeightPort[];
  readonly #bias;
  readonly #fifos: InputFifos;
  readonly #chip: Chip;
  readonly #sequencer: Sequencer;
  readonly #problems = new Map<string, number>();
  readonly #causes = new Set<string>();
  readonly #undecided = new Set<string>();
  /** Called after each layer with what it computed and wrote. */
  onLayer: ((execution: LayerExecution) => void) | null = null;

  constructor(device: DeviceSpec) {
    this.device = device;
    this.registers = new RegisterFile(device);
    this.data = deviceDataMemory(device);
    this.#weights = weightMemories(device);
    this.#ports = this.#weights.map((memory) => new WeightPort(memory));
    this.#bias = biasMemories(device);
    this.#fifos = new InputFifos(device.quadrants);
    this.#chip = this.#makeChip();
    this.#sequencer = new Sequencer(this.#chip);
  }

  /** Suspicious things seen so far, each once, in order. */
  get problems(): string[] {
    return Array.from(this.#problems, ([text, count]) => (count > 1 ? `${text} (${count} times)` : text));
  }

  /** Why layers may have run that would not run, or the other way round, each reason once. */
  get undecided(): readonly string[] {
    return [...this.#undecided];
  }

  /** Executed layers in order. */
  get log(): readonly LayerSummary[] {
    return this.#sequencer.log;
  }

  get state(): SequencerState {
    return this.#sequencer.state;
  }

  /** What a started network still waits for; null when it does not wait. */
  get waitingFor(): string | null {
    return this.#sequencer.waitingFor;
  }

  report(problem: string): void {
    this.#problems.set(problem, (this.#problems.get(problem) ?? 0) + 1);
  }

  /** Reports that somebody looks at values that depend on memory nobody wrote. */
  reportUnknown(what: string): void {
    const causes = this.#causes.size === 0 ? "" : `: ${[...this.#causes].join("; ")}`;
    this.report(`${what} never written or computed from what was never written${causes}`);
  }

  /** 32-bit write to an absolute byte address. */
  write32(address: number, value: number): void {
    const slot = this.registers.slotAt(address);
    if (slot !== undefined) return this.#writeRegister(slot, address, value >>> 0);
    const target = address % 4 === 0 ? memoryAt(this.device, address) : null;
    if (target === null) this.report(`write to unmapped address ${hex(address)}`);
    else this.#writeMemory(target, value >>> 0);
  }

  /** 32-bit writes to addresses `step` bytes apart, first word first. */
  writeBlock(address: number, words: Uint32Array, step: number): void {
    const last = address + step * (words.length - 1);
    const [from, to] = [address, last].map((at) => (at % 4 === 0 ? memoryAt(this.device, at) : null));
    if (from?.kind === "weights" && to?.kind === "weights" && from.processor === to.processor) {
      // Nothing but this processor's weights lies in between.
      this.#writeWeights(from.processor, from.byte, words, step);
    } else words.forEach((word, i) => this.write32(address + i * step, word));
  }

  /** Byte write: sets the express counter of a weight memory, or changes one byte of data memory. */
  write8(address: number, value: number): void {
    const target = memoryAt(this.device, address);
    if (target?.kind === "data") {
      this.data.writeByte(this.#dataWord(target), target.byte % 4, value);
    } else if (
      target?.kind === "weights" &&
      target.byte % 2 === 1 &&
      value === 1 &&
      this.#isExpress(target.processor)
    ) {
      this.#port(target.processor).setCounter(target.byte);
    } else {
      this.report(`byte write of ${value} to ${hex(address)} has no effect`);
    }
  }

  /** 32-bit read from an absolute byte address. */
  read32(address: number): number {
    const slot = this.registers.slotAt(address);
    if (slot !== undefined) return this.#readRegister(slot, address);
    const target = address % 4 === 0 ? memoryAt(this.device, address) : null;
    if (target !== null) return this.#readMemory(target);
    this.report(`read from unmapped address ${hex(address)}`);
    return 0;
  }

  #makeChip(): Chip {
    // eslint-disable-next-line typescript/no-this-alias -- the chip must see a callback set later
    const machine = this;
    return {
      device: this.device,
      registers: this.registers,
      data: this.data,
      weights: this.#weights,
      bias: this.#bias,
      fifos: this.#fifos,
      report: (problem) => this.report(problem),
      note: (cause) => this.#causes.add(cause),
      undecided: (reason) => this.#undecided.add(reason),
      get onLayer() {
        return machine.onLayer;
      },
    };
  }

  #writeMemory(target: BusTarget, value: number): void {
    switch (target.kind) {
      case "data":
        return this.data.writeWord(this.#dataWord(target), value);
      case "weights":
        return this.#writeWeights(target.processor, target.byte, [value], 0);
      case "bias":
        return this.#writeBias(target.quadrant, target.index, value);
      case "tram":
        return;
    }
  }

  #readMemory(target: BusTarget): number {
    switch (target.kind) {
      case "data":
        return this.data.words[this.#dataWord(target)] as number;
      case "weights":
        return this.#port(target.processor).read(target.byte);
      case "bias":
        return (this.#bias[target.quadrant]?.bytes[target.index] as number) & 0xff;
      case "tram":
        return 0;
    }
  }

  #writeWeights(processor: number, byte: number, words: ArrayLike<number>, step: number): void {
    const port = this.#port(processor);
    const isExpress = this.#isExpress(processor);
    for (let i = 0; i < words.length; i++) {
      const value = words[i] as number;
      const problem = isExpress ? port.pushExpress(value) : port.writePlain(byte + i * step, value);
      if (problem !== null) this.report(`processor ${processor}: ${problem}`);
    }
  }

  #writeBias(quadrant: number, index: number, value: number): void {
    const memory = this.#bias[quadrant];
    if (memory === undefined) return;
    if (value > 0xff) this.report(`bias entry ${index} of quadrant ${quadrant} gets ${hex(value)}, more than a byte`);
    memory.bytes[index] = value;
    memory.written[index] = 1;
  }

  #dataWord({ instance, byte }: { readonly instance: number; readonly byte: number }): number {
    return instance * this.data.instanceWords + Math.floor(byte / 4);
  }

  #port(processor: number): WeightPort {
    return this.#ports[processor] as WeightPort;
  }

  #isExpress(processor: number): boolean {
    return this.registers.get("CTL", "express", Math.floor(processor / this.device.processorsPerQuadrant)) === 1;
  }

  #writeRegister({ spec, quadrant }: RegisterSlot, address: number, value: number): void {
    const before = this.registers.readAddress(address);
    this.registers.writeAddress(address, value);
    if (spec.name === "CTL") this.#controlChanged(quadrant ?? 0, spec, before, value);
    else if (spec.name === "SRAM_TEST") this.#testMemory(quadrant ?? 0, spec, address, value);
    else if (spec.name === "FAST_FIFO_DR") this.#push(this.#fifos.fast, value);
    else this.#fifos.standard.forEach((queue, index) => spec.name === `FIFO_WR${index}` && this.#push(queue, value));
  }

  #readRegister({ spec }: RegisterSlot, address: number): number {
    if (spec.name !== "FIFO_STAT") return this.registers.readAddress(address);
    const empty = this.#fifos.standard.reduce((bits, queue, index) => bits | (queue.length === 0 ? 1 << index : 0), 0);
    return encodeRegister(spec, { empty });
  }

  /** The master is the quadrant that synchronizes to itself. */
  #controlChanged(quadrant: number, spec: RegisterSpec, before: number, after: number): void {
    const old = decodeRegister(spec, before);
    const now = decodeRegister(spec, after);
    if (now["start"] === 0 || now["syncQuadrant"] !== quadrant) return;
    if (old["start"] === 0) this.#sequencer.start(quadrant);
    else if (now["oneShot"] === 1) this.#sequencer.resume();
  }

  #push(queue: number[], value: number): void {
    queue.push(value);
    this.#sequencer.inputArrived();
  }

  /** Self tests and clears finish at once: memories read zero, done bits are set. */
  #testMemory(quadrant: number, spec: RegisterSpec, address: number, value: number): void {
    const fields = decodeRegister(spec, value);
    const runs = ["runData", "runMask", "runTram", "runBias"].map((name) => fields[name] === 1);
    if (runs[0] || fields["zeroData"]) this.#clearData(quadrant);
    if (runs[1] || fields["zeroMask"]) this.#clearWeights(quadrant);
    if (runs[3] || fields["zeroBias"] || fields["clearBias"]) this.#clearBias(quadrant);
    if (fields["clearRegisters"]) this.registers.clearLayers(quadrant);
    const done = runs.reduce((bits, isRunning, index) => bits | (isRunning ? 1 << index : 0), 0);
    const status: Record<string, number> = { ...fields, done, failed: 0 };
    if ("allDone" in fields) status["allDone"] = done === 0 ? 0 : 1;
    if ("clearDone" in fields) status["clearDone"] = fields["clearRegisters"] as number;
    this.registers.writeAddress(address, encodeRegister(spec, status));
  }

  #clearData(quadrant: number): void {
    const perQuadrant = this.data.instances / this.device.quadrants;
    for (let i = quadrant * perQuadrant; i < (quadrant + 1) * perQuadrant; i++) this.data.clear(i);
  }

  #clearWeights(quadrant: number): void {
    const perQuadrant = this.device.processorsPerQuadrant;
    for (const memory of this.#weights.slice(quadrant * perQuadrant, (quadrant + 1) * perQuadrant)) memory.clear();
  }

  #clearBias(quadrant: number): void {
    this.#bias[quadrant]?.bytes.fill(0);
    this.#bias[quadrant]?.written.fill(0);
  }
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;
