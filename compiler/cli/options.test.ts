import { describe, expect, it } from "vitest";
import { helpText, integerValue, parseCommandLine, UsageError, type CommandSpec, type OptionSpec } from "./options.ts";

const options: readonly OptionSpec[] = [
  { name: "board", aliases: ["board-name"], value: "NAME", help: "the board" },
  { name: "timer", value: "N", negatable: true, help: "the timer" },
  { name: "pll", negatable: true, opposites: ["apb"], help: "the clock", group: "clocks" },
  { name: "no-bias", value: "LIST", optionalValue: /^\d+(,\d+)*$/, help: "drop the bias" },
  { name: "stop", value: "STAGE", choices: ["model", "network"], otherValues: /^\d+$/, help: "end there" },
  { name: "verbose", short: "v", help: "tell more" },
  { name: "old", aliases: ["older"], help: "", group: "for nothing", brief: true },
  { name: "log", short: "L", negatable: true, help: "", group: "for nothing", brief: true },
];
const command: CommandSpec = { name: "test", usage: "test [options]", summary: "Tests.", options, run: async () => 0 };

const parsed = (...words: readonly string[]) => parseCommandLine(command, words);
const optionsOf = (...words: readonly string[]) => parsed(...words).options;
const complaint = (...words: readonly string[]): string => {
  try {
    parsed(...words);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "";
};

describe("a command line", () => {
  it.each<readonly [string, readonly string[], object]>([
    ["other names", ["--board-name", "A"], { board: "A" }],
    ["the same twice", ["--board-name", "A", "--board", "A"], { board: "A" }],
    ["values and their absence", ["--no-timer"], { timer: false }],
    ["opposites", ["--apb"], { pll: false }],
    ["several opposites", ["--apb", "--no-pll"], { pll: false }],
    ["values with dashes", ["--board", "-f target/x.cfg"], { board: "-f target/x.cfg" }],
    ["negative numbers", ["--timer", "-3"], { timer: "-3" }],
    ["values behind an equals sign", ["--no-bias=4", "--timer=1"], { "no-bias": "4", timer: "1" }],
    ["a list", ["--no-bias", "4,5", "--verbose"], { "no-bias": "4,5", verbose: true }],
    ["a list that is left out", ["--no-bias", "-v"], { "no-bias": "", verbose: true }],
    ["a list that is left out at the end", ["--no-bias"], { "no-bias": "" }],
    ["choices, ignoring case", ["--stop", "MODEL"], { stop: "model" }],
    ["numbers beside choices", ["--stop", "2"], { stop: "2" }],
    ["letters", ["-v", "-L"], { verbose: true, log: true }],
  ])("has %s", (_, words, expected) => expect(optionsOf(...words)).toEqual(expected));

  it("leaves what follows an option without its optional value alone", () => {
    expect(parsed("--no-bias", "model.ts")).toEqual({ positionals: ["model.ts"], options: { "no-bias": "" } });
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ["an unknown option", ["--bord", "A"], /^test has no option --bord; did you mean --board\?$/],
    ["a slip in another name", ["--boardname", "A"], /did you mean --board-name\?$/],
    ["an option like nothing", ["--qqqqqqqq"], /^test has no option --qqqqqqqq$/],
    ["a missing value", ["--board"], /--board/],
    ["an option instead of a value", ["--board", "--verbose"], /--board/],
    ["a value that is not allowed", ["--stop", "later"], /^--stop later is not known; use model, network$/],
    ["two values", ["--board", "A", "--board-name", "B"], /^--board and --board-name exclude each other$/],
    ["an option and its opposite", ["--pll", "--apb"], /^--pll and --apb exclude each other$/],
    ["a value and its absence", ["--timer", "0", "--no-timer"], /^--timer and --no-timer exclude each other$/],
  ])("with %s is refused", (_, words, expected) => expect(complaint(...words)).toMatch(expected));
});

describe("numbers", () => {
  it("are read in the usual notations", () => {
    expect(["12", "0x7d0", "0o17", "0b101"].map((text) => integerValue("n", text, 0))).toEqual([12, 2000, 15, 5]);
    for (const text of ["", "-1", "1.5", "many", "1e400"]) {
      expect(() => integerValue("n", text, 0)).toThrow(UsageError);
    }
  });
});

describe("help", () => {
  const lines = helpText(command).split("\n");

  it("has a heading for every group, and names every option", () => {
    expect(lines.filter((line) => /^\S.*:$/.test(line))).toEqual(["options:", "clocks:", "for nothing:"]);
    expect(lines.some((line) => /^ {2}-v, --verbose +tell more$/.test(line))).toBe(true);
    expect(lines.some((line) => /--board NAME +the board \(--board-name\)$/.test(line))).toBe(true);
    expect(lines.some((line) => /--\[no-\]pll +the clock \(not: --apb\)$/.test(line))).toBe(true);
    expect(lines.some((line) => line.includes("--no-bias [LIST]"))).toBe(true);
  });

  it("lists options that are only accepted by their names", () => {
    expect(lines).toContain("  --old --older -L --[no-]log");
  });
});
