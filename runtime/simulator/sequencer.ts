import type { Chip, LayerExecution, LayerSummary } from "./chip.ts";
import { missingInput, takeFrame } from "./fifo.ts";
import { decodeLayer } from "./decode-layer.ts";
import type { LayerPlan } from "./layer-plan.ts";
import { instancesPerQuadrant, type DataMemory } from "./memory.ts";
import { runLayer } from "./run-layer.ts";
import { SnoopUnits } from "./snoop.ts";
import { frameMemory, runStream } from "./stream.ts";
import { toDataMemory } from "./write-back.ts";

/** idle: nothing to do; input: started, waits for the FIFO; paused: one-shot, between two layers. */
export type SequencerState = "idle" | "input" | "paused";

/** Runs layer after layer, as the start bit of the master quadrant asks for. */
export class Sequencer {
  readonly #chip: Chip;
  #state: SequencerState = "idle";
  #master = 0;
  #next = 0;
  readonly #snoop: SnoopUnits;
  readonly log: LayerSummary[] = [];

  constructor(chip: Chip) {
    this.#chip = chip;
    this.#snoop = new SnoopUnits(chip);
  }

  get state(): SequencerState {
    return this.#state;
  }

  /** What a started network still waits for; null when it does not wait. */
  get waitingFor(): string | null {
    if (this.#state !== "input") return null;
    return missingInput(this.#chip.registers, this.#chip.fifos, this.#master, this.#quadrants());
  }

  /** Rising edge of the start bit. */
  start(master: number): void {
    this.#master = master;
    this.#snoop.start();
    this.#next = this.#firstLayer();
    this.#state = "idle";
    if (this.#usesFifo()) {
      this.#state = "input";
      this.inputArrived();
    } else {
      this.#run(null);
    }
  }

  /** Goes on after a one-shot stop. */
  resume(): void {
    if (this.#state === "paused") this.#run(null);
  }

  /** New words in a FIFO: starts processing when the frame is complete. */
  inputArrived(): void {
    if (this.#state !== "input" || this.waitingFor !== null) return;
    this.#state = "idle";
    this.#run(this.#frameFromFifo());
  }

  #run(input: DataMemory | null): void {
    const { registers, device, report } = this.#chip;
    const isOneShot = registers.get("CTL", "oneShot", this.#master) === 1;
    let source = input;
    for (let steps = 0; steps <= device.limits.layers; steps++) {
      const chain = this.#chain(this.#next);
      this.#runChain(chain, source);
      source = null;
      const next = this.#successor(chain.at(-1) as number, this.#isStreaming(chain[0] as number));
      if (next === null) return this.#finish("idle");
      this.#next = next;
      if (isOneShot) return this.#finish("paused");
    }
    report(`layer ${this.#next} is reached again and again: the links of NXTLYR form a loop`);
    this.#finish("idle");
  }

  #finish(state: SequencerState): void {
    this.#state = state;
    for (const quadrant of this.#quadrants()) this.#chip.registers.set("CTL", { interrupt: 1 }, quadrant);
  }

  /** The layer itself, or a chain of streaming layers that run at the same time. */
  #chain(layer: number): number[] {
    const { registers } = this.#chip;
    const chain = [layer];
    if (layer !== this.#firstLayer() || !this.#isStreaming(layer)) return chain;
    const last = registers.get("LCNT_MAX", "last", this.#master);
    for (let next = layer + 1; next <= last && this.#isStreaming(next); next++) chain.push(next);
    return chain;
  }

  #runChain(chain: readonly number[], input: DataMemory | null): void {
    const plans = chain.map((layer) => this.#decode(layer));
    for (const plan of plans) {
      if (plan.processors.length === 0) this.#chip.report(`layer ${plan.layer}: no processor is enabled`);
    }
    const done = (execution: LayerExecution): void => this.#record(execution);
    if (this.#isStreaming(chain[0] as number)) return runStream(this.#chip, plans, input, done);
    const { data } = this.#chip;
    for (const plan of plans)
      done(runLayer(this.#chip, plan, { memory: data, readPointers: plan.input.readPointers }, toDataMemory(data)));
  }

  #record(execution: LayerExecution): void {
    this.log.push({ layer: execution.layer, description: execution.description });
    this.#snoop.watch(execution, this.#quadrants());
    this.#chip.onLayer?.(execution);
  }

  #decode(layer: number): LayerPlan {
    const { device, registers, report } = this.#chip;
    const isFirst = layer === this.#firstLayer();
    const isStreaming = this.#isStreaming(layer);
    const context = {
      device,
      registers,
      quadrants: this.#quadrants(),
      master: this.#master,
      isFirst,
      isStreaming,
      report,
    };
    return decodeLayer(context, layer);
  }

  /** Layer after this one; null at the end. */
  #successor(layer: number, isStreamed: boolean): number | null {
    const { registers } = this.#chip;
    const master = this.#master;
    if (layer === registers.get("LCNT_MAX", "last", master) || registers.get("NXTLYR", "stop", master, layer))
      return null;
    const hasLink = registers.get("NXTLYR", "link", master, layer) === 1;
    const { stops, links } = this.#snoop.behind(layer, isStreamed, hasLink, master);
    if (stops) return null;
    return links ? registers.get("NXTLYR", "layer", master, layer) : layer + 1;
  }

  #firstLayer(): number {
    return this.#chip.registers.get("LCNT_MAX", "first", this.#master);
  }

  #isStreaming(layer: number): boolean {
    const { registers, device } = this.#chip;
    if (layer >= device.limits.streamingLayers || registers.get("CTL", "streaming", this.#master) === 0) return false;
    return registers.get("STREAM1", "start", this.#master, layer) !== 0;
  }

  #usesFifo(): boolean {
    return this.#quadrants().some((quadrant) => this.#chip.registers.get("CTL", "fifo", quadrant) === 1);
  }

  /** Quadrants whose clock is on. */
  #quadrants(): number[] {
    const { device, registers } = this.#chip;
    return Array.from({ length: device.quadrants }, (_, quadrant) => quadrant).filter(
      (quadrant) => registers.get("CTL", "clockEnable", quadrant) === 1,
    );
  }

  /** Words for a streaming first layer; any other one finds them in data memory, and null is returned. */
  #frameFromFifo(): DataMemory | null {
    const { device, registers, fifos, data, report } = this.#chip;
    const { input } = this.#decode(this.#next);
    const isStreaming = this.#isStreaming(this.#next);
    const memory = isStreaming ? frameMemory(device, registers.get("IFRM", "words", this.#master)) : data;
    let lost = 0;
    takeFrame(registers, fifos, this.#master, this.#quadrants(), (quadrant, index, word) => {
      const at = (isStreaming ? 0 : (input.readPointers[quadrant] as number)) + index;
      if (at >= memory.usableWords) lost++;
      else memory.writeWord(quadrant * instancesPerQuadrant(device) * memory.instanceWords + at, word);
    });
    if (lost > 0) report(`${lost} words from the FIFO do not fit data memory`);
    return isStreaming ? memory : null;
  }
}
