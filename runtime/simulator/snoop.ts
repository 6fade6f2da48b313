import { memoryAt } from "./bus.ts";
import type { Chip, LayerExecution } from "./chip.ts";
import { comparedPart, dataMemoryFlag, decodeUnit, matches, type SnoopUnit, type Watched } from "./snoop-unit.ts";

/** Where execution goes behind a layer, as far as the snoop units have a say. */
export interface SnoopVerdict {
  readonly stops: boolean;
  /** The layer's link is taken. */
  readonly links: boolean;
}

/**
 * The snoop units look at what layers write to data memory. They add up in registers of theirs what they saw, may end
 * execution behind the layer, and may make its link conditional. Where it is not known whether one does, execution goes
 * on as if it had seen nothing, and `chip.undecided` hears why. That loading the input counts for nothing is assumed.
 */
export class SnoopUnits {
  readonly #chip: Chip;
  /** Layer in which a unit saw what it waits for last, by unit. */
  readonly #seen = new Map<number, number>();
  /** Units for which it is not known whether they saw anything. */
  readonly #unclear = new Map<number, string>();

  constructor(chip: Chip) {
    this.#chip = chip;
  }

  /** A new inference: what was seen is forgotten, what was added up stays. */
  start(): void {
    this.#seen.clear();
    this.#unclear.clear();
  }

  /** Shows the units of some quadrants what a layer wrote. */
  watch(execution: LayerExecution, quadrants: readonly number[]): void {
    const { layer } = execution;
    const watching = quadrants.flatMap((quadrant) => this.#units(quadrant).map((unit) => ({ unit, quadrant })));
    if (watching.length === 0) return;
    const { written } = execution;
    for (const { unit, quadrant } of watching) {
      const { watched } = unit;
      if (typeof watched === "string" || (watched.layer ?? layer) !== layer) continue;
      for (const { address, word } of written) this.#look(unit, watched, quadrant, layer, address, word);
    }
  }

  /** `isStreamed`: several layers ran at the same time. */
  behind(layer: number, isStreamed: boolean, hasLink: boolean, master: number): SnoopVerdict {
    const units = this.#units(master);
    const acts = (unit: SnoopUnit): boolean => this.#hasSeen(unit, layer, isStreamed);
    const deciding = hasLink ? units.filter(({ actions }) => actions.links) : [];
    return {
      stops: units.filter(({ actions }) => actions.stops).filter(acts).length > 0,
      links: hasLink && (deciding.length === 0 || deciding.filter(acts).length > 0),
    };
  }

  #units(quadrant: number): SnoopUnit[] {
    const { device, registers } = this.#chip;
    if (!device.capabilities.snoop) return [];
    const read = (number: number) =>
      decodeUnit(number, (name) => registers.get(`SNP${number}_${name}`, "value", quadrant));
    return [1, 2].flatMap((number) => read(number) ?? []);
  }

  #look(
    { number, actions }: SnoopUnit,
    watched: Watched,
    quadrant: number,
    layer: number,
    address: number,
    word: number,
  ): void {
    const at = this.#dataWord(address);
    if (at < watched.addresses[0] || at > watched.addresses[1]) return;
    const value = comparedPart(watched, word);
    const found = matches(watched, value);
    if (found === null) this.#unclear.set(number, "compares values that may or may not have a sign");
    if (found !== true) return;
    this.#seen.set(number, layer);
    const { registers } = this.#chip;
    const get = (name: string): number => registers.get(`SNP${number}_${name}`, "value", quadrant);
    const set = (name: string, to: number): void =>
      registers.set(`SNP${number}_${name}`, { value: to >>> 0 }, quadrant);
    if (actions.sums) set("ACC", get("ACC") + value);
    if (actions.hits) set("HIT", get("HIT") + 1);
    if (actions.largest && value > get("MAX")) {
      set("MAX", value);
      set("AM", dataMemoryFlag + at);
    }
  }

  /** Whether a unit saw what it waits for; false, and undecided, where that is not known. */
  #hasSeen({ number, watched }: SnoopUnit, layer: number, isStreamed: boolean): boolean {
    const because = (reason: string): false => {
      this.#chip.undecided(`snoop unit ${number}: ${reason}`);
      return false;
    };
    if (typeof watched === "string") return because(watched);
    const unclear = this.#unclear.get(number);
    if (unclear !== undefined) return because(unclear);
    if (isStreamed) return because("when it acts on streaming layers is not known");
    const seenIn = this.#seen.get(number);
    if (seenIn === undefined) return false;
    if (watched.counts) return because("which matches its count includes is not known");
    return seenIn === layer || because(`whether it remembers what layer ${seenIn} wrote is not known`);
  }

  #dataWord(address: number): number {
    const { device, data } = this.#chip;
    const target = memoryAt(device, address);
    return target?.kind === "data" ? target.instance * data.instanceWords + Math.floor(target.byte / 4) : -1;
  }
}
