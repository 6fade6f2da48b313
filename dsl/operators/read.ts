import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Shape } from "../model.ts";
import type { Facts } from "../rules/rule.ts";
import { channelPasses } from "../sizes.ts";
import type { HalfUp, Larger, Product, Quotient } from "../types/arithmetic.ts";
import type { Role, ShapeTuple } from "../types/call.ts";
import type { AnyFacts } from "../types/evaluate.ts";
import type { ChannelPasses } from "../types/sizes.ts";

/** Operators that read a flattened tensor. */
const readsFlat = ["linear", "dropout"] as const;
/** Operators that read the parts of a split tensor. */
const readsParts = ["add", "sub", "bitwiseXor", "bitwiseOr", "dropout"] as const;
/** Operators the accelerator runs in one go with the pooling before them, or that read it in parts. */
const poolsTogether = ["conv2d", "conv1d", "convTranspose2d", "linear", "split"] as const;

const isOneOf = (names: readonly string[], name: string): boolean => names.includes(name);

/** Facts about a tensor an operator reads, for `rules/read.ts`. */
export function readFacts(shape: Shape, role: Role, device: DeviceSpec, operator: string, streaming: boolean): Facts {
  const { channels, height, width } = shape;
  const passes = channelPasses(channels, device.processors);
  const fromChw = role === "CHW";
  const fromInput = fromChw || role === "HWC";
  const pixels = height * width;
  const pooledAlone = role === "pooled" && pixels !== 1 && !isOneOf(poolsTogether, operator);
  return {
    operator,
    channelsIn: channels,
    height,
    width,
    data: `${channels}x${height}x${width}`,
    flatUnread: role === "flat" && !isOneOf(readsFlat, operator),
    partUnread: role === "part" && !isOneOf(readsParts, operator),
    fromInput,
    fromChw,
    throughFifo: fromInput && streaming,
    stored: fromInput && !streaming,
    unbounded: fromInput || streaming,
    largestSide: Math.max(height, width),
    dataInstances: device.processors / device.processorsPerDataInstance,
    fifoChannels: device.quadrants * (fromChw ? 1 : device.processorsPerDataInstance),
    fifoFrame: fromChw ? Math.ceil(pixels / 4) : pixels,
    frameWords: pixels * passes,
    inputBytes: fromChw ? pixels : pixels * passes * 4,
    lonePoolPasses: pooledAlone ? passes : 0,
  };
}

/** Twin of `readFacts`. */
export interface ReadFacts<S extends ShapeTuple, R, Spec extends DeviceSpec, Operator, Streaming> extends AnyFacts {
  readonly spec: Spec;
  readonly operator: Operator;
  readonly channelsIn: S[0];
  readonly height: S[1];
  readonly width: S[2];
  readonly data: `${S[0]}x${S[1]}x${S[2]}`;
  readonly flatUnread: R extends "flat" ? (Operator extends (typeof readsFlat)[number] ? false : true) : false;
  readonly partUnread: R extends "part" ? (Operator extends (typeof readsParts)[number] ? false : true) : false;
  readonly fromInput: R extends "CHW" | "HWC" ? true : false;
  readonly fromChw: R extends "CHW" ? true : false;
  readonly throughFifo: R extends "CHW" | "HWC" ? Streaming : false;
  readonly stored: R extends "CHW" | "HWC" ? Not<Streaming> : false;
  readonly unbounded: R extends "CHW" | "HWC" ? true : Streaming;
  readonly largestSide: Larger<S[1], S[2]>;
  readonly dataInstances: Quotient<Spec["processors"], Spec["processorsPerDataInstance"]>;
  readonly fifoChannels: R extends "CHW"
    ? Spec["quadrants"]
    : Product<Spec["quadrants"], Spec["processorsPerDataInstance"]>;
  readonly fifoFrame: R extends "CHW" ? HalfUp<HalfUp<Product<S[1], S[2]>>> : Product<S[1], S[2]>;
  readonly frameWords: Product<Product<S[1], S[2]>, ChannelPasses<S[0], Spec["processors"]>>;
  readonly inputBytes: R extends "CHW"
    ? Product<S[1], S[2]>
    : Product<Product<Product<S[1], S[2]>, ChannelPasses<S[0], Spec["processors"]>>, 4>;
  readonly lonePoolPasses: R extends "pooled"
    ? [S[1], S[2]] extends [1, 1]
      ? 0
      : Operator extends (typeof poolsTogether)[number]
        ? 0
        : ChannelPasses<S[0], Spec["processors"]>
    : 0;
}

type Not<B> = boolean extends B ? boolean : B extends true ? false : true;
