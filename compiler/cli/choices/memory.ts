import { change, field, integer, type ChoiceOption } from "./choice.ts";

const group = "memory";

/** Options that decide where weights and data are. */
export const memoryChoices: readonly ChoiceOption[] = [
  change("overlap-data", { group, help: "accept data that is overwritten while needed" }, "placement", {
    overlaps: "allow",
  }),
  change("no-error-stop", { group, help: "errors about overwritten data become warnings" }, "placement", {
    overlaps: "warn",
  }),
  change("no-deduplicate-weights", { group, help: "store equal weights and biases several times" }, "placement", {
    deduplicate: false,
  }),
  field(
    "weight-start",
    { group, value: "WORD", help: "first word of weight memory to use, behind another network" },
    "placement",
    "weightStart",
    integer(),
  ),
];
