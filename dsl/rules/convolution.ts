import { weightedOptionRules } from "./weighted.ts";
import type { Rule, RuleTable } from "./rule.ts";

/** Limits that the kinds of convolution share. */
export const kernelFits = {
  id: "SHAPE-06",
  code: "AI1011",
  value: "fits",
  check: "is",
  limit: true,
  say: "kernel {kernel} with padding {padding} does not fit {data}",
  hint: "pool less before, or add padding",
} as const satisfies Rule;

export const paddingRange = {
  id: "CONV-03",
  code: "AI2002",
  value: "paddingRows",
  check: "between",
  limit: { device: ["limits", "padding"] },
  say: "padding {padding} is not available on {device}; use {limit}",
  hint: "padding 1 keeps the size with a 3x3 kernel",
} as const satisfies Rule;

export const paddingBelowKernel = {
  id: "CONV-02",
  code: "AI2003",
  value: "paddingRows",
  check: "below",
  limit: "kernelSize",
  say: "padding {padding} must be smaller than kernel {kernel}",
  hint: "use padding 0 with a 1x1 kernel",
} as const satisfies Rule;

/** The same for columns, of convolutions that have them. */
export const columnPaddingRange = { ...paddingRange, value: "paddingColumns" } as const satisfies Rule;
export const columnPaddingBelowKernel = { ...paddingBelowKernel, value: "paddingColumns" } as const satisfies Rule;

export const countedRows = {
  id: "SHAPE-03",
  code: "AI2018",
  when: "paddingCounts",
  value: "paddedSide",
  check: "atMost",
  limit: { device: ["limits", "rowsOrColumns"] },
  say: "{data} with padding {padding} counts to {paddedSide}; {device} counts to {limit}",
  hint: "use less padding or a smaller input",
} as const satisfies Rule;

export const outputRows = {
  id: "SHAPE-02",
  code: "AI2017",
  value: "largestOutput",
  check: "atMost",
  limit: { device: ["limits", "rowsOrColumns"] },
  say: "the output would be {result}; {device} takes at most {limit} rows or columns",
  hint: "use less padding",
} as const satisfies Rule;

export const strideOne = {
  id: "CONV-04",
  code: "AI2004",
  value: "stride",
  check: "is",
  limit: 1,
  say: "stride {strideText} is not available on {device}; convolutions step by {limit}",
  hint: "pool right before the convolution: that costs nothing",
} as const satisfies Rule;

/** Options of the same names. */
export const convOptionRules = {
  groups: [
    {
      id: "DW-01",
      code: "AI2009",
      when: "grouped",
      value: "depthwiseAvailable",
      check: "is",
      limit: true,
      say: "groups {groups} is not available on {device}; use 1",
      hint: "depthwise convolutions need a device that has them",
    },
    {
      id: "DW-02",
      code: "AI2010",
      when: "grouped",
      value: "depthwise",
      check: "is",
      limit: true,
      say: "groups {groups} must be 1, or equal to both input channels ({channelsIn}) and output channels ({channels})",
      hint: "a depthwise convolution has as many groups as channels",
    },
  ],
  ...weightedOptionRules,
  bypass: [
    ...weightedOptionRules.bypass,
    {
      id: "BYP-03",
      code: "AI2029",
      when: "bypass",
      value: "summedChannels",
      check: "is",
      limit: "channelsIn",
      say: "a bypass sums whole turns of processors: {summedChannels} channels where the input has {channelsIn}",
      hint: "use weights of 1, or channels that fill every turn",
    },
  ],
} as const satisfies RuleTable;
