import type { Pair, Shape } from "../../dsl/model.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import type { Layer } from "../ir/network.ts";

/** One line about a layer, in the order the hardware works: input, element-wise, pooling, operator, activation. */
export function describeLayer(layer: Layer): string {
  const parts = [
    shapeText(layer.input) + (layer.streaming ? ", streaming" : ""),
    eltwiseText(layer),
    poolText(layer),
    layer.flatten ? "flatten" : null,
    layer.convolution === null ? null : convolutionText(layer.convolution),
    layer.activation,
    copyText(layer),
  ];
  const wide = layer.outputBits === 32 ? ", 32 bit" : "";
  return `${parts.filter((part) => part !== null).join(", ")} -> ${shapeText(layer.output)}${wide}`;
}

function copyText({ convolution, eltwise, pool, recalls, crop }: Layer): string | null {
  if (recalls) return `roll buffer by ${crop[0]}`;
  return convolution === null && eltwise === null && pool === null ? "copy" : null;
}

const shapeText = ({ channels, height, width }: Shape): string => `${channels}x${height}x${width}`;

const pairText = ([rows, columns]: Pair): string => (rows === columns ? `${rows}` : `${rows}x${columns}`);

function eltwiseText({ eltwise, pool }: Layer): string | null {
  if (eltwise === null) return null;
  const order = pool !== null && eltwise.poolFirst ? " after pooling" : "";
  return `${eltwise.operation} of ${eltwise.operands} operands${order}`;
}

function poolText({ pool }: Layer): string | null {
  if (pool === null) return null;
  const subsampling = pool.size[0] === 1 && pool.size[1] === 1;
  const dilation = pool.dilation[0] > 1 || pool.dilation[1] > 1 ? ` dilation ${pairText(pool.dilation)}` : "";
  const what = subsampling ? "subsample" : `${pool.kind} pool ${pairText(pool.size)}`;
  return `${what} stride ${pairText(pool.stride)}${dilation}`;
}

function convolutionText(convolution: LayerConvolution): string {
  if (convolution.kind === "linear") return `linear${convolution.bypass ? " without weights" : ""}`;
  const { kind, kernel, padding, dilation, groups } = convolution;
  const size = kind === "conv1d" ? `${kernel[0]}` : pairText(kernel);
  const details = [
    `${kind} ${size}`,
    padding[0] + padding[1] > 0 ? `padding ${kind === "conv1d" ? padding[0] : pairText(padding)}` : "",
    dilation > 1 ? `dilation ${dilation}` : "",
    groups > 1 ? `groups ${groups}` : "",
    convolution.bypass ? "without weights" : "",
  ];
  return details.filter((detail) => detail !== "").join(" ");
}
