/** Why the reference refuses a description: its message, the rule behind it, and what our message must say as well. */
export interface RefusalReason {
  readonly message: RegExp;
  /** Name of the rule in `compiler/cli/rules.ts`, whose codes may report it. */
  readonly rule: string;
  /** Facts of the recorded message that ours has to state, from its groups. */
  readonly facts?: (groups: Readonly<Record<string, string>>) => readonly string[];
}

/** Layer numbers are named `layer`; every message with one must be about that layer. */
export const refusalReasons: readonly RefusalReason[] = [
  {
    message:
      /Layer (?<layer>\d+): .* (?<rows>\d+)x(?<columns>\d+) input \(size (?<bytes>\d+)\) with input offset (?<offset>0x\w+) .*exceeds data memory instance size of (?<size>\d+)/,
    rule: "MEM-01",
    facts: ({ rows, columns, bytes, offset, size }) => [
      `${rows}x${columns}`,
      `takes ${bytes} bytes`,
      `input offset ${Number(offset)} `,
      `has ${size}`,
    ],
  },
  {
    message:
      /Layer (?<layer>\d+): .* (?<rows>\d+)x(?<columns>\d+) output \(size (?<bytes>\d+)\) with output offset (?<offset>0x\w+) .*exceeds data memory instance size of (?<size>\d+)/,
    rule: "MEM-02",
    facts: ({ rows, columns, bytes, offset, size }) => [
      `${rows}x${columns}`,
      `takes ${bytes} bytes`,
      `output offset ${Number(offset)} `,
      `has ${size}`,
    ],
  },
  {
    message:
      /Layer (?<layer>\d+): (?<channels>\d+) input channels using .* enabled processor map 0x0*(?<map>\w+) has (?<seen>\d+) bits instead of the expected number of (?<wanted>\d+)/,
    rule: "PROC-02",
    facts: ({ channels, map, seen, wanted }) => [
      `${channels} input channels`,
      `0x${map} has ${seen} processors`,
      `need ${wanted}`,
    ],
  },
  {
    message:
      /Layer (?<layer>\d+): (?<channels>\d+) output channels using .* processor output map 0x0*(?<map>\w+) has (?<seen>\d+) bits instead of the expected number of (?<wanted>\d+)/,
    rule: "PROC-03",
    facts: ({ channels, map, seen, wanted }) => [
      `${channels} output channels`,
      `0x${map} has ${seen} processors`,
      `need ${wanted}`,
    ],
  },
  { message: /Binary weights/, rule: "QUANT-02", facts: () => ["+1 and -1", "MAX78000"] },
  { message: /Kernel bypass/, rule: "BYP-01", facts: () => ["bypass", "MAX78000"] },
  {
    message: /Layer (?<layer>\d+): Convolution groups \((?<groups>\d+)\) > 1/,
    rule: "DW-01",
    facts: ({ groups }) => [`${groups} groups`],
  },
  { message: /Layer (?<layer>\d+): `dilation` > 1/, rule: "CONV-07", facts: () => ["only 1-D convolutions"] },
  {
    message: /Layer (?<layer>\d+): `pool_dilation` values must be 1 or greater, and (?<most>\d+) or smaller/,
    rule: "POOL-04",
    facts: ({ most }) => [`1 to ${most}`],
  },
  { message: /`processors` must not be zero or missing .*sequence (?<layer>\d+)/, rule: "PROC-01" },
  {
    message:
      /Layer (?<layer>\d+): The configured kernel dimensions \((?<a>\d)x(?<b>\d)\) .*weights file \((?<c>\d)x(?<d>\d)\)/,
    rule: "CONV-09",
    facts: ({ a, b, c, d }) => [`, ${a}, ${b}]`, `, ${c}, ${d}]`],
  },
  {
    message: /Unsupported value for `out_offset`.*0 to (?<most>0x\w+)/,
    rule: "MEM-03",
    facts: ({ most }) => [`below ${most}`],
  },
  { message: /`readahead` is not supported/, rule: "RDAHEAD-01", facts: () => ["read-ahead"] },
  { message: /`calcx4` is not supported/, rule: "X4-01", facts: () => ["calcx4"] },
  { message: /`snoop` is not supported/, rule: "SNOOP-01", facts: () => ["snoop"] },
  { message: /Layer (?<layer>\d+): `next_sequence` is not supported/, rule: "LINK-01", facts: () => ["next_sequence"] },
  { message: /Layer (?<layer>\d+): `read_gap` must be 0/, rule: "GAP-01", facts: () => ["no read gaps"] },
  {
    message:
      /Layer (?<layer>\d+): Input dimension \[(?<rows>\d+), (?<columns>\d+)\] exceeds system maximum of (?<most>\d+)/,
    rule: "SHAPE-01",
    facts: ({ rows, columns, most }) => [`the input is ${rows}x${columns}`, most as string],
  },
  {
    message: /This device supports up to (?<most>\d+) layers/,
    rule: "LAYERS-01",
    facts: ({ most }) => [`has ${most}`],
  },
  {
    message: /Layer (?<layer>\d+): The element-wise operation exceeds a multi-pass of 2/,
    rule: "ELT-07",
    facts: () => ["cannot also be pooled or convolved"],
  },
  {
    message:
      /Layer (?<layer>\d+): pooling in passthrough layer uses (?<passes>\d+) passes, which exceeds the maximum of 1/,
    rule: "POOL-07",
    facts: ({ passes }) => [`${64 * Number(passes)} channels`, "without a convolution"],
  },
  {
    message: /Layer (?<layer>\d+): Padding for the final streaming layer/,
    rule: "STREAM-04",
    facts: () => ["last streaming layer needs padding"],
  },
  {
    message:
      /Layer (?<layer>\d+): The output processors for a pass-through layer .*input 0*(?<input>\w+), output 0*(?<output>\w+)/,
    rule: "PROC-04",
    facts: ({ input, output }) => [`input 0x${input}, output 0x${output}`],
  },
  {
    message: /Layer (?<layer>\d+): This device does not support padded Conv1d/,
    rule: "CONV-22",
    facts: () => ["padded"],
  },
  {
    message: /Layer (?<layer>\d+): Input dimensions do not match\. Expected: (?<wanted>[\dx]+), got (?<seen>[\dx]+)/,
    rule: "SHAPE-13",
    facts: ({ wanted, seen }) => [`reads ${seen} as ${wanted}`],
  },
  {
    message: /Fast FIFO supports only a single CHW input channel; this test is using (?<channels>\d+) channels/,
    rule: "FIFO-04",
    facts: ({ channels }) => [`${channels} channels in CHW format`, "delivers 1"],
  },
  { message: /`--fifo-go` is not supported/, rule: "FIFO-07", facts: () => ["fifoGo"] },
  { message: /`--one-shot` is not supported/, rule: "SHOT-01", facts: () => ["oneShot"] },
  { message: /`--max-speed` requires/, rule: "CLI-02", facts: () => ["no PLL"] },
];

/** Where the reference stopped without a message: the rule it tripped over. */
export const crashReasons: Readonly<Record<string, { readonly rule: string; readonly facts: readonly string[] }>> = {
  "MAX78000/test-widegap": {
    rule: "GAP-03",
    facts: ["'layer_1'", "write gap of 7", "32 words", "at most 16"],
  },
  ...Object.fromEntries(
    ["MAX78000", "MAX78002"].map((device) => [
      `${device}/test-ai85-cifar10-hwc-16x16avgpool-test-cifar10`,
      { rule: "QUANT-04", facts: ["'layer_0'", "-121 to 106", "4-bit weights are -8 to 7"] },
    ]),
  ),
  // It begins with layer 1 when executed as meant, with a start layer; from layer 0 on it never gets there.
  "MAX78002/test-linklayer-hoparound": { rule: "FLOW-11", facts: ["layer 1 is never executed"] },
};
