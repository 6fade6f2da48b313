import type { GraphBuilder } from "./builder.ts";
import type { Pins, PoolNode, Shape } from "./model.ts";
import { createConv1d } from "./operators/conv1d.ts";
import { createConv2d } from "./operators/conv2d.ts";
import { createConvTranspose2d } from "./operators/conv-transpose2d.ts";
import { createChannels, createCrop, createReshape, createSplit, foldInput } from "./operators/arrange.ts";
import { createLinear } from "./operators/linear.ts";
import { createPool } from "./operators/pool.ts";
import { createRollingBuffer } from "./operators/rolling-buffer.ts";
import { createBatchNorm, createDropout, createSimple } from "./operators/simple.ts";
import type { Call } from "./options.ts";
import { captureSource } from "./source-location.ts";

type AnyFunction = (...args: never[]) => unknown;

/**
 * What a `Tensor` is while the user's function runs: a node of the graph being built. Its methods take anything,
 * since mistakes become diagnostics; what users see are the types in `tensor.ts`.
 */
export class TensorHandle {
  readonly builder: GraphBuilder;
  readonly id: number;

  constructor(builder: GraphBuilder, id: number) {
    this.builder = builder;
    this.id = id;
  }

  /** Channels, rows, columns. */
  get shape(): readonly [number, number, number] {
    const { channels, height, width }: Shape = this.builder.node(this.id).shape;
    return [channels, height, width];
  }

  conv2d(channels: unknown, options?: unknown): TensorHandle {
    return this.#derive("conv2d", this.conv2d, (call) => createConv2d(call, this.id, channels, options));
  }
  conv1d(channels: unknown, options?: unknown): TensorHandle {
    return this.#derive("conv1d", this.conv1d, (call) => createConv1d(call, this.id, channels, options));
  }
  convTranspose2d(channels: unknown, options?: unknown): TensorHandle {
    return this.#derive("convTranspose2d", this.convTranspose2d, (call) =>
      createConvTranspose2d(call, this.id, channels, options),
    );
  }
  linear(features: unknown, options?: unknown): TensorHandle {
    return this.#derive("linear", this.linear, (call) => createLinear(call, this.id, features, options));
  }
  maxPool2d(size: unknown, options?: unknown): TensorHandle {
    return this.#pool("maxPool2d", this.maxPool2d, size, options);
  }
  avgPool2d(size: unknown, options?: unknown): TensorHandle {
    return this.#pool("avgPool2d", this.avgPool2d, size, options);
  }
  maxPool1d(size: unknown, options?: unknown): TensorHandle {
    return this.#pool("maxPool1d", this.maxPool1d, size, options);
  }
  avgPool1d(size: unknown, options?: unknown): TensorHandle {
    return this.#pool("avgPool1d", this.avgPool1d, size, options);
  }
  relu(options?: unknown): TensorHandle {
    return this.#derive("relu", this.relu, (call) => createSimple(call, "relu", this.id, options));
  }
  abs(options?: unknown): TensorHandle {
    return this.#derive("abs", this.abs, (call) => createSimple(call, "abs", this.id, options));
  }
  flatten(options?: unknown): TensorHandle {
    return this.#derive("flatten", this.flatten, (call) => createSimple(call, "flatten", this.id, options));
  }
  batchNorm(options?: unknown): TensorHandle {
    return this.#derive("batchNorm", this.batchNorm, (call) => createBatchNorm(call, this.id, options));
  }
  passthrough(options?: unknown): TensorHandle {
    return this.#derive("passthrough", this.passthrough, (call) => createSimple(call, "passthrough", this.id, options));
  }
  dropout(probability?: unknown, options?: unknown): TensorHandle {
    return this.#derive("dropout", this.dropout, (call) => createDropout(call, this.id, probability, options));
  }
  fold(factor: unknown): TensorHandle {
    return this.#derive("fold", this.fold, (call) => foldInput(call, this.id, factor));
  }
  reshape(height: unknown, width?: unknown, options?: unknown): TensorHandle {
    return this.#derive("reshape", this.reshape, (call) => createReshape(call, this.id, height, width, options));
  }
  crop(start: unknown, end?: unknown, options?: unknown): TensorHandle {
    return this.#derive("crop", this.crop, (call) => createCrop(call, this.id, start, end, options));
  }
  channels(first: unknown, count: unknown, options?: unknown): TensorHandle {
    return this.#derive("channels", this.channels, (call) => createChannels(call, this.id, first, count, options));
  }
  rollingBuffer(length: unknown, options?: unknown): TensorHandle {
    return this.#derive("rollingBuffer", this.rollingBuffer, (call) =>
      createRollingBuffer(call, this.id, length, options),
    );
  }
  split(parts: unknown): readonly TensorHandle[] {
    const call = this.#call("split", this.split);
    return createSplit(call, this.id, parts).map((id) => new TensorHandle(this.builder, id));
  }

  /** Takes choices away from the compiler for the operator that made this tensor. */
  pin(pins: Pins): this {
    this.builder.pin(this.id, pins);
    return this;
  }
  /** Names the operator that made this tensor. */
  named(name: string): this {
    this.builder.rename(this.id, name);
    return this;
  }

  #pool(kind: PoolNode["kind"], caller: AnyFunction, size: unknown, options: unknown): TensorHandle {
    return this.#derive(kind, caller, (call) => createPool(call, kind, this.id, size, options));
  }

  #derive(operator: string, caller: AnyFunction, create: (call: Call) => number): TensorHandle {
    return new TensorHandle(this.builder, create(this.#call(operator, caller)));
  }

  #call(operator: string, caller: AnyFunction): Call {
    return { builder: this.builder, operator, captured: captureSource(caller) };
  }
}
