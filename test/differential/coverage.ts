import type { Capabilities, DeviceSpec } from "../../targets/accelerator/device.ts";
import { nodeChecks } from "../../dsl/operators/checks.ts";
import { conv1dParameters } from "../../dsl/operators/conv1d.ts";
import { conv2dParameters } from "../../dsl/operators/conv2d.ts";
import { convTranspose2dParameters } from "../../dsl/operators/conv-transpose2d.ts";
import { linearParameters } from "../../dsl/operators/linear.ts";
import { poolParameters } from "../../dsl/operators/pool.ts";
import type { Model, ModelNode, WeightedNode } from "../../dsl/model.ts";
import type { CompileRequest } from "../../compiler/compile.ts";
import type { Layer, Network } from "../../compiler/ir/network.ts";

/**
 * Everything a model can be made of on a device, as texts, and what one model is made of. Operators and options come
 * from the tables of the DSL, so that a new one is missed here until random models draw it.
 */
const options = {
  conv2d: conv2dParameters,
  conv1d: conv1dParameters,
  convTranspose2d: convTranspose2dParameters,
  linear: linearParameters,
  ...poolParameters,
} as const;

/** Options with a single legal value, or without effect on numbers. */
const without: Readonly<Record<string, string>> = {
  name: "only a name",
  "conv2d.stride": "always 1",
  "conv2d.dilation": "always 1",
  "conv1d.stride": "always 1",
  "convTranspose2d.stride": "always 2",
  "convTranspose2d.outputPadding": "always 1",
  "linear.calcx4": "needs 3x3 kernels",
  "conv1d.calcx4": "needs 3x3 kernels",
};

/** Options that only some devices have. */
const needs: Readonly<Record<string, keyof Capabilities>> = {
  binary: "binaryWeights",
  groups: "depthwise",
  bypass: "bypass",
  calcx4: "calcx4",
  readAhead: "readAhead",
  tcalc: "readAhead",
  "conv1d.streaming": "streamingWithoutPadding",
  "linear.streaming": "streamingWithoutPadding",
};

const isMissing = (device: DeviceSpec, operator: string, option: string): boolean =>
  [option, `${operator}.${option}`].some((key) => {
    const capability = needs[key];
    return key in without || (capability !== undefined && device.capabilities[capability] !== true);
  });

/** Values of a node's options that are drawn apart. */
const values: Readonly<Record<string, (node: WeightedNode) => string | null>> = {
  kernel: ({ kernel, kind }) => `kernel ${kind === "conv1d" ? kernel[0] : kernel.join("x")}`,
  padding: ({ padding }) => `padding ${padding[0]}`,
  weightBits: ({ weightBits, bypass }) => (bypass === true ? null : `weightBits ${weightBits}`),
  activation: ({ activation }) => (activation === null ? null : `activation ${activation}`),
};

const fifos = ["standard", "fast", "fast-quad"] as const;

/** Features of hardware layers, where several operators work together. */
const together: Readonly<Record<string, (layer: Layer, network: Network, device: DeviceSpec) => boolean>> = {
  "pool, combine": ({ eltwise, pool }) => eltwise !== null && pool !== null && eltwise.poolFirst,
  "combine, pool": ({ eltwise, pool }) => eltwise !== null && pool !== null && !eltwise.poolFirst,
  "combine, convolve": ({ eltwise, convolution }) => eltwise !== null && convolution !== null,
  "combine several passes": ({ eltwise, input }, _, { processors }) => eltwise !== null && input.channels > processors,
  "pool, convolve": ({ pool, convolution }) => pool !== null && convolution !== null,
  "several input passes": ({ input }, _, { processors }) => input.channels > processors,
  "several output passes": ({ output }, _, { processors }) => output.channels > processors,
  "far dilation": ({ convolution }, _, { limits }) =>
    convolution?.kind === "conv1d" && (convolution.kernel[0] - 1) * convolution.dilation >= limits.conv1dKernel.max,
  "flatten over many passes": ({ flatten, input }) => flatten && input.height * input.width * input.channels > 16,
  "several streaming layers": ({ streaming, index }) => streaming && index > 0,
  "read by several": ({ index }, { layers }) => layers.filter(({ sources }) => sources.includes(index)).length > 1,
};

