import { beforeAll, describe, expect, it } from "vitest";
import { buildWords, readChoices } from "../../compiler/cli/choices/index.ts";
import { buildCommand } from "../../compiler/cli/commands/build.ts";
import { importCommand } from "../../compiler/cli/commands/import.ts";
import { parseCommandLine, type OptionValues } from "../../compiler/cli/options.ts";
import { argumentWords } from "./case-choices.ts";
import { allCases, goldenRoot, loadCase, skippedWithoutGolden } from "./load.ts";

const skipped = goldenRoot === null ? ` (${skippedWithoutGolden})` : "";

/** Options that have no effect in ai8xc, for the reasons it gives. */
const withoutEffect = ["compact-weights"];
/** Options that name what import reads. */
const importOnly = ["config-file"];

describe.skipIf(goldenRoot === null)(`the recorded command lines${skipped}`, () => {
  let commandLines: (readonly string[])[] = [];
  beforeAll(() => {
    const texts = new Set(allCases().map(({ path }) => loadCase(path).arguments));
    commandLines = [...texts].map((text) => argumentWords({ arguments: text }));
  }, 120_000);

  const everyLine = (check: (words: readonly string[], options: OptionValues) => void, command = buildCommand) => {
    expect(commandLines.length).toBeGreaterThan(50);
    for (const words of commandLines) check(words, parseCommandLine(command, words).options);
  };
  const noticed = (options: OptionValues, place: "import" | "build"): string[] =>
    readChoices(options, place).notices.map(({ message }) => /^--(\S+) /.exec(message)?.[1] ?? message);

  it.each([importCommand, buildCommand])("are accepted by $name, word for word", (command) => {
    everyLine((words) => {
      const { options, positionals } = parseCommandLine(command, words);
      expect([words, positionals]).toEqual([words, []]);
      expect(Object.keys(options).length).toBe(words.filter((word) => word.startsWith("--")).length);
    }, command);
  });

  it("have an effect in import or build, option by option", () => {
    everyLine((words, options) => {
      const given = (names: readonly string[]) => names.filter((name) => words.includes(`--${name}`));
      expect(noticed(options, "import")).toEqual(given(withoutEffect));
      expect(noticed(options, "build").toSorted()).toEqual(given([...withoutEffect, ...importOnly]).toSorted());
    });
  });

  it("are the same to build when import passes them on", () => {
    everyLine((_, options) => {
      const passed = readChoices(parseCommandLine(buildCommand, buildWords(options)).options, "build").choices;
      const direct = readChoices(options, "build").choices;
      const ofNetwork = { network: {}, edits: {}, description: {} };
      expect(passed).toEqual({ ...direct, ...ofNetwork });
      // The rest is in the model by then.
      const { network, edits, description } = direct;
      expect(readChoices(options, "import").choices).toMatchObject({ network, edits, description });
    });
  }, 60_000);
});
