import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildWords, choiceOptions, describedOptions, readChoices } from "../../compiler/cli/choices/index.ts";
import { noChoices } from "../../compiler/cli/choices/choice.ts";
import { buildCommand } from "../../compiler/cli/commands/build.ts";
import { importCommand } from "../../compiler/cli/commands/import.ts";
import { parseCommandLine, UsageError, type OptionValues } from "../../compiler/cli/options.ts";
import { root } from "./run.ts";

/** Options of the reference generator in common and rare use, each with a value where it takes one. */
const common = `
--device MAX78002 | --ai85 | --avg-pool-rounding | --simple1b | --pipeline | --no-pipeline | --pll | --no-pll | --apb
--balance-speed | --max-speed | --clock-divider 4 | --config-file net.yaml | --checkpoint-file net.pth.tar
--board-name FTHR_RevA | --display-checkpoint | --prefix demo | --debugwait 5 | --define FAST=1
--define-default-arm A | --define-default-riscv B | --eclipse-includes x | --eclipse-variables x
--eclipse-openocd-args x | --overwrite | --mexpress | --no-mexpress | --mlator | --unroll-mlator 4 | --unroll-8bit 2
--unroll-wide 4 | --softmax | --unload | --no-unload | --no-kat | --boost 2.5 | --start-layer 1 | --no-wfi | --timer 0
--no-timer | --energy | --switch-delay 10 | --output-width 32 | --no-deduplicate-weights | --no-warn-zero
--c-filename demo | --api-filename net.c | --weight-filename w.h | --sample-filename s.h | --sample-input s.npy
--sample-output-filename o.h | --sample-numpy-filename r.npy | --fifo | --fast-fifo | --fast-fifo-quad
--no-fifo-wait | --fifo-go | --riscv | --riscv-debug | --riscv-exclusive | --verbose | -v | --log | -L | --no-log
--log-filename x | --no-progress | --log-intermediate | --log-pooling | --short-log | --log-last-only | --verbose-all
--no-error-stop | --stop-after 2 | --skip-checkpoint-layers 1 | --skip-yaml-layers 1 | --forever | --read-ahead
--calcx4 | --weight-start 8 | --ignore-bn | --ignore-activation | --ignore-energy-warning | --ignore-mlator-warning
--test-dir out | --overlap-data | --ignore-streaming | --no-bias | --no-bias 1,2 | --powerdown | --deepsleep
--input-offset 0x7d0 | --verify-writes | --verify-kernels | --write-zero-registers | --zero-unused | --init-tram
--zero-sram | --synthesize-input 1 | --synthesize-words 4 | --max-verify-length 8 | --max-checklines 8
--no-version-check | --version-check-interval 24 | --upstream x | --yamllint none
`;

/** Options for tests and simulations, which occur in scripts all the same. */
const testing = `
-e | --embedded-code | --rtl | --rtl-sim | --rtl-preload | --rtl-preload-weights | --compact-data | --no-compact-data
--compact-weights | --slow-load 2 | --debug-new-streaming | --riscv-flash | --no-riscv-flash | --riscv-cache
--no-riscv-cache | -D | --debug | --debug-computation | --debug-latency | --stop-start | --one-shot | --repeat-layers 2
--clock-trim 1,2,3 | --fixed-input | --reshape-inputs | --link-layer | --ext-rdy | --ignore-bias-groups
--kernel-format x | --debug-snoop | --snoop-loop | --ignore-hw-limits | --new-kernel-loader | --old-kernel-loader
--weight-input w.npy | --bias-input b.npy | --input-csv x | --input-csv-format 555 | --input-csv-retrace 5
--input-csv-period 80 | --input-pix-clk 9 | --input-sync | --input-fifo | --autogen x | --autogen_list x
--queue-name x | --timeout 3 | --runtest-filename x | --top-level x | --input-filename x | --output-filename x
--output-config-filename x | --output-data-filename x | --output-weights-filename x | --output-bias-filename x
--output-pass-filename x | --legacy-test | --legacy-kernels | --test-bist | --result-output | --override-start 1
--override-rollover 2 | --override-delta1 3 | --override-delta2 4 | --increase-start 4 | --increase-delta1 1
--increase-delta2 1 | --allow-streaming | --streaming-layers 1,2 | --max-proc 32 | --mlator-noverify
--pretend-zero-sram | --apb-base 0x1000 | --ready-sel 1 | --ready-sel-fifo 2 | --ready-sel-aon 3 | --input-split 2
`;

const listed = (text: string): string[][] =>
  text
    .trim()
    .split(/\s*[|\n]\s*/)
    .map((option) => option.split(" "));
const familiar = [...listed(common), ...listed(testing)];
const commands = [importCommand, buildCommand] as const;
const optionsOf = (words: readonly string[], command = buildCommand): OptionValues =>
  parseCommandLine(command, words).options;

