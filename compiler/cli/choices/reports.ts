import { flag, type ChoiceOption, type Place } from "./choice.ts";

const group = "reports";

const report = (name: string, help: string, at: readonly Place[], more: Partial<ChoiceOption> = {}): ChoiceOption => ({
  name,
  group,
  help,
  at,
  apply: () => {},
  ...more,
});

/** What commands tell beside their result; they ask for these themselves. */
export const reportChoices: readonly ChoiceOption[] = [
  report("verbose", "print every stage", ["build"], { short: "v" }),
  report("display-checkpoint", "print a table of the weights", ["import", "build"]),
  report("sample-numpy-filename", "write the result for the sample into this file (.npy)", ["build"], {
    value: "FILE",
  }),
  {
    group,
    at: ["build"],
    name: "log",
    short: "L",
    negatable: true,
    help: "keep what the build prints in the project (log.txt)",
    apply: ({ log }, given) => void Object.assign(log, { file: given === false ? null : (log.file ?? defaultLog) }),
  },
  {
    group,
    at: ["build"],
    name: "log-filename",
    value: "NAME",
    help: "keep it under this name",
    apply: ({ log }, given) => void (log.file === null || Object.assign(log, { file: given })),
  },
  flag(
    "log-intermediate",
    { group, help: "write data, weights and biases of all layers (.npy)" },
    "log",
    "intermediate",
  ),
  flag("log-pooling", { group, help: "write data before and behind pooling (.npy)" }, "log", "pooling"),
  flag(
    "short-log",
    { group, aliases: ["log-last-only", "verbose-all"], help: "of these arrays, write those of outputs only" },
    "log",
    "outputsOnly",
  ),
];

const defaultLog = "log.txt";