type Said = Pick<CompileRequest, "model" | "edits" | "program">;

const snoopUnits = ({ snoop }: Model) => [snoop?.unit1, snoop?.unit2].flatMap((unit) => unit ?? []);
const snooped =
  (bits: number, isRange: boolean | null = null) =>
  ({ model }: Said): boolean =>
    snoopUnits(model).some(({ C1 = 0 }) => (C1 & bits) === bits && (isRange === null || (C1 >>> 28 === 6) === isRange));
const unloads =
  (key: string) =>
  ({ model }: Said): boolean =>
    (model.unload ?? []).some((item) => key in item);

/** What models and builds say beyond operators; some of it only where the device has it. */
const execution: Readonly<
  Record<string, { readonly has: (said: Said, network: Network) => boolean; readonly needs?: keyof Capabilities }>
> = {
  "layers out of order": { has: (_, { sequence }) => sequence?.positions != null, needs: "linkLayer" },
  "start layer": { has: (_, { sequence }) => (sequence?.positions?.[0] ?? 0) > 0, needs: "linkLayer" },
  "links of all layers": { has: ({ program }) => program?.linkLayer === true, needs: "linkLayer" },
  "one layer at a time": { has: ({ program }) => program?.oneShot === true, needs: "oneShot" },
  "snoop a word": { has: snooped(1, false), needs: "snoop" },
  "snoop a range": { has: snooped(1, true), needs: "snoop" },
  "snoop and add up": { has: snooped(8), needs: "snoop" },
  "snoop and count": { has: snooped(16), needs: "snoop" },
  "snoop the largest": { has: snooped(32), needs: "snoop" },
  "snoop and stop": { has: (said) => snooped(2)(said) && said.model.sequence?.simulated !== undefined, needs: "snoop" },
  "snoop and jump": { has: (said) => snooped(4)(said) && said.model.sequence?.simulated !== undefined, needs: "snoop" },
  "snoop in vain": { has: (said) => snooped(4)(said) && said.model.sequence?.simulated === undefined, needs: "snoop" },
  "unload a result": { has: unloads("tensor") },
  "unload channels": { has: unloads("channels") },
  "unload rows": { has: unloads("rows") },
  "unload memory": { has: unloads("processors") },
  "output width of several outputs": {
    has: ({ edits, model }) => edits?.outputWidth === 32 && model.outputs.length > 1,
  },
  "batchNorm epsilon": {
    has: ({ model }) => model.nodes.some((node) => node.kind === "batchNorm" && node.epsilon !== undefined),
  },
};

/** What random models have to contain on a device. */
export function wantedFeatures(device: DeviceSpec): string[] {
  const { limits } = device;
  const kernels = {
    conv2d: limits.conv2dKernels.map((side) => `${side}x${side}`),
    conv1d: Array.from({ length: limits.conv1dKernel.max }, (_, i) => `${i + 1}`),
  };
  const wanted = [
    ...Object.keys(nodeChecks),
    ...Object.entries(kernels).flatMap(([kind, sizes]) => sizes.map((size) => `${kind} kernel ${size}`)),
    ...["conv2d", "conv1d", "convTranspose2d"].flatMap((kind) => [0, 1, 2].map((p) => `${kind} padding ${p}`)),
    ...["conv2d", "conv1d", "convTranspose2d", "linear"].flatMap((kind) => [
      ...limits.weightBits.map((bits) => `${kind} weightBits ${bits}`),
      `${kind} activation relu`,
      `${kind} activation abs`,
    ]),
    ...Array.from({ length: limits.operands.max - 1 }, (_, i) => `${i + 2} operands`),
    ...fifos.map((fifo) => `FIFO ${fifo}`),
    "CHW",
    "HWC",
    "1-D input",
    "fold",
    "rounded averages",
    "several outputs",
    "wide output",
    "reshape to 1-D",
    "reshape to 2-D",
    "same operand twice",
    "uneven padding",
    ...Object.keys(together),
    ...Object.entries(execution).flatMap(([feature, entry]) =>
      entry.needs === undefined || device.capabilities[entry.needs] === true ? [feature] : [],
    ),
  ];
  for (const [operator, parameters] of Object.entries(options)) {
    for (const option of Object.keys(parameters)) {
      if (option in values || isMissing(device, operator, option)) continue;
      if (option === "dilation" && operator.includes("Pool") && limits.poolDilation.max === 1) continue;
      wanted.push(`${operator} ${option}`);
    }
  }
  return [...new Set(wanted)];
}

