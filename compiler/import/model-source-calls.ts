import type { Pair, Shape } from "../../dsl/model.ts";
import type { LayerConvolution, LayerPool } from "../../runtime/reference/layer.ts";
import type { Layer } from "../ir/network.ts";
import type { SourceCall } from "./model-source.ts";

/** The calls that the stages of a layer become. Whatever has its default is left out. */

const quoted = (text: string): string => JSON.stringify(text);
const sizeText = ([rows, columns]: Pair): string => (rows === columns ? `${rows}` : `[${rows}, ${columns}]`);
const samePair = (a: Pair, b: Pair): boolean => a[0] === b[0] && a[1] === b[1];

export const nameCall = (name: string): SourceCall => ({ method: "named", argument: quoted(name), options: {} });

export const copyCall = (name: string): SourceCall => ({
  method: "passthrough",
  argument: null,
  options: { name: quoted(name) },
});

export const flattenCall: SourceCall = { method: "flatten", argument: null, options: {} };

/** The channels that the layer reads of the source at `position`, where it does not read all. */
export function sliceCalls({ slices }: Layer, position: number, { channels }: Shape): SourceCall[] {
  const slice = slices?.[position];
  if (slice === undefined || slice.channels === channels) return [];
  return [{ method: "channels", argument: `${slice.first}, ${slice.channels}`, options: {} }];
}

/** All rows, one after the other; single pixels where rows are of different length. */
export function rowsShape(shapes: readonly Shape[]): Shape {
  const { channels, width } = shapes[0] as Shape;
  const columns = sameColumns(shapes) ? width : 1;
  return {
    channels,
    height: shapes.reduce((sum, shape) => sum + (shape.height * shape.width) / columns, 0),
    width: columns,
  };
}

/** Makes rows of one pixel of the tensor at `position`, where those of all are not equally long. */
export function columnCalls(shapes: readonly Shape[], position: number): SourceCall[] {
  const { height, width } = shapes[position] as Shape;
  if (width === 1 || sameColumns(shapes)) return [];
  return [{ method: "reshape", argument: `${height * width}, 1`, options: {} }];
}

const sameColumns = (shapes: readonly Shape[]): boolean => shapes.every(({ width }) => width === shapes[0]?.width);

/** Cropping and cutting anew, as far as the layer does either. `source` is what it reads, parts side by side. */
export function viewCalls({ crop, input }: Layer, source: Shape): SourceCall[] {
  const rows = source.height - crop[0] - crop[1];
  const crops = crop[0] > 0 || crop[1] > 0;
  const reshapes = input.height !== rows || input.width !== source.width;
  return [
    ...(crops ? [{ method: "crop", argument: `${crop[0]}, ${crop[1]}`, options: {} }] : []),
    ...(reshapes ? [{ method: "reshape", argument: `${input.height}, ${input.width}`, options: {} }] : []),
  ];
}

/** `name` is null where another operator of the layer carries it. */
export function poolCall(pool: LayerPool, width: number, name: string | null): SourceCall {
  const { kind, size, stride, dilation } = pool;
  const oneDimensional = width === 1 && size[1] === 1 && stride[1] === 1 && dilation[1] === 1;
  const show = oneDimensional ? ([along]: Pair): string => `${along}` : sizeText;
  return {
    method: `${kind === "max" ? "max" : "avg"}Pool${oneDimensional ? "1d" : "2d"}`,
    argument: show(size),
    options: {
      ...(name === null ? {} : { name: quoted(name) }),
      ...(samePair(stride, size) ? {} : { stride: show(stride) }),
      ...(samePair(dilation, [1, 1]) ? {} : { dilation: show(dilation) }),
    },
  };
}

export interface ConvolutionRemarks {
  readonly name: string;
  /** The description fixes the output shift; otherwise it stays with the weights. */
  readonly fixedShift: number | null;
  /** Operator whose weights are used. */
  readonly weightsOf: string | null;
}

export function convolutionCall(layer: Layer, convolution: LayerConvolution, remarks: ConvolutionRemarks): SourceCall {
  const { kind, weights, bias } = convolution;
  const { name, fixedShift, weightsOf } = remarks;
  const options: Record<string, string> = { name: quoted(name), ...windowOptions(convolution) };
  if (layer.activation !== null) options["activation"] = quoted(layer.activation);
  if (convolution.bypass) options["bypass"] = "true";
  else if (bias === null) options["bias"] = "false";
  if (layer.outputBits === 32) options["wide"] = "true";
  if (weights !== null && weights.bits !== 8) options["weightBits"] = `${weights.bits}`;
  if (weights?.binary === true) options["binary"] = "true";
  if (fixedShift !== null) options["outputShift"] = `${fixedShift}`;
  if (weightsOf !== null) options["weightsOf"] = quoted(weightsOf);
  if (layer.streaming) options["streaming"] = "true";
  if (layer.calcx4) options["calcx4"] = "true";
  if (layer.readAhead) options["readAhead"] = "true";
  if (layer.tcalc !== null && layer.readAhead) options["tcalc"] = `${layer.tcalc}`;
  return { method: kind, argument: `${layer.output.channels}`, options };
}

function windowOptions(convolution: LayerConvolution): Record<string, string> {
  const { kind, kernel, padding, dilation, stride, outputPadding, groups } = convolution;
  if (kind === "linear") return {};
  const transposed = kind === "convTranspose2d";
  return {
    kernel: kind === "conv1d" ? `${kernel[0]}` : sizeText(kernel),
    ...(padding[0] + padding[1] === 0 ? {} : { padding: kind === "conv1d" ? `${padding[0]}` : sizeText(padding) }),
    ...(stride === (transposed ? 2 : 1) ? {} : { stride: `${stride}` }),
    ...(dilation === 1 ? {} : { dilation: `${dilation}` }),
    ...(transposed && outputPadding !== 1 ? { outputPadding: `${outputPadding}` } : {}),
    ...(groups === 1 ? {} : { groups: `${groups}` }),
  };
}

/** `key: value`, or the key alone where a variable has its name. */
export const entriesOf = (options: SourceCall["options"]): string[] =>
  Object.entries(options).map(([key, value]) => (key === value ? key : `${key}: ${value}`));

/** A call as it follows a tensor, on one line. */
export function callText({ method, argument, options }: SourceCall): string {
  const entries = entriesOf(options);
  const object = entries.length === 0 ? [] : [`{ ${entries.join(", ")} }`];
  return `.${method}(${[...(argument === null ? [] : [argument]), ...object].join(", ")})`;
}
