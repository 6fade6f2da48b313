import type { RuleTable } from "./rule.ts";

/** Rules of rolling buffers, reported on the number of rows they keep. */
export const rollingBufferRules = {
  length: [
    {
      id: "ROLL-01",
      code: "AI2052",
      value: "length",
      check: "between",
      limit: { min: 2, max: { device: ["limits", "rowsOrColumns"] } },
      say: "a rolling buffer keeps {limit} rows on {device}, not {length}",
      hint: "choose another length",
    },
    {
      id: "ROLL-02",
      code: "AI1037",
      value: "height",
      check: "below",
      limit: "length",
      say: "a rolling buffer of {length} rows keeps nothing from before when every inference adds {height}",
      hint: "make the buffer longer, or read the tensor itself",
    },
    {
      id: "ROLL-03",
      code: "AI1038",
      value: "wide",
      check: "is",
      limit: false,
      say: "a rolling buffer keeps 8-bit data; this tensor has 32 bits",
      hint: "drop wide from the operator before",
    },
    {
      id: "ROLL-04",
      code: "AI2053",
      value: "channelsIn",
      check: "atMost",
      limit: "processors",
      say: "a rolling buffer on {device} has at most {limit} channels, not {channelsIn}",
      hint: "reduce the channels with a 1x1 convolution before",
    },
    {
      id: "ROLL-05",
      code: "AI3103",
      value: "bufferBytes",
      check: "atMost",
      limit: { device: ["dataMemory", "instanceBytes"] },
      say: "{length} rows of {width} need {bufferBytes} bytes per data memory; {device} has {limit}",
      hint: "keep fewer rows",
    },
  ],
} as const satisfies RuleTable;
