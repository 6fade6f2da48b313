import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Activation, EltwiseKind, Pair, Shape } from "../../dsl/model.ts";
import type { IntegerLayer, LayerConvolution, LayerPool, LayerWeights } from "../../runtime/reference/layer.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import { sizeOf } from "../../runtime/reference/tensor.ts";
import type { OperationCount } from "../../targets/accelerator/program.ts";

/** Recorded results of the reference generator's arithmetic, as integer layers; not part of this repository. */

export interface VectorTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export interface LayerVector {
  readonly id: string;
  readonly inputs: readonly VectorTensor[];
  readonly weights?: VectorTensor;
  readonly bias?: readonly number[] | null;
  readonly layer: {
    readonly op: string;
    readonly inDim: Pair;
    readonly kernel?: Pair;
    readonly pad?: Pair;
    readonly groups?: number;
    readonly dilation?: Pair;
    readonly stride?: Pair;
    readonly outputPad?: Pair;
    readonly quantization?: number | null;
    readonly totalShift?: number;
    readonly outputWidth?: 8 | 32;
    readonly activation?: string | null;
    readonly bypass?: boolean;
    readonly flatten?: boolean;
    readonly pool?: {
      readonly type: "max" | "avg";
      readonly size: Pair;
      readonly stride: Pair;
      readonly dilation: Pair;
    };
    readonly avgPoolRounding?: boolean;
    readonly eltwise?: EltwiseKind;
    readonly operands?: number;
    readonly poolFirst?: boolean;
  };
  readonly expected: {
    readonly pooled?: readonly VectorTensor[];
    readonly accumulator?: VectorTensor;
    readonly output: VectorTensor;
    readonly ops: Omit<OperationCount, "mul">;
  };
}

export interface NetworkVector {
  readonly id: string;
  readonly device: string;
  readonly flags: readonly string[];
  readonly layers: readonly NetworkKeys[];
  readonly input: VectorTensor;
  /** As in the file of test weights, one tensor per layer with weights. */
  readonly weights: readonly VectorTensor[];
  /** One entry per layer with weights. */
  readonly bias: readonly (readonly number[])[] | null;
  readonly expected: {
    readonly outputs: readonly VectorTensor[];
    readonly usedWeights: readonly ({ readonly bits: number; readonly data: readonly number[] } | null)[];
    readonly totalShift: readonly number[];
    readonly summary: readonly string[];
  };
}

/** The generator's layer keys, as far as the recorded networks use them. */
interface NetworkKeys {
  readonly op: string;
  readonly kernel_size?: string | number;
  readonly pad?: number;
  readonly groups?: number;
  readonly flatten?: boolean;
  readonly activate?: string;
  readonly output_width?: 8 | 32;
  readonly in_sequences?: readonly number[];
  readonly in_crop?: Pair;
  readonly in_dim?: number | Pair;
  readonly max_pool?: number;
  readonly avg_pool?: number | Pair;
  readonly pool_stride?: number;
  readonly streaming?: boolean;
}

export interface SoftmaxVector {
  readonly note: string;
  readonly shift: number;
  readonly input: readonly number[];
  readonly shifted: readonly number[];
  readonly output: readonly number[];
  readonly percent: readonly string[];
}

export interface LatencyVector {
  readonly id: string;
  readonly pool: Pair;
  readonly padding: Pair;
  readonly kernel: Pair;
  readonly operands: number;
  readonly poolFirst: boolean;
  readonly multipass: number;
  readonly passthrough: boolean;
  readonly timeslots: number;
  readonly flattenAdj: boolean;
  readonly streaming: boolean;
  readonly kernOffs: number;
  readonly pooled: Pair;
  readonly m: number;
  readonly outCols: number;
  readonly cycles: number;
}

interface Vectors {
  readonly layers: readonly LayerVector[];
  readonly networks: readonly NetworkVector[];
  readonly softmax: readonly SoftmaxVector[];
  readonly latency: readonly LatencyVector[];
}

const file = resolve(import.meta.dirname, "../../../shared/spec/arithmetic-vectors.json");

export const vectorsPresent = existsSync(file);
export const vectors: Vectors = vectorsPresent
  ? (JSON.parse(readFileSync(file, "utf8")) as Vectors)
  : { layers: [], networks: [], softmax: [], latency: [] };

export const shapeOf = ([channels = 1, height = 1, width = 1]: readonly number[]): Shape => ({
  channels,
  height,
  width,
});

const activations: Readonly<Record<string, Activation>> = { relu: "relu", abs: "abs" };
const activationOf = (name: string | null | undefined): Activation | null =>
  activations[(name ?? "").toLowerCase()] ?? null;

const kinds: Readonly<Record<string, LayerConvolution["kind"]>> = {
  conv2d: "conv2d",
  conv1d: "conv1d",
  convtranspose2d: "convTranspose2d",
  linear: "linear",
  mlp: "linear",
};

const eltwiseKinds: Readonly<Record<string, EltwiseKind>> = { add: "add", sub: "sub", xor: "xor", or: "or" };

function weightsOf(data: readonly number[], outputs: number, inputs: number, bits: number): LayerWeights {
  return { outputs, inputs, data: Int8Array.from(data), bits: 8, binary: bits === -1 };
}

