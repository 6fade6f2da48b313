import { field, flag, integer, type ChoiceOption } from "./choice.ts";

const importing = { group: "network description", at: ["import"] } as const;

const file = (name: string, alias: string, help: string): ChoiceOption => ({
  ...importing,
  name,
  ...(alias === "" ? {} : { aliases: [alias] }),
  value: "FILE",
  help,
  apply: () => {},
});

/** Files that import reads, and how it reads them. */
export const descriptionChoices: readonly ChoiceOption[] = [
  file("config-file", "", "the description, instead of the first word"),
  file("test-weights", "weight-input", "weights of a layer test instead of a checkpoint: .npy"),
  file("test-bias", "bias-input", "biases of a layer test: .npy"),
  field(
    "skip-yaml-layers",
    { ...importing, value: "N", help: "leave out the first layers of the description" },
    "description",
    "skipLayers",
    integer(),
  ),
  field(
    "skip-checkpoint-layers",
    { ...importing, value: "N", help: "leave out the first weights of the checkpoint" },
    "description",
    "skipCheckpointLayers",
    integer(),
  ),
  flag(
    "reshape-inputs",
    { ...importing, help: "layers may read some channels only: those on their processors" },
    "description",
    "reshapeInputs",
  ),
  flag(
    "ignore-bn",
    { ...importing, help: "skip batch normalization in the checkpoint" },
    "checkpoint",
    "ignoreBatchNorm",
  ),
];
