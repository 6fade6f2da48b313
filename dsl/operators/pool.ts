import type { Pair, PoolNode } from "../model.ts";
import {
  type Call,
  type CommonOptions,
  commonParameters,
  OptionReader,
  type Parameters,
  type Size,
} from "../options.ts";
import { poolOutputSize } from "../sizes.ts";
import { inputNode, usableSize } from "./weighted.ts";

/** Options of `avgPool2d`. */
export interface AvgPool2dOptions extends CommonOptions {
  /** Distance between windows. Default: the window size. */
  readonly stride?: Size;
}

/** Options of `maxPool2d`. */
export interface MaxPool2dOptions extends AvgPool2dOptions {
  /** Distance between the samples of one window. Default 1. */
  readonly dilation?: Size;
}

/** Options of `avgPool1d`. */
export interface AvgPool1dOptions extends CommonOptions {
  /** Distance between windows. Default: the window size. */
  readonly stride?: number;
}

/** Options of `maxPool1d`. */
export interface MaxPool1dOptions extends AvgPool1dOptions {
  /** Distance between the samples of one window. Default 1. */
  readonly dilation?: number;
}

const stride = { type: "size", doc: "Distance between windows; the window size by default." } as const;
const dilation = { type: "size", doc: "Distance between the samples of one window; 1 by default." } as const;

export const poolParameters = {
  maxPool2d: { stride, dilation, ...commonParameters },
  avgPool2d: { stride, ...commonParameters },
  maxPool1d: { stride: { ...stride, type: "number" }, dilation: { ...dilation, type: "number" }, ...commonParameters },
  avgPool1d: { stride: { ...stride, type: "number" }, ...commonParameters },
} as const satisfies Record<PoolNode["kind"], Parameters>;

/** Adds a pooling operator to the graph and returns its node id. */
export function createPool(
  call: Call,
  kind: PoolNode["kind"],
  input: number,
  window: unknown,
  options: unknown,
): number {
  const reader = new OptionReader(call, poolParameters[kind], options);
  const { shape } = inputNode(call, input);
  const read = kind.endsWith("1d") ? readAlongRows : readBoth;
  if (window === undefined) reader.missing("size");
  const kernel = window === undefined ? ([1, 1] as const) : read(reader, "size", window, [1, 1]);
  const step = (option: string, preset: Pair) => read(reader, option, undefined, preset);
  const fields = { kernel, stride: step("stride", kernel), dilation: step("dilation", [1, 1]) };
  const size = (axis: 0 | 1, length: number) =>
    usableSize(poolOutputSize(length, kernel[axis], fields.stride[axis], fields.dilation[axis]));
  const pooled = { channels: shape.channels, height: size(0, shape.height), width: size(1, shape.width) };
  return call.builder.add(
    { kind, name: reader.text("name"), inputs: [input], ...fields, shape: pooled },
    call.captured,
  );
}

/** `value` is a positional argument; otherwise the option of that name is read. */
function readBoth(reader: OptionReader, option: string, value: unknown, preset: Pair): Pair {
  return value === undefined ? reader.size(option, preset) : reader.toPair(option, value, preset);
}

/** One-dimensional data is one column wide: windows and steps across are 1. */
function readAlongRows(reader: OptionReader, option: string, value: unknown, preset: Pair): Pair {
  const rows = value === undefined ? reader.number(option, preset[0]) : reader.argument(option, value, preset[0]);
  return [rows, 1];
}
