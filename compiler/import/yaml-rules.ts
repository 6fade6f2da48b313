import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Pair } from "../../dsl/model.ts";
import type { YamlNetwork } from "./yaml.ts";
import type { YamlOrder } from "./yaml-order.ts";
import type { YamlLayer } from "./yaml-schema.ts";
import { convolves, operatorOf } from "./yaml-tensors.ts";
import { yamlError } from "./yaml-values.ts";

type LayerKey = keyof YamlLayer["values"];

interface Finding {
  readonly code: string;
  /** The key to blame; the layer as a whole where it is not written. */
  readonly key: LayerKey;
  readonly message: string;
  readonly hint: string;
}

/**
 * Rules of a description that need nothing but its keys and the device: keys that mean nothing without another one
 * (AI6230), shifts without convolution (AI1806), and where `keepsPlaces`, numbers and offsets the device does not have
 * (AI6232, AI6233), and a snooped bus (AI2612).
 */
export function checkRules(description: YamlNetwork, device: DeviceSpec, keepsPlaces: boolean): Diagnostic[] {
  const places = (layer: YamlLayer): Finding[] => (keepsPlaces ? outsideDevice(layer, device) : []);
  const found = description.layers.flatMap((layer, position) =>
    [...lonelyKeys(layer), ...uselessShift(layer), ...places(layer)].map(({ code, key, message, hint }) =>
      yamlError(code, `layer ${position}: ${message}`, layer.places[key] ?? layer.at, hint),
    ),
  );
  return [...found, ...(keepsPlaces ? snoopedBus(description, device) : [])];
}

const lonely = (key: LayerKey, message: string, hint: string): Finding => ({ code: "AI6230", key, message, hint });

function lonelyKeys(layer: YamlLayer): Finding[] {
  const { values } = layer;
  const { dilation, pool_dilation, operands, pool_first, output_pad = 0, kernel_size, flatten } = values;
  const { pad = 0, stride = [1, 1] } = values;
  const found: Finding[] = [];
  if (dilation !== undefined && !convolves(layer))
    found.push(lonely("dilation", `'dilation' ${text(dilation)} needs a convolution`, "Remove 'dilation'."));
  if (output_pad !== 0 && !convolves(layer))
    found.push(lonely("output_pad", `'output_pad' ${output_pad} needs a convolution`, "Remove 'output_pad'."));
  if (Math.max(...stride) > 1 && !convolves(layer))
    found.push(lonely("stride", `'stride' ${text(stride)} needs a convolution`, "Use 'pool_stride', or remove it."));
  if (pad !== 0 && (!convolves(layer) || operatorOf(layer) === "linear"))
    found.push(lonely("pad", `'pad' ${pad} needs a convolution`, "Remove 'pad', or use 'op: conv2d'."));
  if (pool_dilation !== undefined && !pools(layer))
    found.push(lonely("pool_dilation", `'pool_dilation' ${text(pool_dilation)} needs pooling`, "Add 'max_pool'."));
  if (operands !== undefined && !combines(layer))
    found.push(lonely("operands", `'operands' ${operands} needs an element-wise operation`, "Add 'eltwise'."));
  if (pool_first === false && !(combines(layer) && poolsWindows(layer))) {
    const message = "'pool_first' false needs pooling and an element-wise operation in the same layer";
    found.push(lonely("pool_first", message, "Remove 'pool_first'."));
  }
  if (flatten === true && !convolves(layer))
    found.push(lonely("flatten", "'flatten' needs a linear operator in the same layer", "Use 'op: linear'."));
  if (kernel_size !== undefined && operatorOf(layer) === "linear") {
    const message = `a linear layer has no 'kernel_size'; it says ${kernelText(kernel_size)}`;
    found.push(lonely("kernel_size", message, "Remove 'kernel_size', or use 'op: conv2d'."));
  }
  return found;
}

function uselessShift(layer: YamlLayer): Finding[] {
  const { output_shift = 0 } = layer.values;
  if (output_shift === 0 || convolves(layer)) return [];
  const message = `it shifts its output by ${output_shift}, but has no convolution`;
  return [{ code: "AI1806", key: "output_shift", message, hint: "Remove 'output_shift'." }];
}

/** CHW data behind the first layer that is executed (AI6231). */
export function checkFormats({ slots, executed }: YamlOrder): Diagnostic[] {
  const later = slots.filter(({ index, layer }) => index !== executed[0] && layer.values.data_format === "CHW");
  return later.map(({ index, layer }) => {
    const message = `layer ${index}: 'data_format' is CHW; only the network input, which the first layer reads, can have it`;
    const hint = "Remove 'data_format': layers write HWC data.";
    return yamlError("AI6231", message, layer.places.data_format ?? layer.at, hint);
  });
}

function outsideDevice({ values }: YamlLayer, { name, limits, dataMemory }: DeviceSpec): Finding[] {
  const { sequence = 0, out_offset = 0 } = values;
  const found: Finding[] = [];
  if (sequence >= limits.layers) {
    const message = `'sequence' is ${sequence}; ${name} has ${limits.layers} layers, numbered 0 to ${limits.layers - 1}`;
    found.push({ code: "AI6232", key: "sequence", message, hint: `Number layers up to ${limits.layers - 1}.` });
  }
  if (out_offset >= dataMemory.offsetLimit) {
    const message = `'out_offset' is ${hex(out_offset)}; on ${name} it is below ${hex(dataMemory.offsetLimit)}`;
    const hint = `Stay inside a data memory instance of ${hex(dataMemory.instanceBytes)} bytes.`;
    found.push({ code: "AI6233", key: "out_offset", message, hint });
  }
  return found;
}

function snoopedBus({ snoop, snoopAt }: YamlNetwork, { name, capabilities }: DeviceSpec): Diagnostic[] {
  if (snoop === null || capabilities.snoop) return [];
  return [yamlError("AI2612", `'snoop' is not available on ${name}: it cannot watch its bus`, snoopAt, "Remove it.")];
}

const pools = ({ values }: YamlLayer): boolean => values.max_pool !== undefined || values.avg_pool !== undefined;

const poolsWindows = ({ values }: YamlLayer): boolean => Math.max(...(values.max_pool ?? values.avg_pool ?? [1])) > 1;

const combines = (layer: YamlLayer): boolean =>
  layer.values.eltwise !== undefined || (!convolves(layer) && operatorOf(layer) !== "none");

const text = (pair: Pair): string => (pair[0] === pair[1] ? `${pair[0]}` : `[${pair.join(", ")}]`);

const kernelText = ({ rows, columns }: { readonly rows: number; readonly columns: number | null }): string =>
  columns === null ? `${rows}` : `${rows}x${columns}`;

const hex = (offset: number): string => `0x${offset.toString(16)}`;
