import type { Rule } from "./rule.ts";

/** Rules for each operand of an element-wise operator; reported on that operand. */
export const operandRules = [
  {
    id: "ELT-04",
    code: "AI1013",
    value: "channelsIn",
    check: "is",
    limit: "firstChannels",
    say: "{operator} needs equal channels: {data} has {channelsIn}, the first operand {firstData} has {firstChannels}",
    hint: "a 1x1 convolution changes the number of channels",
  },
  {
    id: "ELT-06",
    code: "AI1014",
    value: "size",
    check: "is",
    limit: "firstSize",
    say: "{operator} needs equal sizes: this is {data}, the first operand {firstData}",
    hint: "pad or pool one of them",
  },
  {
    id: "ELT-01",
    code: "AI2040",
    when: "last",
    value: "operands",
    check: "between",
    limit: { device: ["limits", "operands"] },
    say: "{operator} combines {limit} tensors on {device}, not {operands}",
    hint: "combine in several steps",
  },
  {
    id: "MEM-01",
    code: "AI3102",
    when: "last",
    value: "operandBytes",
    check: "atMost",
    limit: { device: ["dataMemory", "instanceBytes"] },
    say: "{operands} operands of {data} need {operandBytes} bytes per data memory; {device} has {limit}",
    hint: "pool before, or use fewer channels",
  },
] as const satisfies readonly Rule[];

/** Rules for each part of a concatenation; reported on that part. */
export const partRules = [
  {
    id: "CAT-01",
    code: "AI1015",
    value: "size",
    check: "is",
    limit: "firstSize",
    say: "{operator} needs equal sizes: this is {data}, the first part {firstData}",
    hint: "pad or pool one of them",
  },
  {
    id: "CAT-03",
    code: "AI2041",
    when: "followed",
    value: "channelsIn",
    check: "multipleOf",
    limit: "processorsPerDataInstance",
    say: "all parts of concat but the last need a multiple of {limit} channels; this has {channelsIn}",
    hint: "put this part last, or change its channels",
  },
  {
    id: "CHAN-01",
    code: "AI2015",
    when: "fitsBefore",
    value: "reach",
    check: "atMost",
    limit: { device: ["limits", "channels"] },
    say: "channels reach {reach} here; {device} holds at most {limit}",
    hint: "use fewer channels",
  },
] as const satisfies readonly Rule[];

/** Rules for each part of a concatenation of rows; reported on that part. */
export const rowPartRules = [
  {
    id: "ROWS-01",
    code: "AI1032",
    value: "channelsIn",
    check: "is",
    limit: "firstChannels",
    say: "{operator} needs equal channels: {data} has {channelsIn}, the first part {firstData} has {firstChannels}",
    hint: "a 1x1 convolution changes the number of channels",
  },
  {
    id: "ROWS-02",
    code: "AI1032",
    value: "columns",
    check: "is",
    limit: "firstColumns",
    say: "{operator} needs rows of equal length: this is {data}, the first part {firstData}",
    hint: "pad or pool one of them",
  },
  {
    id: "SHAPE-01",
    code: "AI2016",
    when: "fitsBefore",
    value: "reach",
    check: "atMost",
    limit: { device: ["limits", "rowsOrColumns"] },
    say: "rows reach {reach} here; {device} takes at most {limit}",
    hint: "use fewer rows",
  },
] as const satisfies readonly Rule[];
