import type { DeviceName } from "../targets/accelerator/device.ts";
import type { SourceLocation } from "./diagnostic.ts";
import type { Sequence, Snoop, Unload } from "./sequence.ts";

/**
 * The graph a user wrote: operators with parameters, shapes and the place in the source.
 * Values are immutable; node ids are positions in `nodes`, inputs always precede their consumers.
 */
export interface Model {
  readonly name: string;
  /** One device, or several: then every one of them must be able to run the model. */
  readonly devices: readonly DeviceName[];
  readonly nodes: readonly ModelNode[];
  /** Node ids whose results are read out, in the order they were returned. */
  readonly outputs: readonly number[];
  /** How the input reaches the network; absent: it is in data memory when the network starts. */
  readonly fifo?: FifoKind;
  /** Average pooling rounds; absent or false: it cuts off toward zero. */
  readonly averagePoolRounding?: boolean;
  /** Where the model was defined, for findings about what follows. */
  readonly source?: SourceLocation;
  readonly sequence?: Sequence;
  readonly snoop?: Snoop;
  /** What is read out instead of the outputs. */
  readonly unload?: readonly Unload[];
}

/** "none": the input is loaded before the start. The fast FIFOs belong to the RISC-V core; "fast-quad" feeds all quadrants. */
export const fifoKinds = ["none", "standard", "fast", "fast-quad"] as const;
export type FifoKind = (typeof fifoKinds)[number];

/** Sizes of an activation. One-dimensional data of length L is L x 1. */
export interface Shape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export type Activation = "relu" | "abs";
export type EltwiseKind = "add" | "sub" | "xor" | "or";
export type WeightBits = 1 | 2 | 4 | 8;
export type Pair = readonly [number, number];

/** Choices an expert may take away from the compiler; all optional, all honored exactly. */
export interface Pins {
  /** Processors that read the input, as a 64-bit mask. */
  readonly processors?: bigint;
  readonly outputProcessors?: bigint;
  /** Byte offsets inside each data memory instance. */
  readonly inputOffset?: number;
  readonly outputOffset?: number;
  readonly writeGap?: number;
  readonly readGap?: number;
  readonly biasQuadrants?: readonly number[];
  /** Hardware layer this operator belongs to; operators pinned to one layer are fused. */
  readonly layer?: number;
  /** How a layer runs whose operators have no options for it, since none has weights. */
  readonly streaming?: boolean;
  readonly calcx4?: boolean;
  readonly readAhead?: boolean;
  readonly tcalc?: boolean;
}

interface NodeBase {
  readonly id: number;
  /** Unique; given by the user or derived from kind and position (`conv2d_1`). */
  readonly name: string;
  readonly inputs: readonly number[];
  /** Shape of the result. */
  readonly shape: Shape;
  readonly source?: SourceLocation;
  readonly pins?: Pins;
}

export interface InputNode extends NodeBase {
  readonly kind: "input";
  readonly format: "CHW" | "HWC";
  /** Data folding: factor by which rows and columns were turned into channels; 1 = none. */
  readonly fold: number;
  /** 1-D input written as [channels, length]. */
  readonly oneDimensional: boolean;
}

/** Operators with weights. */
export interface WeightedNode extends NodeBase {
  readonly kind: "conv2d" | "conv1d" | "convTranspose2d" | "linear";
  readonly kernel: Pair;
  readonly padding: Pair;
  readonly dilation: number;
  readonly groups: number;
  readonly bias: boolean;
  readonly weightBits: WeightBits;
  /** Weights of +1 and -1 (`weightBits` is 1). */
  readonly binary: boolean;
  readonly activation: Activation | null;
  /** 32-bit output. */
  readonly wide: boolean;
  /** Binary left shift of the accumulator, without the implicit 8 - weightBits; null = from the weights file. */
  readonly outputShift: number | null;
  /** Name of the operator whose weights are used instead of own ones. */
  readonly weightsOf: string | null;
  readonly streaming: boolean;
  /** Present only when the user asked for another stride or output padding than the one the hardware has. */
  readonly stride?: Pair;
  readonly outputPadding?: number;
  /** Present only where every weight is 1 and none are stored; the output shift is 7 unless given. */
  readonly bypass?: boolean;
  /** Speed-ups, present only when asked for: four outputs at a time, reading ahead, and how passes are counted then. */
  readonly calcx4?: boolean;
  readonly readAhead?: boolean;
  readonly tcalc?: boolean;
}

export interface PoolNode extends NodeBase {
  readonly kind: "maxPool2d" | "avgPool2d" | "maxPool1d" | "avgPool1d";
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
}

export interface EltwiseNode extends NodeBase {
  readonly kind: EltwiseKind;
}

export interface SimpleNode extends NodeBase {
  /** `activation` holds the function for relu and abs nodes. */
  readonly kind: "relu" | "abs" | "flatten" | "concat" | "concatRows" | "batchNorm" | "dropout" | "passthrough";
  /** Of batchNorm: what is added to the variance, where it is not what the weights file says. */
  readonly epsilon?: number;
  /** Of dropout: how likely a value is dropped in training. */
  readonly probability?: number;
}

export interface ReshapeNode extends NodeBase {
  readonly kind: "reshape";
}

export interface CropNode extends NodeBase {
  readonly kind: "crop";
  /** Rows (or samples) dropped at the start and at the end. */
  readonly rows: Pair;
}

/** `count` channels from `first` (0 ...) on. */
export interface ChannelsNode extends NodeBase {
  readonly kind: "channels";
  readonly first: number;
  readonly count: number;
}

/** The last `length` rows of a tensor over inferences: what is read has the newest rows last, zeros before the first ones. */
export interface RollingBufferNode extends NodeBase {
  readonly kind: "rollingBuffer";
  readonly length: number;
}

/** One of equal groups of channels: `part` (from 0) of `parts`. Only element-wise operators read them, all in order. */
export interface SplitNode extends NodeBase {
  readonly kind: "split";
  readonly part: number;
  readonly parts: number;
}

export type ModelNode =
  | InputNode
  | WeightedNode
  | PoolNode
  | EltwiseNode
  | SimpleNode
  | ReshapeNode
  | CropNode
  | ChannelsNode
  | SplitNode
  | RollingBufferNode;
export type NodeKind = ModelNode["kind"];
