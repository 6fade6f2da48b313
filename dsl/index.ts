/** What users of ai8xc import to write a model. */
import type { DeviceName } from "../targets/accelerator/device.ts";
import { buildModel, type DefinedModel } from "./define-model.ts";
import { concatenation, eltwise, rowConcatenation } from "./functions.ts";
import type { Combined, Concatenated, FirstOperand, OtherOperands, RowsConcatenated } from "./operands.ts";
import type { TensorLike, Tensor } from "./tensor.ts";
import type { FifoKind, Pins } from "./model.ts";
import type { Sequence, Snoop, Unload } from "./sequence.ts";
import type { Devices, WithCapability } from "./types/call.ts";

export type { DefinedModel } from "./define-model.ts";
export type { Diagnostic } from "./diagnostic.ts";
export type { FifoKind, Model, Pins } from "./model.ts";
export type { Sequence, Snoop, SnoopUnit, Unload, UnloadMemory, UnloadTensor } from "./sequence.ts";
export type { AnyTensor, Tensor } from "./tensor.ts";
export type { DeviceName };

/** Name, device and input of a model. */
export interface ModelOptions<
  D extends Devices,
  S extends readonly [number, number, number] | readonly [number, number],
  F extends "CHW" | "HWC",
> {
  readonly name: string;
  /** One device, or several: then the limits of all of them apply. */
  readonly device: D;
  readonly input: {
    /** [channels, rows, columns], or [channels, length] of one-dimensional data. */
    readonly shape: S;
    /** How the input lies in memory: channel after channel (few channels), or pixel after pixel. */
    readonly format: F;
  };
  /** Feeds the input through FIFOs while the network runs; the fast ones belong to the RISC-V core. Default "none". */
  readonly fifo?: FifoKind;
  /** Average pooling rounds instead of cutting off toward zero. Default false. */
  readonly averagePoolRounding?: boolean;
  /** Which hardware layer runs when, where that is not simply one after the other. */
  readonly sequence?: Sequence;
  /** Units that watch data memory while the network runs. */
  readonly snoop?: WithCapability<D, "snoop", Snoop, "snoop units are not available on">;
  /** What cnn_unload() reads instead of the outputs. */
  readonly unload?: readonly Unload[];
}

/**
 * Defines a model: `build` gets the network input and returns the output tensor, or an array of them.
 * `pins` takes choices away from the compiler, as `pin` does, by the names of operators.
 * Mistakes the types cannot see are collected in the model and told by `modelDiagnostics`.
 */
export function defineModel<
  const D extends Devices,
  const S extends readonly [number, number, number] | readonly [number, number],
  const F extends "CHW" | "HWC",
>(
  options: ModelOptions<D, S, F>,
  build: (input: NoInfer<Tensor<D, InputShape<S>, F, 0>>) => TensorLike | readonly TensorLike[],
  pins?: Readonly<Record<string, Pins>>,
): DefinedModel {
  return buildModel(options, build as (input: unknown) => unknown, defineModel, pins);
}

type InputShape<S extends readonly number[]> = S extends readonly [
  infer C extends number,
  infer H extends number,
  infer W extends number,
]
  ? [C, H, W]
  : S extends readonly [infer C extends number, infer L extends number]
    ? [C, L, 1]
    : [number, number, number];

/** Sum of 2 or more tensors of one shape. */
export function add<const A extends TensorLike, const B extends readonly TensorLike[]>(
  first: FirstOperand<"add", A, B>,
  ...others: OtherOperands<"add", A, B>
): NoInfer<Combined<A, B>> {
  return eltwise("add", add, [first, ...others]) as never;
}

/** First tensor less the others. */
export function sub<const A extends TensorLike, const B extends readonly TensorLike[]>(
  first: FirstOperand<"sub", A, B>,
  ...others: OtherOperands<"sub", A, B>
): NoInfer<Combined<A, B>> {
  return eltwise("sub", sub, [first, ...others]) as never;
}

/** Exclusive or of the bits of 2 or more tensors of one shape. */
export function bitwiseXor<const A extends TensorLike, const B extends readonly TensorLike[]>(
  first: FirstOperand<"bitwiseXor", A, B>,
  ...others: OtherOperands<"bitwiseXor", A, B>
): NoInfer<Combined<A, B>> {
  return eltwise("xor", bitwiseXor, [first, ...others]) as never;
}

/** Inclusive or of the bits of 2 or more tensors of one shape. */
export function bitwiseOr<const A extends TensorLike, const B extends readonly TensorLike[]>(
  first: FirstOperand<"bitwiseOr", A, B>,
  ...others: OtherOperands<"bitwiseOr", A, B>
): NoInfer<Combined<A, B>> {
  return eltwise("or", bitwiseOr, [first, ...others]) as never;
}

/** The channels of all tensors, one after the other. */
export function concat<const A extends TensorLike, const B extends readonly TensorLike[]>(
  first: FirstOperand<"concat", A, B>,
  ...others: OtherOperands<"concat", A, B>
): NoInfer<Concatenated<A, B>> {
  return concatenation(concat, [first, ...others]) as never;
}

/** The rows of all tensors (or samples, of one-dimensional data), one after the other. */
export function concatRows<const A extends TensorLike, const B extends readonly TensorLike[]>(
  first: FirstOperand<"concatRows", A, B>,
  ...others: OtherOperands<"concatRows", A, B>
): NoInfer<RowsConcatenated<A, B>> {
  return rowConcatenation(concatRows, [first, ...others]) as never;
}
