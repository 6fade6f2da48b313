import { convolutionCases } from "./convolution-cases.ts";
import { layerCases } from "./layer-cases.ts";
import { memoryCases } from "./memory-cases.ts";
import type { RuleCase } from "./rule-case.ts";
import { streamCases } from "./stream-cases.ts";
import { textCases } from "./text-cases.ts";

export const ruleCases: readonly RuleCase[] = [
  ...convolutionCases,
  ...layerCases,
  ...memoryCases,
  ...streamCases,
  ...textCases,
];
