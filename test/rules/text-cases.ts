import type { RuleCase } from "./rule-case.ts";

const a = "MAX78000" as const;

const buffer = "processors: 1, channels: 1, dim: [4, 1], offset: 0";

/** What a description may say at all. */
export const textCases: readonly RuleCase[] = [
  {
    rule: "YAML-01",
    code: "AI6202",
    says: /no key 'network'/,
    device: a,
    head: "network: x\n",
    layers: [{}],
    legal: { head: "" },
  },
  {
    rule: "YAML-01",
    code: "AI6204",
    says: /lacks the key 'layers'/,
    device: a,
    text: "\n",
    layers: [],
  },
  {
    rule: "YAML-02",
    code: "AI6202",
    says: /a layer has no key 'procesors'/,
    device: a,
    layers: [{ procesors: 1 }],
    legal: { layers: [{ procesors: undefined }] },
  },
  {
    rule: "YAML-03",
    code: "AI6203",
    says: /'op'/,
    device: a,
    text: "layers:\n  - { op: conv2d, op: conv2d, pad: 1, processors: 1, out_offset: 0x2000 }\n",
    layers: [{}],
    legal: { text: "layers:\n  - { op: conv2d, pad: 1, processors: 1, out_offset: 0x2000 }\n" },
  },
  {
    rule: "YAML-04",
    code: "AI6207",
    says: /sequence 0 is used twice/,
    device: a,
    layers: [{ sequence: 0 }, { sequence: 0, out_offset: 0 }],
    legal: { layers: [{}, { sequence: 1 }] },
  },
  ...[
    ["in_skip", "read_gap"],
    ["activate", "activation"],
    ["op", "operation"],
    ["op", "convolution"],
    ["op", "operator"],
    ["conv_groups", "groups"],
    ["bias_group", "bias_quadrant"],
  ].map(([first = "", second = ""]): RuleCase => ({
    rule: "YAML-05",
    code: "AI6206",
    says: new RegExp(`'${second}' and '${first}' are two spellings`),
    device: a,
    layers: [{ [first]: valueOf(first), [second]: valueOf(first) }],
    legal: { layers: [{ [second]: undefined }] },
  })),
  {
    rule: "YAML-06",
    code: "AI6205",
    says: /'op' is 'conv3d'/,
    device: a,
    layers: [{ op: "conv3d" }],
    legal: { layers: [{ op: "Conv2d" }] },
  },
  {
    rule: "YAML-06",
    code: "AI6205",
    says: /'data_format' is 'nhwc'/,
    device: a,
    layers: [{ data_format: "nhwc" }],
    legal: { layers: [{ data_format: "hwc" }] },
  },
  {
    rule: "BUF-02",
    code: "AI6205",
    says: /'buffer_shift' is 0; it must be an integer of at least 1/,
    device: a,
    layers: [{}, { op: "passthrough", buffer_shift: 0, out_offset: 0 }],
    legal: { layers: [{}, { buffer_shift: undefined }] },
  },
  {
    rule: "BUF-03",
    code: "AI6230",
    says: /'buffer_shift'/,
    device: a,
    head: `data_buffer:\n  - { ${buffer}, name: kept }\n`,
    layers: [{}, { op: "passthrough", buffer_shift: 1, out_offset: 0 }],
    legal: { head: "", layers: [{}, { buffer_shift: undefined }] },
  },
  {
    rule: "BUF-05",
    code: "AI6202",
    says: /an item of 'data_buffer' has no key 'height'/,
    device: a,
    head: `data_buffer:\n  - { ${buffer}, name: kept, height: 3 }\n`,
    layers: [{}],
    legal: { head: "" },
  },
  {
    rule: "YAML-09",
    code: "AI6202",
    says: /an item of 'unload' has no key 'size'/,
    device: a,
    head: `unload:\n  - { ${buffer}, size: 3 }\n`,
    layers: [{}],
    legal: { head: `unload:\n  - { ${buffer} }\n` },
  },
  {
    rule: "YAML-09",
    code: "AI6204",
    says: /an item of 'unload' lacks the key 'offset'/,
    device: a,
    head: "unload:\n  - { processors: 1, channels: 1, dim: [4, 1] }\n",
    layers: [{}],
    legal: { head: `unload:\n  - { ${buffer} }\n` },
  },
  {
    rule: "YAML-09",
    code: "AI6204",
    says: /an item of 'data_buffer' lacks the key 'name'/,
    device: a,
    head: `data_buffer:\n  - { ${buffer} }\n`,
    layers: [{}],
    legal: { head: `data_buffer:\n  - { ${buffer}, name: kept }\n` },
  },
];

function valueOf(key: string): string {
  return key === "op" ? "conv2d" : key === "activate" ? "ReLU" : key === "bias_group" || key === "in_skip" ? "0" : "1";
}
