import { importCommand } from "../../compiler/cli/commands/import.ts";
import { describedOptions, readChoices, type Choices } from "../../compiler/cli/choices/index.ts";
import { parseCommandLine } from "../../compiler/cli/options.ts";
import type { YamlOptions } from "../../compiler/import/yaml-options.ts";
import type { GoldenCase } from "./load.ts";

type CaseArguments = Pick<GoldenCase, "arguments">;

export const argumentWords = (golden: CaseArguments): string[] => golden.arguments.split(/\s+/).filter(Boolean);

const parsed = (golden: CaseArguments) => parseCommandLine(importCommand, argumentWords(golden)).options;

/** What the options of a recorded run mean to `ai8xc build`. */
export const buildChoices = (golden: CaseArguments): Choices => readChoices(parsed(golden), "build").choices;

/** What they mean to `ai8xc import`. */
export function yamlOptions(golden: CaseArguments): Partial<YamlOptions> {
  const options = parsed(golden);
  return describedOptions(options, readChoices(options, "import").choices);
}
