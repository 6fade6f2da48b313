import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { EltwiseKind, Shape } from "../../dsl/model.ts";
import type { LayerWeights, TensorSource } from "../../runtime/reference/layer.ts";
import { readShape } from "../../runtime/reference/layer.ts";
import { whyNotTogether } from "../passes/fusion-rules.ts";
import type { Layer, Network } from "../ir/network.ts";
import { registerPositions } from "../ir/network-sequence.ts";
import type { ModelSource, SourceCall, SourceJoin, SourceLayer } from "./model-source.ts";
import { bufferCall, bufferRead, bufferShape, operatorSources, writingOrder } from "./model-source-buffers.ts";
import {
  columnCalls,
  convolutionCall,
  copyCall,
  flattenCall,
  nameCall,
  poolCall,
  rowsShape,
  sliceCalls,
  viewCalls,
} from "./model-source-calls.ts";
import { layerPin, pinTexts } from "./model-source-pins.ts";
import { orderSettings } from "./model-source-sequence.ts";
import { joinsRows, unsupportedParts } from "./model-source-support.ts";

export interface PlanOptions {
  readonly device: DeviceSpec;
  /** Names of the layers, unique, fit for constants. */
  readonly names: readonly string[];
  /** Output shifts that the description fixes, by layer; null: they stay with the weights. */
  readonly fixedShifts: readonly (number | null)[];
  /** Keep hardware layers, processors and memory; otherwise the compiler chooses anew. */
  readonly pins: boolean;
  readonly oneDimensionalInput: boolean;
}

/**
 * The model source of a network: one entry per hardware layer, in order. What the model language has no words for is
 * an AI6211 error. Without pins, layers that only copy are left out.
 */
export function planModelSource(
  network: Network,
  options: PlanOptions,
): { readonly source?: ModelSource; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics = unsupportedParts(network);
  if (diagnostics.length > 0) return { diagnostics };
  const { channels, height, width, format } = network.input;
  const shape = options.oneDimensionalInput ? [channels, height] : [channels, height, width];
  const layers = new Planner(network, options).layers();
  const { name, device, options: settings } = network;
  const order = orderSettings(network, options.names);
  return { source: { name, device, input: { shape, format }, options: settings, order, layers }, diagnostics };
}

const eltwiseJoins: Readonly<Record<EltwiseKind, SourceJoin>> = {
  add: "add",
  sub: "sub",
  xor: "bitwiseXor",
  or: "bitwiseOr",
};

class Planner {
  readonly #network: Network;
  readonly #options: PlanOptions;
  readonly #pins: readonly Readonly<Record<string, string>>[];
  /** The first layer with these weights; layers that share weights hold the very same object. */
  readonly #owners = new Map<LayerWeights, string>();

  constructor(network: Network, options: PlanOptions) {
    this.#network = network;
    this.#options = options;
    this.#pins = options.pins ? pinTexts(network, options.device) : [];
  }

