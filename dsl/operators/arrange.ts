import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { ChannelsNode, CropNode, ReshapeNode, Shape, SplitNode } from "../model.ts";
import { type Call, commonParameters, OptionReader } from "../options.ts";
import { foldRules } from "../rules/arrange.ts";
import { firstBroken } from "../rules/evaluate.ts";
import type { Facts } from "../rules/rule.ts";
import type { Larger, Product, Quotient, Sum, Whole } from "../types/arithmetic.ts";
import type { CallOf, Option } from "../types/call.ts";
import type { AnyFacts } from "../types/evaluate.ts";
import type { FactContext } from "./context.ts";
import { inputNode, usableSize } from "./weighted.ts";

/**
 * Data folding: every square of `factor` x `factor` pixels of the network input becomes channels of one pixel.
 * Changes the input itself, so it comes before anything else.
 */
export function foldInput(call: Call, input: number, factor: unknown): number {
  const reader = new OptionReader(call, {}, undefined);
  const n = reader.argument("factor", factor, 1);
  const node = inputNode(call, input);
  if (node.kind !== "input" || call.builder.hasConsumers(input) || node.fold !== 1) {
    call.builder.report("AI1005", "fold works on the unused network input only", call.captured, "call it first");
    return input;
  }
  const broken = firstBroken(foldRules.factor, foldFacts(node.shape, n), null);
  if (broken !== undefined) {
    call.builder.report(broken.rule.code, broken.message, call.captured, broken.rule.hint);
    return input;
  }
  call.builder.foldInput(input, n, foldedShape(node.shape, n));
  return input;
}

const foldedShape = ({ channels, height, width }: Shape, factor: number): Shape => ({
  channels: channels * factor * factor,
  height: height / factor,
  width: width / factor,
});

/** Reads the same pixels of every channel with other row and column counts. */
export function createReshape(call: Call, input: number, height: unknown, width: unknown, options: unknown): number {
  const reader = new OptionReader(call, commonParameters, options);
  const { shape } = inputNode(call, input);
  const rows = reader.argument("height", height, shape.height);
  const columns = width === undefined ? 1 : reader.argument("width", width, shape.width);
  return call.builder.add(
    {
      kind: "reshape",
      name: reader.text("name"),
      inputs: [input],
      shape: { channels: shape.channels, height: usableSize(rows), width: usableSize(columns) },
    },
    call.captured,
  );
}

/** Drops rows (or samples) at the start and at the end. */
export function createCrop(call: Call, input: number, start: unknown, end: unknown, options: unknown): number {
  const reader = new OptionReader(call, commonParameters, options);
  const { shape } = inputNode(call, input);
  const rows = [reader.argument("start", start, 0), end === undefined ? 0 : reader.argument("end", end, 0)] as const;
  return call.builder.add(
    {
      kind: "crop",
      name: reader.text("name"),
      inputs: [input],
      rows,
      shape: { ...shape, height: usableSize(shape.height - rows[0] - rows[1]) },
    },
    call.captured,
  );
}

/** Reads `count` channels from channel `first` (0 ...) on. */
export function createChannels(call: Call, input: number, first: unknown, count: unknown, options: unknown): number {
  const reader = new OptionReader(call, commonParameters, options);
  const { shape } = inputNode(call, input);
  const start = reader.argument("first", first, 0);
  const channels = reader.argument("count", count, shape.channels);
  return call.builder.add(
    {
      kind: "channels",
      name: reader.text("name"),
      inputs: [input],
      first: start,
      count: channels,
      shape: { ...shape, channels: usableSize(channels) },
    },
    call.captured,
  );
}

/** Adds one node per group of channels; after an error about their number, a single one. */
export function createSplit(call: Call, input: number, parts: unknown): number[] {
  const reader = new OptionReader(call, {}, undefined);
  const { shape } = inputNode(call, input);
  const count = reader.argument("parts", parts, 1);
  const usable = Number.isInteger(count) && count >= 1 && count <= shape.channels ? count : 1;
  const channels = usableSize(shape.channels / usable);
  return Array.from({ length: usable }, (_, part) =>
    call.builder.add(
      { kind: "split", name: undefined, inputs: [input], part, parts: count, shape: { ...shape, channels } },
      call.captured,
    ),
  );
}