/** What a model contains, and what is said about its execution. */
export function featuresOf({ model, device, ...said }: CompileRequest, network: Network): Set<string> {
  const found = new Set<string>();
  for (const node of model.nodes) for (const feature of nodeFeatures(node, model)) found.add(feature);
  if (model.fifo !== undefined) found.add(`FIFO ${model.fifo}`);
  if (model.averagePoolRounding === true) found.add("rounded averages");
  if (model.outputs.length > 1) found.add("several outputs");
  for (const [feature, has] of Object.entries(together)) {
    if (network.layers.some((layer) => has(layer, network, device))) found.add(feature);
  }
  for (const [feature, { has }] of Object.entries(execution)) {
    if (has({ model, ...said }, network)) found.add(feature);
  }
  return found;
}

function nodeFeatures(node: ModelNode, model: Model): string[] {
  const inputs = node.inputs.map((id) => model.nodes[id] as ModelNode);
  switch (node.kind) {
    case "input":
      return ["input", node.format, ...(node.oneDimensional ? ["1-D input"] : []), ...(node.fold > 1 ? ["fold"] : [])];
    case "conv2d":
    case "conv1d":
    case "convTranspose2d":
    case "linear":
      return weightedFeatures(node);
    case "maxPool2d":
    case "avgPool2d":
    case "maxPool1d":
    case "avgPool1d": {
      const strides = node.stride.join() === node.kernel.join() ? [] : [`${node.kind} stride`];
      return [node.kind, ...strides, ...(Math.max(...node.dilation) > 1 ? [`${node.kind} dilation`] : [])];
    }
    case "add":
    case "sub":
    case "xor":
    case "or": {
      const twice = new Set(node.inputs).size < node.inputs.length ? ["same operand twice"] : [];
      return [node.kind, `${node.inputs.length} operands`, ...twice];
    }
    case "reshape": {
      const before = inputs[0]?.shape.width ?? 1;
      const after = node.shape.width;
      const change = before > 1 && after === 1 ? ["reshape to 1-D"] : [];
      return ["reshape", ...change, ...(before === 1 && after > 1 ? ["reshape to 2-D"] : [])];
    }
    default:
      return [node.kind];
  }
}

function weightedFeatures(node: WeightedNode): string[] {
  const { kind } = node;
  const given: Readonly<Record<string, boolean>> = {
    bias: !node.bias && node.bypass !== true,
    dilation: node.dilation > 1,
    groups: node.groups > 1,
    wide: node.wide,
    binary: node.binary,
    outputShift: node.outputShift !== null,
    weightsOf: node.weightsOf !== null,
    streaming: node.streaming,
    bypass: node.bypass === true,
    calcx4: node.calcx4 === true,
    readAhead: node.readAhead === true,
    tcalc: node.tcalc !== undefined,
  };
  const flags = Object.entries(given).flatMap(([option, has]) => (has ? [`${kind} ${option}`] : []));
  const drawn = Object.values(values).flatMap((value) => value(node) ?? []);
  const [rows, columns] = node.padding;
  if (kind === "conv2d" && rows !== columns) flags.push("uneven padding");
  return [kind, ...(node.wide ? ["wide output"] : []), ...flags, ...drawn.map((text) => `${kind} ${text}`)];
}

/** How often each feature was drawn, in columns. */
export function coverageTable(counts: ReadonlyMap<string, number>): string {
  const cells = [...counts].map(([feature, count]) => `${feature} ${count}`.padEnd(34));
  const rows = Array.from({ length: Math.ceil(cells.length / 4) }, (_, row) => cells.slice(4 * row, 4 * row + 4));
  return rows.map((row) => row.join("").trimEnd()).join("\n");
}
