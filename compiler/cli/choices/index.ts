import type { Diagnostic } from "../../../dsl/diagnostic.ts";
import type { YamlOptions } from "../../import/yaml-options.ts";
import { integerOption, type OptionSpec, type OptionValues } from "../options.ts";
import { acceptedChoices, acceptedGroup } from "./accepted.ts";
import { noChoices, type ChoiceOption, type Choices, type Given, type Place } from "./choice.ts";
import { descriptionChoices } from "./description.ts";
import { memoryChoices } from "./memory.ts";
import { networkChoices } from "./network.ts";
import { programChoices } from "./program.ts";
import { projectChoices } from "./project.ts";
import { reportChoices } from "./reports.ts";

export type { Choices } from "./choice.ts";

/** Every option that says what is compiled and what the project looks like. Both import and build accept all. */
export const choiceOptions: readonly ChoiceOption[] = [
  ...descriptionChoices,
  ...networkChoices,
  ...memoryChoices,
  ...programChoices,
  ...projectChoices,
  ...reportChoices,
  ...acceptedChoices,
];

/** The options as a command lists them: what has an effect with a line each, the rest by name. */
export const choiceSpecs = (place: Place): readonly OptionSpec[] =>
  choiceOptions
    .map((option): OptionSpec => {
      if (option.at.includes(place)) return option;
      return { ...option, group: briefGroup(option, place), brief: true };
    })
    .toSorted((a, b) => Number(a.brief ?? false) - Number(b.brief ?? false));

function briefGroup(option: ChoiceOption, place: Place): string {
  if (option.at.length === 0) return acceptedGroup;
  return place === "build"
    ? "for ai8xc import, without effect here"
    : "for ai8xc build, in the command that import prints at its end";
}

/** The options that decide how a model computes and whether it fits. */
export const modelChoiceSpecs: readonly OptionSpec[] = [...networkChoices, ...memoryChoices];

const unsayable: readonly string[] = ["start-layer", "weight-start", "no-deduplicate-weights"];

/** Those of them that a network description and its files can express. */
export const describedChoiceSpecs: readonly OptionSpec[] = modelChoiceSpecs.filter(
  ({ name }) => !unsayable.includes(name),
);

interface GivenOption {
  readonly option: ChoiceOption;
  readonly given: Given;
}

const givenOptions = (options: OptionValues): GivenOption[] =>
  choiceOptions.flatMap((option) => {
    const value = options[option.name];
    return value === undefined ? [] : [{ option, given: value === true ? "" : value }];
  });

/**
 * What the given options change. Everything without an effect in this place is noticed (AI6030), except that import
 * leaves the options of build to `buildWords`; values are checked in any case.
 */
export function readChoices(
  options: OptionValues,
  place: Place,
): { readonly choices: Choices; readonly notices: readonly Diagnostic[] } {
  const choices = noChoices();
  const notices: Diagnostic[] = [];
  for (const { option, given } of givenOptions(options)) {
    const applied = option.at.includes(place) ? choices : noChoices();
    option.apply(applied, given);
    const reason = isCarried(option, place) ? null : withoutEffect(option, given, place);
    if (reason !== null) notices.push(notice(spelled(option, given), reason));
  }
  return { choices, notices };
}

/** The network that import makes of a description with these options. */
export const describedOptions = (
  options: OptionValues,
  { network, edits, description }: Choices,
): Partial<YamlOptions> => ({
  ...network,
  ...edits,
  ...description,
  stopAfter: integerOption(options, "stop-after") ?? null,
});

const isCarried = ({ at }: ChoiceOption, place: Place): boolean =>
  place === "import" && at.length === 1 && at[0] === "build";

function withoutEffect(option: ChoiceOption, given: Given, place: Place): string | null {
  const reason = option.without?.(given) ?? null;
  if (reason !== null || option.at.length === 0 || option.at.includes(place)) return reason;
  return `it belongs to ai8xc ${option.at[0]}, which reads the network description`;
}

const notice = (option: string, reason: string): Diagnostic => ({
  code: "AI6030",
  severity: "notice",
  message: `--${option} has no effect here: ${reason}`,
});

const spelled = (option: ChoiceOption, given: Given): string =>
  given !== false
    ? option.name
    : option.negatable === true
      ? `no-${option.name}`
      : (option.opposites?.[0] ?? option.name);

/** The options that import leaves to build, as words of a command line. */
export const buildWords = (options: OptionValues): string[] =>
  givenOptions(options)
    .filter(({ option }) => isCarried(option, "import"))
    .flatMap(({ option, given }) => [`--${spelled(option, given)}`, ...(given ? [shellWord(given)] : [])]);

/** Quoted where a shell would take the word apart. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