/** Facts for `foldRules`. */
export const foldFacts = ({ height, width }: Shape, factor: number): Facts => ({
  factor,
  data: `${height}x${width}`,
  divides: Number.isInteger(factor) && factor >= 1 && height % factor === 0 && width % factor === 0,
});

/** Twin of `foldFacts`. */
export interface FoldFacts<C extends CallOf, Spec extends DeviceSpec> extends AnyFacts {
  readonly spec: Spec;
  readonly factor: C["argument"];
  readonly data: `${C["shape"][1]}x${C["shape"][2]}`;
  readonly divides: Divides<C["argument"], C["shape"][1]> extends false ? false : Divides<C["argument"], C["shape"][2]>;
}
type Divides<A, B> = number extends A | B
  ? boolean
  : number extends Whole<A>
    ? false
    : A extends 0
      ? false
      : Product<Quotient<B, A>, A> extends B
        ? true
        : false;

/** Facts for `reshapeRules`. */
export function reshapeFacts(node: ReshapeNode, context: FactContext): Facts {
  const { shape } = context.input;
  const { height, width } = node.shape;
  return {
    data: `${shape.height}x${shape.width}`,
    result: `${height}x${width}`,
    pixels: shape.height * shape.width,
    pixelsAfter: height * width,
    largestSide: Math.max(height, width),
  };
}

/** Twin of `reshapeFacts`; the width is the option `width` of the call. */
export interface ReshapeFacts<C extends CallOf, Spec extends DeviceSpec> extends AnyFacts {
  readonly spec: Spec;
  readonly data: `${C["shape"][1]}x${C["shape"][2]}`;
  readonly result: `${C["argument"] & number}x${Option<C["options"], "width", 1> & number}`;
  readonly pixels: Product<C["shape"][1], C["shape"][2]>;
  readonly pixelsAfter: Product<Whole<C["argument"]>, Whole<Option<C["options"], "width", 1>>>;
  readonly largestSide: Larger<Whole<C["argument"]>, Whole<Option<C["options"], "width", 1>>>;
}

/** Facts for `cropRules`. */
export function cropFacts(node: CropNode, context: FactContext): Facts {
  return { height: context.input.shape.height, dropped: node.rows[0] + node.rows[1] };
}

/** Twin of `cropFacts`; the rows dropped at the end are the option `end` of the call. */
export interface CropFacts<C extends CallOf, Spec extends DeviceSpec> extends AnyFacts {
  readonly spec: Spec;
  readonly height: C["shape"][1];
  readonly dropped: Sum<Whole<C["argument"]>, Whole<Option<C["options"], "end", 0>>>;
}

/** Facts for `channelsRules`. */
export const channelsFacts = ({ first, count }: ChannelsNode, context: FactContext): Facts => ({
  first,
  count,
  reach: first + count,
  channelsIn: context.input.shape.channels,
});

/** Twin of `channelsFacts`; the number of channels is the option `count` of the call. */
export interface ChannelsFacts<C extends CallOf, Spec extends DeviceSpec> extends AnyFacts {
  readonly spec: Spec;
  readonly first: C["argument"];
  readonly count: Option<C["options"], "count", 1>;
  readonly reach: Sum<Whole<C["argument"]>, Whole<Option<C["options"], "count", 1>>>;
  readonly channelsIn: C["shape"][0];
}

/** Facts for `splitRules`. */
export const splitFacts = ({ parts }: SplitNode, context: FactContext): Facts => ({
  parts,
  channelsIn: context.input.shape.channels,
});

/** Twin of `splitFacts`. */
export interface SplitFacts<C extends CallOf, Spec extends DeviceSpec> extends AnyFacts {
  readonly spec: Spec;
  readonly parts: C["argument"];
  readonly channelsIn: C["shape"][0];
}
