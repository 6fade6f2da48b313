import type { RuleTable } from "./rule.ts";

/**
 * Operators without arguments, judged by what they are applied to; `tensor` stands for that.
 * `role` is what the tensor is: see `types/call.ts`.
 */
export const activationRules = {
  tensor: [
    {
      id: "WIDE-01",
      code: "AI1029",
      value: "wideTensor",
      check: "is",
      limit: false,
      say: "a wide output cannot be activated; drop wide or {operator}",
      hint: "the activation works on 8 bits",
    },
    {
      id: "ACT-02",
      code: "AI1030",
      value: "activatedTensor",
      check: "is",
      limit: false,
      say: "{operator} comes after another activation; an operator has one",
      hint: "drop one of the two",
    },
    {
      id: "ACT-02",
      code: "AI1017",
      value: "activatable",
      check: "is",
      limit: true,
      say: "{operator} needs a convolution or linear right before it",
      hint: "activate before pooling or combining, or put a convolution between",
    },
  ],
} as const satisfies RuleTable;

export const batchNormRules = {
  tensor: [
    {
      id: "NORM-01",
      code: "AI1018",
      value: "normalizable",
      check: "is",
      limit: true,
      say: "batchNorm needs a convolution or linear without activation right before it",
      hint: "move the activation after batchNorm, as relu()",
    },
  ],
} as const satisfies RuleTable;

export const flattenRules = {
  tensor: [
    {
      id: "FLAT-01",
      code: "AI2050",
      value: "pixels",
      check: "atMost",
      limit: { device: ["limits", "flattenPixels"] },
      say: "flatten takes at most {limit} pixels per channel; {height}x{width} are {pixels}",
      hint: "pool before flatten",
    },
    {
      id: "FLAT-07",
      code: "AI2051",
      value: "flattenedWords",
      check: "atMost",
      limit: { device: ["limits", "flattenPixels"] },
      say: "flatten of {data} takes {flattenedWords} turns; {device} takes at most {limit}",
      hint: "pool before flatten, or use fewer channels",
    },
  ],
} as const satisfies RuleTable;