  layers(): SourceLayer[] {
    const stand: TensorSource[] = [];
    const needed = this.#options.pins ? null : neededLayers(this.#network);
    return writingOrder(this.#network).flatMap((layer) => {
      if (needed?.has(layer.index) === false) return [];
      const read = operatorSources(this.#network, layer);
      const sources = read.map((source) => (source === "input" ? source : (stand[source] ?? source)));
      const redundant = !this.#options.pins && isCopy(layer, this.#sourceShape(layer)) && !layer.isOutput;
      stand[layer.index] = redundant ? (sources[0] as TensorSource) : layer.index;
      return redundant ? [] : [{ ...this.#plan(layer), sources }];
    });
  }

  #plan(layer: Layer): Omit<SourceLayer, "sources"> {
    const { index, eltwise, pool, isOutput, output: shape } = layer;
    const pins = this.#pins[index] ?? null;
    const name = this.#options.names[index] as string;
    if (layer.recalls) {
      const after = [bufferCall(layer, name)];
      return { index, name, before: [], parts: 1, join: null, after, isOutput, shape: bufferShape(layer), pins };
    }
    const joins = operatorSources(this.#network, layer).length > 1;
    const shapes = this.#readShapes(layer);
    const rows = joins && joinsRows(layer, shapes);
    const slices = layer.sources.map((source, i) => [
      ...sliceCalls(layer, i, this.#shapeOf(source)),
      ...(rows ? columnCalls(shapes, i) : []),
    ]);
    // Of a rolling buffer, both sources are the same channels of one tensor.
    const select = joins && slices.some((calls) => calls.length > 0) ? { select: slices } : {};
    const views = [...(joins ? [] : (slices[0] ?? [])), ...viewCalls(layer, this.#sourceShape(layer))];
    const convolution = this.#convolution(layer, name);
    const named = eltwise === null && convolution.length === 0 ? name : null;
    const pools = pool === null ? [] : [[poolCall(pool, layer.input.width, named)]];
    if (eltwise === null) {
      const engine = convolution.length === 0 ? [] : [convolution];
      const stages = pools.length + engine.length === 0 ? [[copyCall(name)]] : [...pools, ...engine];
      const join = rows ? "concatRows" : joins ? "concat" : null;
      const after = [...views, ...this.#stages(layer, stages)];
      return { index, name, ...select, before: [], parts: 1, join, after, isOutput, shape, pins };
    }
    const operand = eltwise.poolFirst ? pools.flatMap((calls) => [...calls, ...this.#together(layer)]) : [];
    const behind = eltwise.poolFirst ? [] : pools;
    const after =
      convolution.length > 0
        ? this.#stages(layer, [[], ...behind, convolution])
        : [nameCall(name), ...behind.flatMap((calls) => [...calls, ...this.#together(layer)])];
    const parts = layer.sources.length === 1 ? eltwise.operands : 1;
    const [before, join] = [[...views, ...operand], eltwiseJoins[eltwise.operation]];
    return { index, name, ...select, before, parts, join, after, isOutput, shape, pins };
  }

  /** The calls of all stages. The last one carries the name of the layer, and by that the pins. */
  #stages(layer: Layer, stages: readonly (readonly SourceCall[])[]): SourceCall[] {
    return stages.flatMap((calls, i) => [...calls, ...(i < stages.length - 1 ? this.#together(layer) : [])]);
  }

  /** What keeps an earlier stage in the layer of the last one, where that needs saying. */
  #together(layer: Layer): SourceCall[] {
    return this.#options.pins && this.#wouldSeparate(layer)
      ? [layerPin(registerPositions(this.#network)[layer.index] ?? layer.index)]
      : [];
  }

  #convolution(layer: Layer, name: string): SourceCall[] {
    const { convolution, flatten, pooled, index } = layer;
    if (convolution === null) return [];
    const weightsOf = convolution.weights === null ? null : this.#ownerOf(convolution.weights, name);
    const fixedShift = weightsOf === null ? (this.#options.fixedShifts[index] ?? null) : null;
    const call = convolutionCall(layer, convolution, { name, fixedShift, weightsOf });
    const changes = pooled.height * pooled.width > 1;
    return flatten && (changes || this.#options.pins) ? [flattenCall, call] : [call];
  }

  #ownerOf(weights: LayerWeights, name: string): string | null {
    const owner = this.#owners.get(weights);
    if (owner === undefined) this.#owners.set(weights, name);
    return owner ?? null;
  }

  /** The parts side by side, or one of several operands. */
  #sourceShape(layer: Layer): Shape {
    const mover = bufferRead(this.#network, layer);
    if (mover !== null) return bufferShape(mover);
    const shapes = this.#readShapes(layer);
    if (joinsRows(layer, shapes)) return rowsShape(shapes);
    const channels = shapes.reduce((sum, shape) => sum + shape.channels, 0);
    const first = shapes[0] as Shape;
    return layer.eltwise === null ? { ...first, channels } : first;
  }

  #readShapes(layer: Layer): Shape[] {
    return layer.sources.map((source, i) => readShape(layer, i, this.#shapeOf(source)));
  }

  #shapeOf(source: TensorSource): Shape {
    return source === "input" ? this.#network.input : (this.#network.layers[source] as Layer).output;
  }

  /** Fusing on its own would put these stages into different layers, or one of them into the layer before. */
  #wouldSeparate(layer: Layer): boolean {
    const { eltwise, pool, flatten, convolution, input } = layer;
    const open = layer.sources.some((source) => source !== "input" && takesMore(this.#network.layers[source] as Layer));
    if (open) return true;
    const engine = convolution === null ? null : { ...convolution, bias: convolution.bias !== null };
    const { channels, width: columns } = input;
    const plan = { channels, columns, eltwise, pool, flatten, convolution: engine };
    return whyNotTogether(plan, this.#options.device, this.#network.options) !== null;
  }
}

/** The layer ends with an operator behind which fusing looks for more. */
const takesMore = ({ convolution, eltwise, pool }: Layer): boolean =>
  convolution === null && (eltwise !== null || pool !== null);

/** Layers that outputs depend on. */
export function neededLayers({ layers }: Network): ReadonlySet<TensorSource> {
  const needed = new Set<TensorSource>();
  const open: TensorSource[] = layers.filter(({ isOutput }) => isOutput).map(({ index }) => index);
  for (let source = open.pop(); source !== undefined; source = open.pop()) {
    if (needed.has(source)) continue;
    needed.add(source);
    if (source !== "input") open.push(...(layers[source]?.sources ?? []));
  }
  return needed;
}

/** The layer delivers what it reads. */
function isCopy({ convolution, eltwise, pool, crop, input, slices }: Layer, source: Shape): boolean {
  if (slices !== undefined) return false;
  const stages = convolution !== null || eltwise !== null || pool !== null;
  const views = crop[0] > 0 || crop[1] > 0 || input.height !== source.height || input.width !== source.width;
  return !stages && !views && input.channels === source.channels;
}
