import type { Rule, RuleTable } from "./rule.ts";

/** Limits of the result and the weights that all operators with weights share. */
export const outputChannels = {
  id: "CHAN-02",
  code: "AI2014",
  value: "channels",
  check: "between",
  limit: { min: 1, max: { device: ["limits", "channels"] } },
  say: "{channels} channels are not available on {device}; use {limit}",
  hint: "split the operator and concatenate the parts",
} as const satisfies Rule;

export const weightMemory = {
  id: "KMEM-01",
  code: "AI3101",
  when: "weightsFitBefore",
  value: "weightsReach",
  check: "atMost",
  limit: { device: ["weightMemory", "totalBytes"] },
  say: "weights reach {weightsReach} bytes here; {device} holds {limit}",
  hint: "use fewer channels or fewer weight bits, or share weights with weightsOf",
} as const satisfies Rule;

export const outputMemory = {
  id: "MEM-02",
  code: "AI3103",
  when: "outputStored",
  value: "outputBytes",
  check: "atMost",
  limit: { device: ["dataMemory", "instanceBytes"] },
  say: "the output {result} needs {outputBytes} bytes per data memory; {device} has {limit}",
  hint: "pool before this operator, use fewer channels, or stream",
} as const satisfies Rule;

/** Reported on the options of the same names. */
export const weightedOptionRules = {
  activation: [
    {
      id: "ACT-01",
      code: "AI1023",
      when: "activated",
      value: "activation",
      check: "oneOf",
      limit: { values: ["relu", "abs"] },
      say: "there is no activation {activation}; use {limit}",
      hint: "leave the activation out to only clamp to -128...127",
    },
  ],
  wide: [
    {
      id: "WIDE-01",
      code: "AI1029",
      when: "wide",
      value: "activated",
      check: "is",
      limit: false,
      say: "a wide output cannot be activated; drop wide or the activation",
      hint: "the activation works on 8 bits",
    },
  ],
  weightBits: [
    {
      id: "QUANT-01",
      code: "AI2011",
      value: "weightBits",
      check: "oneOf",
      limit: { device: ["limits", "weightBits"] },
      say: "{weightBits}-bit weights are not available on {device}; use {limit}",
      hint: "more bits are more exact, fewer take less memory",
    },
  ],
  binary: [
    {
      id: "QUANT-02",
      code: "AI2012",
      when: "binary",
      value: "binaryAvailable",
      check: "is",
      limit: true,
      say: "weights of +1 and -1 are not available on {device}; its 1-bit weights are 0 and -1",
      hint: "leave binary out",
    },
    {
      id: "QUANT-02",
      code: "AI2012",
      when: "binary",
      value: "weightBits",
      check: "is",
      limit: 1,
      say: "weights of +1 and -1 have 1 bit, not {weightBits}",
      hint: "add weightBits: 1",
    },
  ],
  outputShift: [
    {
      id: "SHIFT-01",
      code: "AI2013",
      when: "shifted",
      value: "outputShift",
      check: "between",
      limit: { min: "smallestShift", max: "largestShift" },
      say: "outputShift {outputShift} is not available with {weightBits}-bit weights on {device}; use {limit}",
      hint: "leave outputShift out to take it from the weights file",
    },
  ],
  calcx4: [
    {
      id: "X4-01",
      code: "AI2023",
      when: "calcx4",
      value: "calcx4Available",
      check: "is",
      limit: true,
      say: "calcx4 is not available on {device}; it calculates one output at a time",
      hint: "leave calcx4 out",
    },
    {
      id: "KMEM-03",
      code: "AI2024",
      when: "calcx4",
      value: "channels",
      check: "multipleOf",
      limit: 4,
      say: "calcx4 needs a multiple of {limit} output channels, not {channels}",
      hint: "change the channels, or leave calcx4 out",
    },
  ],
  readAhead: [
    {
      id: "RDAHEAD-01",
      code: "AI2025",
      when: "readAhead",
      value: "readAheadAvailable",
      check: "is",
      limit: true,
      say: "readAhead is not available on {device}",
      hint: "leave readAhead out",
    },
  ],
  tcalc: [
    {
      id: "RDAHEAD-03",
      code: "AI2025",
      when: "tcalcGiven",
      value: "readAheadAvailable",
      check: "is",
      limit: true,
      say: "tcalc is not available on {device}",
      hint: "leave tcalc out",
    },
    {
      id: "RDAHEAD-03",
      code: "AI2026",
      when: "tcalcGiven",
      value: "readAhead",
      check: "is",
      limit: true,
      say: "tcalc is about reading ahead, which is off here",
      hint: "add readAhead: true, or leave tcalc out",
    },
  ],
  bypass: [
    {
      id: "BYP-01",
      code: "AI2027",
      when: "bypass",
      value: "bypassAvailable",
      check: "is",
      limit: true,
      say: "bypass is not available on {device}",
      hint: "use weights of 1",
    },
    {
      id: "BYP-02",
      code: "AI2028",
      when: "bypass",
      value: "takesWeights",
      check: "is",
      limit: false,
      say: "a bypass has no weights: it goes without bias, weightBits and weightsOf",
      hint: "leave these options out, or bypass",
    },
  ],
} as const satisfies RuleTable;
