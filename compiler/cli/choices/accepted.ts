import { change, type ChoiceOption } from "./choice.ts";

/** Reasons why options of the vendor's generator have nothing to do here. */
const simulation = "it is for simulations of the chip's logic, and ai8xc makes projects for the device";
const debugging = "every build compares the program with the reference, and --verbose prints every stage";
const latency = "the table of a build estimates the cycles of every layer, for chips where they are known";
const format = "logs hold arrays as .npy files, without a format of their own";
const testing = "it is for tests of the reference generator";
const limits = "limits of the hardware are errors in any case";
const snooping = "snoop units are configured, but not tested";
const offline = "ai8xc does not look for newer versions";

type Entry = readonly [option: string, reason: string, letter?: string];

/** `NAME`, or `NAME VALUE` where the option takes one; other names behind commas. */
const withoutEffect: readonly Entry[] = [
  ["rtl,rtl-sim", simulation],
  ["rtl-preload", simulation],
  ["rtl-preload-weights", simulation],
  ["slow-load N", simulation],
  ["input-csv FILE", simulation],
  ["input-csv-format N", simulation],
  ["input-csv-retrace N", simulation],
  ["input-csv-period N", simulation],
  ["input-pix-clk N", simulation],
  ["input-sync", simulation],
  ["input-fifo", simulation],
  ["autogen DIR", simulation],
  ["autogen_list FILE", simulation],
  ["queue-name NAME", simulation],
  ["timeout N", simulation],
  ["runtest-filename FILE", simulation],
  ["top-level NAME", simulation],
  ["result-output", simulation],
  ["input-filename NAME", simulation],
  ["output-filename NAME", simulation],
  ["output-config-filename NAME", simulation],
  ["output-data-filename NAME", simulation],
  ["output-weights-filename NAME", simulation],
  ["output-bias-filename NAME", simulation],
  ["output-pass-filename NAME", simulation],
  ["legacy-test", simulation],
  ["legacy-kernels", simulation],
  ["test-bist", simulation],
  ["pretend-zero-sram", simulation],
  ["debug", debugging, "D"],
  ["debug-computation", debugging],
  ["debug-latency", latency],
  ["kernel-format TEXT", format],
  ["compact-weights", "weights are stored packed in any case"],
  ["ignore-hw-limits", limits],
  ["ignore-bias-groups", limits],
  ["debug-snoop", snooping],
  ["snoop-loop", snooping],
  ["input-split N", "the input is loaded in one piece"],
  ["max-proc N", "the chips have all their processors"],
  ["apb-base ADDRESS", "the addresses are those of the device"],
  ["mlator-noverify", testing],
  ["version-check-interval HOURS", offline],
  ["upstream NAME", offline],
  ["yamllint PROGRAM", "ai8xc checks descriptions itself"],
];

/** Heading of options that only existing command lines need. */
export const acceptedGroup = "accepted for existing command lines, without effect";
const messages = "messages";

const noted = ([option, reason, short]: Entry): ChoiceOption => {
  const [names = "", value] = option.split(" ");
  const [name = "", ...aliases] = names.split(",");
  return {
    ...unchanging(name, reason),
    aliases,
    ...(short === undefined ? {} : { short }),
    ...(value === undefined ? {} : { value }),
    without: () => reason,
  };
};

/** Asks for what is the case anyway. What would ask for the opposite has no effect, for this reason. */
const anyway = (name: string, opposites: readonly string[] = [], reason = ""): ChoiceOption => ({
  ...unchanging(name, reason),
  opposites,
  without: (given) => (given === false ? reason : null),
});

const unchanging = (name: string, help: string): ChoiceOption => ({
  name,
  group: acceptedGroup,
  help,
  at: [],
  apply: () => {},
});

/** Says how the RISC-V program is stored, which implies that there is one. */
const riscvMemory = (name: string): ChoiceOption => {
  const reason = "the RISC-V program runs from flash memory through its cache";
  const described = { opposites: [`no-${name}`], group: "RISC-V", help: "the same as --riscv, which includes it" };
  return { ...change(name, described, "emit", { riscv: true }, {}), without: anyway(name, [], reason).without! };
};

const silence = (name: string, help: string, codes: readonly string[]): ChoiceOption => ({
  name,
  group: messages,
  help,
  at: ["import", "build"],
  apply: ({ silenced }) => void silenced.push(...codes),
});

/** Options that change nothing here, so that existing command lines can be used as they are, and a few messages. */
export const acceptedChoices: readonly ChoiceOption[] = [
  silence("ignore-energy-warning", "do not tell that --energy ignores the timer", ["AI5005"]),
  silence("ignore-mlator-warning", "do not tell where --mlator has no effect", ["AI5007"]),
  silence("no-warn-zero", "do not tell that all weights or results of a layer are zero", ["AI4107", "AI4301"]),
  ...withoutEffect.map(noted),
  { ...anyway("embedded-code"), short: "e" },
  anyway("compact-data", ["no-compact-data"], "input data is copied in words in any case"),
  anyway("new-kernel-loader", ["old-kernel-loader"], "weights are stored as chunks for one loader"),
  anyway("debug-new-streaming"),
  anyway("no-progress"),
  anyway("no-version-check"),
  riscvMemory("riscv-flash"),
  riscvMemory("riscv-cache"),
];