describe.each(commands)("$name", (command) => {
  it.each(familiar.map((words) => [words.join(" "), words] as const))("accepts %s", (_, words) => {
    const { options, positionals } = parseCommandLine(command, words);
    expect([Object.keys(options).length, positionals]).toEqual([1, []]);
    expect(() => readChoices(options, command.name as "import" | "build")).not.toThrow();
  });

  it("has every name once", () => {
    const names = command.options.flatMap(({ name, aliases = [], opposites = [], negatable }) => [
      name,
      ...aliases,
      ...opposites,
      ...(negatable === true ? [`no-${name}`] : []),
    ]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    const letters = command.options.flatMap(({ short }) => short ?? []);
    expect(letters.filter((letter, i) => letters.indexOf(letter) !== i)).toEqual([]);
  });
});

/** Ask for what is the case anyway. */
const anyway = ["embedded-code", "compact-data", "new-kernel-loader", "debug-new-streaming"];
const absent = ["no-progress", "no-version-check"];
/** Commands ask for these themselves. */
const asked = ["test-dir", "verbose", "display-checkpoint", "sample-numpy-filename"];
const withoutChange = [...anyway, ...absent, ...asked].map((name) => `--${name}`);

describe("every option", () => {
  const chosen = familiar.filter((words) => {
    const options = optionsOf(words);
    return choiceOptions.some(({ name }) => options[name] !== undefined);
  });

  it.each(chosen.map((words) => [words.join(" "), words] as const))(
    "changes the build or says why not: %s",
    (_, words) => {
      const { choices, notices } = readChoices(optionsOf(words), "build");
      const changes = JSON.stringify(choices) !== JSON.stringify(noChoices());
      const idle = withoutChange.includes(words[0]!) || words[0] === "-e" || words[0] === "-v";
      expect([changes, notices.length]).toEqual(
        idle ? [false, 0] : [notices.length === 0, notices.length === 0 ? 0 : 1],
      );
      expect(notices.every(({ code, severity }) => code === "AI6030" && severity === "notice")).toBe(true);
    },
  );

  it.each(chosen.map((words) => [words.join(" "), words] as const))(
    "is used by import, or left to build: %s",
    (_, words) => {
      const options = optionsOf(words, importCommand);
      const { choices, notices } = readChoices(options, "import");
      const carried = buildWords(options);
      const changes = JSON.stringify(choices) !== JSON.stringify(noChoices());
      if (carried.length > 0) {
        expect([changes, notices]).toEqual([false, []]);
        // What build is told is what it would have been told at once.
        expect(readChoices(optionsOf(carried), "build")).toEqual(readChoices(optionsOf(words), "build"));
      } else expect(changes && notices.length > 0).toBe(false);
    },
  );
});

describe("docs/options.md", () => {
  const text = readFileSync(join(root, "docs/options.md"), "utf8");

  it.each(familiar.map(([option]) => option!))("names %s", (option) => {
    expect(text).toMatch(new RegExp(`\`${option}(?=[\` ])`));
  });

  it("names every option of our own", () => {
    const missing = choiceOptions.filter(({ name }) => !new RegExp(`\`--(\\[no-\\])?${name}(?=[\` ])`).test(text));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

describe("choices", () => {
  const choicesOf = (...words: string[]) => readChoices(optionsOf(words), "build").choices;

  it("are those of the strongest FIFO", () => {
    expect(choicesOf("--fifo").network).toEqual({ fifo: "standard" });
    expect(choicesOf("--fast-fifo-quad", "--fifo", "--fast-fifo").network).toEqual({ fifo: "fast-quad" });
    expect(choicesOf("--no-fifo").network).toEqual({ fifo: "none" });
  });

  it("imply the RISC-V core", () => {
    for (const option of ["--riscv", "--riscv-debug", "--riscv-exclusive", "--riscv-cache", "--riscv-flash"]) {
      expect(choicesOf(option).emit.riscv).toBe(true);
    }
    expect(choicesOf("--no-riscv-cache").emit).toEqual({});
  });

  it("read numbers, lists and names", () => {
    expect(choicesOf("--define", "A B=1").emit.defines).toEqual(["A", "B=1"]);
    expect(choicesOf("--clock-trim", "1,0x20,3").emit.clockTrim).toEqual([1, 32, 3]);
    expect(choicesOf("--boost", "2.5").emit.boost).toEqual({ port: 2, pin: 5 });
    expect(choicesOf("--api-filename", "NONE").emit.apiFile).toBeNull();
    expect(choicesOf("--sample-output-filename", "None").emit.sampleOutputFile).toBeNull();
    expect(choicesOf("--no-bias", "0,3").edits.noBias).toEqual([0, 3]);
    expect(choicesOf("--no-bias").edits.noBias).toBe("all");
    expect(choicesOf("--input-offset", "0x7d0").edits.inputOffset).toBe(2000);
    expect(choicesOf("--override-start", "-4").program.overrideStart).toBe(-4);
    expect(choicesOf("--no-timer").emit.timer).toBeNull();
    expect(choicesOf("--start-layer", "2").edits.startLayer).toBe(2);
  });

  it.each([
    ["--timer", "x"],
    ["--timer", "-1"],
    ["--boost", "25"],
    ["--clock-trim", "1,2"],
    ["--clock-divider", "3"],
    ["--output-width", "16"],
    ["--streaming-layers", "a"],
    ["--repeat-layers", "0"],
    ["--max-verify-length", "0"],
  ])("of wrong values are refused in both commands: %s %s", (...words) => {
    for (const command of commands) {
      expect(() => readChoices(optionsOf(words, command), command.name as "import" | "build")).toThrow(UsageError);
    }
  });

  it("of import describe the network", () => {
    const options = optionsOf(["--fifo", "--stop-after", "3", "--skip-yaml-layers", "1", "--no-bias"], importCommand);
    expect(describedOptions(options, readChoices(options, "import").choices)).toEqual({
      fifo: "standard",
      stopAfter: 3,
      skipLayers: 1,
      noBias: "all",
    });
  });

  it("left to build are quoted for a shell", () => {
    const words = [
      "--softmax",
      "--timer",
      "0",
      "--define",
      "A='x' B",
      "--no-wfi",
      "--apb",
      "--fifo",
      "--balance-speed",
    ];
    expect(buildWords(optionsOf(words, importCommand)).join(" ")).toBe(
      "--no-pll --softmax --timer 0 --no-wfi --define 'A='\\''x'\\'' B' --balance-speed",
    );
  });
});
