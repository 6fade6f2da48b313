import type { Rule } from "./rule.ts";

/**
 * What a tensor must be like to be read by an operator; reported on the operator's first argument.
 * Most of it concerns the network input, which no operator of ours made: sizes, memory, FIFO.
 */
export const readRules = [
  {
    id: "FLAT-04",
    code: "AI1016",
    value: "flatUnread",
    check: "is",
    limit: false,
    say: "flatten comes right before linear, not before {operator}",
    hint: "drop the flatten, or put a linear after it",
  },
  {
    id: "CHAN-01",
    code: "AI2015",
    when: "fromInput",
    value: "channelsIn",
    check: "atMost",
    limit: { device: ["limits", "channels"] },
    say: "the input has {channelsIn} channels; {device} reads at most {limit}",
    hint: "use fewer channels, or several operators on parts of them",
  },
  {
    id: "SHAPE-01",
    code: "AI2016",
    when: "fromInput",
    value: "largestSide",
    check: "atMost",
    limit: { device: ["limits", "rowsOrColumns"] },
    say: "the input is {height}x{width}; {device} takes at most {limit} rows or columns",
    hint: "crop or down-scale the input, or fold it: fold(n) trades resolution for channels",
  },
  {
    id: "PROC-05",
    code: "AI2022",
    when: "fromChw",
    value: "channelsIn",
    check: "atMost",
    limit: "dataInstances",
    say: "CHW input holds one channel per data memory: at most {limit}, not {channelsIn}",
    hint: 'use format "HWC"',
  },
  {
    id: "FIFO-01",
    code: "AI2021",
    when: "throughFifo",
    value: "channelsIn",
    check: "atMost",
    limit: "fifoChannels",
    say: "a streaming input comes through the FIFOs: at most {limit} channels, not {channelsIn}",
    hint: "use fewer channels, or do without streaming",
  },
  {
    id: "SHAPE-08",
    code: "AI2020",
    when: "throughFifo",
    value: "fifoFrame",
    check: "below",
    limit: { device: ["limits", "fifoFrameWords"] },
    say: "the input frame is {fifoFrame} words; the FIFO frame counter of {device} stays below {limit}",
    hint: "use a smaller input",
  },
  {
    id: "SHAPE-07",
    code: "AI2019",
    when: "unbounded",
    value: "frameWords",
    check: "below",
    limit: { device: ["limits", "frameWords"] },
    say: "{data} is {frameWords} words; the frame counter of {device} stays below {limit}",
    hint: "use a smaller input or fewer channels",
  },
  {
    id: "MEM-01",
    code: "AI3102",
    when: "stored",
    value: "inputBytes",
    check: "atMost",
    limit: { device: ["dataMemory", "instanceBytes"] },
    say: "the input {data} needs {inputBytes} bytes per data memory; {device} has {limit}",
    hint: 'use format "CHW", fold(n), streaming or a smaller input',
  },
  {
    id: "POOL-07",
    code: "AI2034",
    value: "lonePoolPasses",
    check: "atMost",
    limit: { device: ["limits", "poolPasses"] },
    say: "{device} pools {channelsIn} channels only together with a convolution, which {operator} is not",
    hint: "pool right before a convolution, down to 1x1, or fewer channels",
  },
] as const satisfies readonly Rule[];

/** One-dimensional operators run along the rows. */
export const oneColumn = {
  id: "SHAPE-1D",
  code: "AI1019",
  value: "width",
  check: "is",
  limit: 1,
  say: "one-dimensional operators need data of {limit} column; this is {data}",
  hint: "declare the input as [channels, length], or reshape before",
} as const satisfies Rule;
