import type { RuleTable } from "./rule.ts";

export const foldRules = {
  factor: [
    {
      id: "FOLD-01",
      code: "AI1006",
      value: "divides",
      check: "is",
      limit: true,
      say: "fold {factor} does not divide {data}",
      hint: "choose a factor of both rows and columns",
    },
  ],
} as const satisfies RuleTable;

export const reshapeRules = {
  height: [
    {
      id: "SHAPE-10",
      code: "AI1020",
      value: "pixelsAfter",
      check: "is",
      limit: "pixels",
      say: "reshape keeps the number of pixels: {data} has {pixels}, {result} has {pixelsAfter}",
      hint: "choose rows x columns with the same product",
    },
    {
      id: "SHAPE-01",
      code: "AI2016",
      value: "largestSide",
      check: "atMost",
      limit: { device: ["limits", "rowsOrColumns"] },
      say: "{result} has too many rows or columns; {device} takes at most {limit}",
      hint: "choose a squarer shape",
    },
  ],
} as const satisfies RuleTable;

export const cropRules = {
  start: [
    {
      id: "CROP-01",
      code: "AI1025",
      value: "dropped",
      check: "below",
      limit: "height",
      say: "crop drops {dropped} of {height} rows and leaves nothing",
      hint: "drop fewer rows",
    },
  ],
} as const satisfies RuleTable;

export const channelsRules = {
  first: [
    {
      id: "SLICE-01",
      code: "AI1031",
      value: "first",
      check: "between",
      limit: { min: 0, max: "channelsIn" },
      say: "channels are counted in whole numbers from 0; {first} is none of {channelsIn}",
      hint: "channels(0, 32) are the first 32 channels",
    },
    {
      id: "SLICE-02",
      code: "AI1031",
      value: "count",
      check: "between",
      limit: { min: 1, max: "channelsIn" },
      say: "{limit} of {channelsIn} channels can be read, not {count}",
      hint: "channels(0, 32) are the first 32 channels",
    },
    {
      id: "SLICE-03",
      code: "AI1031",
      value: "reach",
      check: "atMost",
      limit: "channelsIn",
      say: "{count} channels from channel {first} on reach {reach}; there are {channelsIn}",
      hint: "begin earlier, or read fewer",
    },
  ],
} as const satisfies RuleTable;

export const splitRules = {
  parts: [
    {
      id: "SPLIT-01",
      code: "AI1034",
      value: "parts",
      check: "between",
      limit: { device: ["limits", "operands"] },
      say: "split makes {limit} parts on {device}, not {parts}",
      hint: "the parts are the operands of one element-wise operator",
    },
    {
      id: "SPLIT-02",
      code: "AI1034",
      value: "channelsIn",
      check: "multipleOf",
      limit: "parts",
      say: "{channelsIn} channels do not make {parts} equal parts",
      hint: "choose a number of parts that divides the channels",
    },
  ],
} as const satisfies RuleTable;
