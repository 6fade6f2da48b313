import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Pair, PoolNode } from "../model.ts";
import {
  type Call,
  type CommonOptions,
  commonParameters,
  OptionReader,
  type Parameters,
  type Size,
} from "../options.ts";
import { oneColumn } from "../rules/read.ts";
import type { Facts, Rule, RuleTable } from "../rules/rule.ts";
import { poolOutputSize, whole } from "../sizes.ts";
import type { Difference, Product, Sum, Whole } from "../types/arithmetic.ts";
import type { CallOf, Option } from "../types/call.ts";
import type { AnyFacts } from "../types/evaluate.ts";
import type { PoolOutputSize } from "../types/sizes.ts";
import type { FactContext } from "./context.ts";
import { sizeText } from "./convolution.ts";
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

const strideParameter = { type: "size", doc: "Distance between windows; the window size by default." } as const;
const dilationParameter = { type: "size", doc: "Distance between the samples of one window; 1 by default." } as const;

const pool2dParameters = { stride: strideParameter, ...commonParameters } as const;
const pool1dParameters = { stride: { ...strideParameter, type: "number" }, ...commonParameters } as const;

export const poolParameters = {
  maxPool2d: { ...pool2dParameters, dilation: dilationParameter },
  avgPool2d: pool2dParameters,
  maxPool1d: { ...pool1dParameters, dilation: { ...dilationParameter, type: "number" } },
  avgPool1d: pool1dParameters,
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

const windowRange = {
  id: "POOL-01",
  code: "AI2030",
  value: "windowHeight",
  check: "between",
  limit: { device: ["limits", "poolSize"] },
  say: "pooling {window} is not available on {device}; use {limit} rows and columns",
  hint: "pool twice",
} as const satisfies Rule;

const strideRange = {
  id: "POOL-02",
  code: "AI2031",
  when: "ownStride",
  value: "strideHeight",
  check: "between",
  limit: { device: ["limits", "poolStride"] },
  say: "pooling stride {stride} is not available on {device}; use {limit}",
  hint: "pool twice",
} as const satisfies Rule;

const dilationRange = {
  id: "POOL-04",
  code: "AI2033",
  value: "dilationHeight",
  check: "between",
  limit: { device: ["limits", "poolDilation"] },
  say: "pooling dilation {dilation} is not available on {device}; use {limit}",
  hint: "leave the dilation out",
} as const satisfies Rule;

const reachRange = {
  id: "POOL-01",
  code: "AI2030",
  when: "dilated",
  value: "spanHeight",
  check: "between",
  limit: { device: ["limits", "poolSize"] },
  say: "pooling {window} with dilation {dilation} spans more than {device} can; use {limit} rows and columns",
  hint: "use a smaller window or less dilation",
} as const satisfies Rule;

const sameStride = {
  id: "POOL-03",
  code: "AI2032",
  when: "ownStride",
  value: "strideSame",
  check: "is",
  limit: true,
  say: "pooling steps by {stride}, but rows and columns must step alike",
  hint: "give one number as stride",
} as const satisfies Rule;

const windowFits = {
  id: "SHAPE-05",
  code: "AI1012",
  value: "fits",
  check: "is",
  limit: true,
  say: "pooling {window} leaves nothing of {data}",
  hint: "use a smaller window",
} as const satisfies Rule;

/** For maximum and average pooling alike. */
export const pool2dRules = {
  size: [
    windowRange,
    { ...windowRange, value: "windowWidth" },
    { ...sameStride, when: "defaultStride", hint: "give a stride of one number" },
    windowFits,
  ],
  stride: [strideRange, { ...strideRange, value: "strideWidth" }, sameStride],
  dilation: [
    dilationRange,
    { ...dilationRange, value: "dilationWidth" },
    reachRange,
    { ...reachRange, value: "spanWidth" },
  ],
} as const satisfies RuleTable;

export const pool1dRules = {
  size: [oneColumn, windowRange, windowFits],
  stride: [strideRange],
  dilation: [dilationRange, reachRange],
} as const satisfies RuleTable;

/** Facts of a pooling node, for `pool2dRules` and `pool1dRules`. */
export function poolFacts(node: PoolNode, context: FactContext): Facts {
  const { height, width } = context.input.shape;
  const { kernel, stride, dilation } = node;
  const text = node.kind.endsWith("1d") ? (size: Pair) => `${size[0]}` : sizeText;
  const output = (axis: 0 | 1, size: number) =>
    poolOutputSize(size, whole(kernel[axis]), whole(stride[axis]), whole(dilation[axis]));
  const span = (axis: 0 | 1) => whole(dilation[axis]) * Math.max(0, whole(kernel[axis]) - 1) + 1;
  const defaultStride = stride[0] === kernel[0] && stride[1] === kernel[1];
  return {
    data: `${height}x${width}`,
    width,
    window: text(kernel),
    windowHeight: kernel[0],
    windowWidth: kernel[1],
    stride: text(stride),
    strideHeight: stride[0],
    strideWidth: stride[1],
    strideSame: stride[0] === stride[1],
    defaultStride,
    ownStride: !defaultStride,
    dilation: text(dilation),
    dilated: dilation[0] !== 1 || dilation[1] !== 1,
    dilationHeight: dilation[0],
    dilationWidth: dilation[1],
    spanHeight: span(0),
    spanWidth: span(1),
    fits: output(0, height) !== 0 && output(1, width) !== 0,
  };
}

/** Twin of `poolFacts` for two dimensions. */
export interface Pool2dFacts<C extends CallOf, Spec extends DeviceSpec> extends PoolBase<C, Spec> {
  readonly window: PairText<C["argument"]>;
  readonly windowWidth: Columns<C["argument"]>;
  readonly stride: PairText<StrideOf<C>>;
  readonly strideWidth: Columns<StrideOf<C>>;
  readonly strideSame: SameNumber<Rows<StrideOf<C>>, Columns<StrideOf<C>>>;
  readonly dilation: PairText<DilationOf<C>>;
  readonly dilationWidth: Columns<DilationOf<C>>;
  readonly spanWidth: Span<Whole<Columns<C["argument"]>>, Whole<Columns<DilationOf<C>>>>;
  readonly fits: Pool2dSize<C, 1> extends 0 ? false : Pool2dSize<C, 2> extends 0 ? false : true;
}

/** Twin of `poolFacts` for one dimension. */
export interface Pool1dFacts<C extends CallOf, Spec extends DeviceSpec> extends PoolBase<C, Spec> {
  readonly window: `${C["argument"] & number}`;
  readonly stride: `${StrideOf<C> & number}`;
  readonly dilation: `${DilationOf<C> & number}`;
  readonly fits: Pool1dSize<C> extends 0 ? false : true;
}

interface PoolBase<C extends CallOf, Spec extends DeviceSpec> extends AnyFacts {
  readonly spec: Spec;
  readonly data: `${C["shape"][1]}x${C["shape"][2]}`;
  readonly width: C["shape"][2];
  readonly windowHeight: Rows<C["argument"]>;
  readonly strideHeight: Rows<StrideOf<C>>;
  readonly defaultStride: StrideOf<C> extends C["argument"] ? true : false;
  readonly ownStride: StrideOf<C> extends C["argument"] ? false : true;
  readonly dilated: [Rows<DilationOf<C>>, Columns<DilationOf<C>>] extends [1, 1] ? false : true;
  readonly dilationHeight: Rows<DilationOf<C>>;
  readonly spanHeight: Span<Whole<Rows<C["argument"]>>, Whole<Rows<DilationOf<C>>>>;
}

/** Rows (axis 1) or columns (axis 2) of the result. */
export type Pool2dSize<C extends CallOf, Axis extends 1 | 2> = Axis extends 1
  ? PoolOutputSize<C["shape"][1], Whole<Rows<C["argument"]>>, Whole<Rows<StrideOf<C>>>, Whole<Rows<DilationOf<C>>>>
  : PoolOutputSize<
      C["shape"][2],
      Whole<Columns<C["argument"]>>,
      Whole<Columns<StrideOf<C>>>,
      Whole<Columns<DilationOf<C>>>
    >;

/** Samples of the result. */
export type Pool1dSize<C extends CallOf> = PoolOutputSize<
  C["shape"][1],
  Whole<C["argument"]>,
  Whole<StrideOf<C>>,
  Whole<DilationOf<C>>
>;

type StrideOf<C extends CallOf> = Option<C["options"], "stride", C["argument"]>;
type DilationOf<C extends CallOf> = Option<C["options"], "dilation", 1>;
type Rows<K> = K extends readonly [infer R, unknown] ? R : K;
type Columns<K> = K extends readonly [unknown, infer R] ? R : K;
type PairText<K> = `${Rows<K> & number}x${Columns<K> & number}`;
type SameNumber<A, B> = number extends A | B ? boolean : A extends B ? true : false;
type Span<Window, Dilation> = Sum<Product<Dilation, Difference<Window, 1>>, 1>;
