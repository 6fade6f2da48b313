import { invariant } from "../../dsl/diagnostic.ts";
import type { Activation, Shape } from "../../dsl/model.ts";
import { abs8, relu8, requantizeAll } from "../../targets/accelerator/fixed-point.ts";
import { convolve } from "./convolve.ts";
import { eltwise } from "./eltwise.ts";
import { gatherOperands } from "./gather.ts";
import type { IntegerLayer, TensorSource } from "./layer.ts";
import { pool } from "./pool.ts";
import type { IntegerTensor } from "./tensor.ts";
import { integerTensor, sizeOf } from "./tensor.ts";

/**
 * What a layer computes, as plain integer loops: the definition that everything else is compared with.
 * Order within a layer: gather and crop, element-wise (when it comes first), pool, element-wise, flatten, convolve,
 * add the bias, shift, round, saturate, activate.
 */

export interface ExecutionOptions {
  /** Averages are rounded to nearest instead of cut toward zero; Conv1d layers cut in any case. */
  readonly averagePoolRounding: boolean;
}

/** What a layer reads, one tensor per operand, and its operands around pooling, where it pools. */
export interface LayerOperands {
  readonly read: readonly IntegerTensor[];
  readonly unpooled: readonly IntegerTensor[];
  readonly pooled: readonly IntegerTensor[];
}

type Observe = (operands: LayerOperands) => void;

/** Called for every layer, by its position: before it computes, and with its result. */
export interface LayerWatch {
  readonly operands?: (position: number, operands: LayerOperands) => void;
  readonly result?: (position: number, values: Int32Array) => void;
}

/** Result of one layer [channels][rows][columns]; `sources` are the tensors that `layer.sources` names, in that order. */
export function executeLayer(
  layer: IntegerLayer,
  sources: readonly IntegerTensor[],
  options: ExecutionOptions,
  observe?: Observe,
): Int32Array {
  const prepared = prepare(layer, sources, options, observe);
  const { convolution, output } = layer;
  if (convolution === null) {
    invariant(layer.outputBits === 8, `${layer.name}: only convolutions have 32-bit results`);
    invariant(prepared.data.length === sizeOf(output), `${layer.name}: the output shape is wrong`);
    return activate(prepared.data, layer.activation, false);
  }
  const input = layer.flatten ? flatten(prepared) : prepared;
  const accumulators = convolve(input, convolution, output);
  if (layer.outputBits === 32) {
    invariant(layer.activation === null, `${layer.name}: 32-bit results have no activation`);
    return new Int32Array(accumulators);
  }
  return activate(requantizeAll(accumulators, convolution.shift), layer.activation, true);
}

/**
 * Results of all layers, in order. `input` is the network's input, its values 8-bit integers. `previous` holds the
 * results of the inference before, for rolling buffers; null: there was none. `watch` sees what they read and give.
 * `idle` follow the layers in number: they do not run, but rolling buffers may recall them.
 */
export function executeLayers(
  layers: readonly IntegerLayer[],
  input: { readonly shape: Shape; readonly data: ArrayLike<number> },
  options: ExecutionOptions,
  previous: readonly Int32Array[] | null = null,
  watch: LayerWatch = {},
  idle: readonly IntegerLayer[] = [],
): Int32Array[] {
  const network = integerTensor(input.shape, input.data);
  const results: Int32Array[] = [];
  const tensorOf = (source: TensorSource): IntegerTensor => {
    if (source === "input") return network;
    const [layer, data] = [layers[source], results[source]];
    invariant(layer !== undefined && data !== undefined, `layer ${source} is read before it was computed`);
    return { shape: layer.output, data };
  };
  const recalled = (source: TensorSource): IntegerTensor => {
    const layer = source === "input" ? undefined : (layers[source] ?? idle[source - layers.length]);
    invariant(layer !== undefined, `layer ${source} cannot be recalled`);
    return integerTensor(layer.output, previous?.[source as number] ?? new Int32Array(sizeOf(layer.output)));
  };
  for (const [position, layer] of layers.entries()) {
    const sources = layer.sources.map(layer.recalls ? recalled : tensorOf);
    const result = executeLayer(layer, sources, options, (operands) => watch.operands?.(position, operands));
    results.push(result);
    watch.result?.(position, result);
  }
  return results;
}

/** Everything before the convolution. */
function prepare(
  layer: IntegerLayer,
  sources: readonly IntegerTensor[],
  options: ExecutionOptions,
  observe?: Observe,
): IntegerTensor {
  const combine = (operands: readonly IntegerTensor[]): readonly IntegerTensor[] =>
    layer.eltwise === null ? operands : [eltwise(layer.eltwise.operation, operands)];
  const read = gatherOperands(layer, sources);
  const combinesFirst = layer.eltwise?.poolFirst === false;
  const unpooled = combinesFirst ? combine(read) : read;
  const pooled = unpooled.map((operand) => poolOperand(layer, operand, options));
  observe?.({ read, unpooled, pooled });
  const [prepared] = combinesFirst ? pooled : combine(pooled);
  invariant(prepared !== undefined, `${layer.name}: nothing to compute on`);
  return prepared;
}

function poolOperand(layer: IntegerLayer, operand: IntegerTensor, options: ExecutionOptions): IntegerTensor {
  if (layer.pool === null) return operand;
  // The reference generator's one-dimensional pooling knows neither rounding nor, for maxima, dilation.
  const isColumn = layer.convolution?.kind === "conv1d";
  const dilation = isColumn && layer.pool.kind === "max" ? ([1, 1] as const) : layer.pool.dilation;
  return pool(operand, { ...layer.pool, dilation }, layer.pooled, options.averagePoolRounding && !isColumn);
}

/** All values become channels of a single pixel: channel by channel, row by row. */
function flatten({ data }: IntegerTensor): IntegerTensor {
  return { shape: { channels: data.length, height: 1, width: 1 }, data };
}

function activate(data: Int32Array, activation: Activation | null, isOwn: boolean): Int32Array {
  if (activation === null) return data;
  // A tensor that is read elsewhere, too, stays as it is.
  const results = isOwn ? data : new Int32Array(data.length);
  const isRelu = activation === "relu";
  for (let i = 0; i < data.length; i++) results[i] = isRelu ? relu8(data[i] as number) : abs8(data[i] as number);
  return results;
}