export function layerOf({ id, inputs, layer, weights, bias, expected }: LayerVector): IntegerLayer {
  const [height, width] = layer.inDim;
  const input = { channels: sizeOf(shapeOf(inputs[0]?.shape ?? [])) / (height * width), height, width };
  const kind = kinds[layer.op];
  const output = shapeOf(expected.output.shape);
  const groups = layer.groups ?? 1;
  const pool = layer.pool;
  return {
    name: id,
    sources: inputs.map(() => "input"),
    crop: [0, 0],
    input,
    eltwise: layer.eltwise
      ? { operation: layer.eltwise, operands: layer.operands ?? 2, poolFirst: layer.poolFirst ?? true }
      : null,
    pool: pool
      ? { kind: pool.type === "avg" ? "average" : "max", size: pool.size, stride: pool.stride, dilation: pool.dilation }
      : null,
    pooled: expected.pooled?.[0] ? shapeOf(expected.pooled[0].shape) : input,
    flatten: layer.flatten ?? false,
    convolution: kind
      ? {
          kind,
          kernel: layer.kernel ?? [1, 1],
          padding: layer.pad ?? [0, 0],
          dilation: layer.dilation?.[0] ?? 1,
          stride: layer.stride?.[0] ?? 1,
          outputPadding: layer.outputPad?.[0] ?? 0,
          groups,
          weights: weights
            ? weightsOf(
                weights.data,
                output.channels,
                (layer.flatten ? sizeOf(input) : input.channels) / groups,
                layer.quantization ?? 8,
              )
            : null,
          bypass: layer.bypass ?? false,
          bias: bias ? Int8Array.from(bias) : null,
          shift: layer.totalShift ?? 0,
        }
      : null,
    activation: activationOf(layer.activation),
    outputBits: layer.outputWidth ?? 8,
    output,
  };
}

export function networkLayers(network: NetworkVector): readonly IntegerLayer[] {
  return network.layers.map((_, index) => networkLayer(network, index));
}

function networkLayer(network: NetworkVector, index: number): IntegerLayer {
  const keys = network.layers[index] as NetworkKeys;
  const sources: readonly TensorSource[] = keys.in_sequences ?? [index === 0 ? "input" : index - 1];
  const outputs = network.expected.outputs.map((tensor) => shapeOf(tensor.shape));
  const shapes = sources.map((source) =>
    source === "input" ? shapeOf(network.input.shape) : (outputs[source] as Shape),
  );
  const operation = eltwiseKinds[keys.op];
  const operands = operation ? sources.length : 1;
  const crop = keys.in_crop ?? [0, 0];
  const elements = shapes.reduce((sum, s) => sum + s.channels * (s.height - crop[0] - crop[1]) * s.width, 0) / operands;
  const [height, width] = inputSize(keys, shapes[0] as Shape);
  const input = { channels: elements / (height * width), height, width };
  const pool = poolOf(keys);
  const pooled = pool ? pooledShape(input, pool) : input;
  return {
    name: `${network.id} ${index}`,
    sources,
    crop,
    input,
    eltwise: operation ? { operation, operands, poolFirst: true } : null,
    pool,
    pooled,
    flatten: keys.flatten ?? false,
    convolution: convolutionOf(network, index, pooled),
    activation: activationOf(keys.activate),
    outputBits: keys.output_width ?? 8,
    output: outputs[index] as Shape,
  };
}

function convolutionOf(network: NetworkVector, index: number, pooled: Shape): LayerConvolution | null {
  const keys = network.layers[index] as NetworkKeys;
  const { usedWeights, totalShift, outputs } = network.expected;
  const kind = kinds[keys.op];
  const used = usedWeights[index];
  if (kind === undefined || !used) return null;
  const isTransposed = kind === "convTranspose2d";
  const [rows = 1, columns = 1] = String(keys.kernel_size ?? "1")
    .split("x")
    .map(Number);
  const side = keys.pad ?? 0;
  const bias = network.bias?.[usedWeights.slice(0, index).filter((weights) => weights !== null).length];
  const groups = keys.groups ?? 1;
  const inputs = (keys.flatten ? sizeOf(pooled) : pooled.channels) / groups;
  return {
    kind,
    kernel: [rows, columns],
    padding: [side, kind === "conv1d" ? 0 : side],
    dilation: 1,
    stride: isTransposed ? 2 : 1,
    outputPadding: isTransposed ? 1 : 0,
    groups,
    weights: weightsOf(used.data, outputs[index]?.shape[0] as number, inputs, used.bits),
    bypass: false,
    bias: bias ? Int8Array.from(bias) : null,
    shift: totalShift[index] as number,
  };
}

function inputSize({ op, in_dim: given }: NetworkKeys, first: Shape): Pair {
  if (typeof given === "number") return [given, op === "conv1d" ? 1 : given];
  return given ?? [first.height, first.width];
}

function poolOf(keys: NetworkKeys): LayerPool | null {
  const size = keys.max_pool ?? keys.avg_pool;
  if (size === undefined) return null;
  const stride = keys.pool_stride ?? 1;
  return {
    kind: keys.max_pool === undefined ? "average" : "max",
    size: typeof size === "number" ? [size, size] : size,
    stride: [stride, stride],
    dilation: [1, 1],
  };
}

const pooledShape = ({ channels, height, width }: Shape, { size, stride }: LayerPool): Shape => ({
  channels,
  height: Math.floor((height - size[0]) / stride[0]) + 1,
  width: Math.floor((width - size[1]) / stride[1]) + 1,
});
