import type { EmitOptions } from "../../../targets/emit/options.ts";
import type { CheckpointLayerOptions } from "../../import/checkpoint-layers.ts";
import type { YamlOptions } from "../../import/yaml-options.ts";
import type { NetworkOptions } from "../../ir/network.ts";
import type { NetworkEdits, PlacementOptions, ProgramOptions } from "../../options.ts";
import type { SampleChange } from "../../passes/change-sample.ts";
import { integerValue, UsageError, type OptionSpec } from "../options.ts";

/** What a build writes about itself into the project's folder. */
export interface LogChoices {
  /** Name of the file with everything the build printed; null: none. */
  readonly file: string | null;
  /** What layers read and write, their weights and biases, as arrays. */
  readonly intermediate: boolean;
  /** Data before and behind pooling, as arrays. */
  readonly pooling: boolean;
  /** Arrays of the layers that are read out only. */
  readonly outputsOnly: boolean;
}

/** What the options of a command line change, beside the defaults. */
export interface Choices {
  network: Partial<NetworkOptions>;
  edits: Partial<NetworkEdits>;
  /** Of a network description and its checkpoint, which only import reads. */
  description: Partial<Pick<YamlOptions, "skipLayers" | "skipCheckpointLayers" | "reshapeInputs">>;
  checkpoint: Partial<CheckpointLayerOptions>;
  placement: Partial<PlacementOptions>;
  program: Partial<ProgramOptions>;
  emit: Partial<EmitOptions>;
  sample: Partial<SampleChange>;
  log: Partial<LogChoices>;
  /** Codes of warnings and notices that are left out. */
  silenced: string[];
}

export const noChoices = (): Choices => ({
  network: {},
  edits: {},
  description: {},
  checkpoint: {},
  placement: {},
  program: {},
  emit: {},
  sample: {},
  log: {},
  silenced: [],
});

/** Where an option takes effect. Import passes what build does on to build. */
export type Place = "import" | "build";

/** False: the option was negated. The text of a switch is empty. */
export type Given = string | false;

/** An option that both import and build accept, whether or not it has an effect there. */
export interface ChoiceOption extends OptionSpec {
  readonly at: readonly Place[];
  /** Why it has no effect, or none as given. Absent or null: it has one, or asks for what is the case anyway. */
  readonly without?: (given: Given) => string | null;
  readonly apply: (choices: Choices, given: Given) => void;
}

type Described = Omit<OptionSpec, "name"> & { readonly at?: readonly Place[] };
type Part = "network" | "edits" | "description" | "checkpoint" | "placement" | "program" | "emit" | "sample" | "log";

/** A switch that makes one change; and another one when it is negated. */
export const change = <P extends Part>(
  name: string,
  spec: Described,
  part: P,
  values: Choices[P],
  negated?: Choices[P],
): ChoiceOption => ({
  ...spec,
  at: spec.at ?? ["build"],
  name,
  apply: (choices, given) => void Object.assign(choices[part], given === false ? negated : values),
});

/** A switch that sets a field true; or false, when it is negated. */
export const flag = <P extends Part>(name: string, spec: Described, part: P, key: keyof Choices[P]): ChoiceOption => ({
  ...spec,
  at: spec.at ?? ["build"],
  name,
  apply: (choices, given) => void Object.assign(choices[part], { [key]: given !== false }),
});

/** An option whose value is read into a field. */
export const field = <P extends Part, K extends keyof Choices[P]>(
  name: string,
  spec: Described & { readonly value: string },
  part: P,
  key: K,
  read: (text: string, name: string) => NonNullable<Choices[P]>[K],
  negated?: NonNullable<Choices[P]>[K],
): ChoiceOption => ({
  ...spec,
  at: spec.at ?? ["build"],
  name,
  apply: (choices, given) =>
    void Object.assign(choices[part], { [key]: given === false ? negated : read(given, name) }),
});

/** Reads a whole number of at least `min`. */
export const integer =
  (min = 0) =>
  (text: string, name: string): number =>
    integerValue(name, text, min);

/** Reads names or numbers separated by spaces or commas. */
export const words = (text: string): readonly string[] => text.split(/[\s,]+/).filter(Boolean);

export const integers = (text: string, name: string): readonly number[] =>
  words(text).map((word) => integerValue(name, word, 0));

/** What looks like a list of numbers. */
export const numberList = /^\d+([\s,]+\d+)*$/;

/** Exactly `count` numbers separated by commas. */
export function exactIntegers(text: string, name: string, count: number): readonly number[] {
  const numbers = integers(text, name);
  if (numbers.length === count) return numbers;
  throw new UsageError(`--${name} takes ${count} numbers with commas between, not ${text}`);
}
