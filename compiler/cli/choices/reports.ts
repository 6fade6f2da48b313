import type { ChoiceOption, Place } from "./choice.ts";

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
];
