import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Activation, ModelNode, WeightBits, WeightedNode } from "../model.ts";
import type { Facts } from "../rules/rule.ts";
import { channelPasses, weightBytes, whole } from "../sizes.ts";
import type { AtMost, Difference, Negative, Product, Sum, Whole } from "../types/arithmetic.ts";
import type { CallOf, Option } from "../types/call.ts";
import type { AnyFacts } from "../types/evaluate.ts";
import type { ChannelPasses, UsableSize, WeightBytes } from "../types/sizes.ts";
import type { FactContext } from "./context.ts";
import { type Call, type CommonOptions, commonParameters, type OptionReader, type Parameters } from "../options.ts";

/** Options of all operators with weights. */
export interface WeightedOptions extends CommonOptions {
  /** Function applied to the result: "relu" or "abs". */
  readonly activation?: "relu" | "abs" | (string & {}) | null;
  /** Adds one learned value per output channel. Default true. */
  readonly bias?: boolean;
  /** Result of 32 instead of 8 bits; only useful for outputs. Default false. */
  readonly wide?: boolean;
  /** 1, 2, 4 or 8. Default 8. */
  readonly weightBits?: number;
  /** Weights of +1 and -1; needs weightBits 1. Default false. */
  readonly binary?: boolean;
  /** Binary left shift of the result. Default: from the weights file. */
  readonly outputShift?: number | null;
  /** Name of an earlier operator whose weights are used. */
  readonly weightsOf?: string;
  /** Start before the input is complete, keeping only some rows in memory. Default false. */
  readonly streaming?: boolean;
  /** Calculate four outputs at a time; needs a multiple of four output channels. Default false. */
  readonly calcx4?: boolean;
  /** Read the next data while calculating; input and output must lie in different memory blocks. Default false. */
  readonly readAhead?: boolean;
  /** With `readAhead`: read the channel passes four at a time. Default: whenever there are several passes. */
  readonly tcalc?: boolean;
  /** Sum the inputs under the kernel, without weights and bias. Default false. */
  readonly bypass?: boolean;
}

export const weightedParameters = {
  ...commonParameters,
  activation: { type: "text", doc: 'Function applied to the result, "relu" or "abs"; none by default.' },
  bias: { type: "boolean", doc: "Adds one learned value per output channel; on by default." },
  wide: { type: "boolean", doc: "32-bit result, for outputs; off by default." },
  weightBits: { type: "number", doc: "Bits per weight, 8 by default." },
  binary: { type: "boolean", doc: "Weights of +1 and -1 instead of 0 and -1, with one weight bit." },
  outputShift: { type: "number", doc: "Binary left shift of the result; from the weights file by default." },
  weightsOf: { type: "text", doc: "Name of an earlier operator whose weights are used." },
  streaming: { type: "boolean", doc: "Start before the input is complete; off by default." },
  calcx4: { type: "boolean", doc: "Calculate four outputs at a time; off by default." },
  readAhead: { type: "boolean", doc: "Read the next data while calculating; off by default." },
  tcalc: { type: "boolean", doc: "With readAhead, read passes four at a time; on by default with several passes." },
  bypass: { type: "boolean", doc: "Sum the inputs under the kernel, without weights and bias; off by default." },
} as const satisfies Parameters;

const speedOptions = ["calcx4", "readAhead", "tcalc"] as const;
type SpeedOption = (typeof speedOptions)[number];

type WeightedFields = Pick<
  WeightedNode,
  | "activation"
  | "bias"
  | "wide"
  | "weightBits"
  | "binary"
  | "outputShift"
  | "weightsOf"
  | "streaming"
  | SpeedOption
  | "bypass"
> & { readonly name: string | undefined };

/**
 * Reads the shared options. Values outside the limits are kept as they are: the rules judge the finished graph,
 * so that graphs from elsewhere are judged alike.
 */
export function readWeighted(reader: OptionReader): WeightedFields {
  const bypass = reader.boolean("bypass", false);
  return {
    name: reader.text("name"),
    activation: (reader.text("activation") ?? null) as Activation | null,
    bias: reader.boolean("bias", !bypass),
    wide: reader.boolean("wide", false),
    weightBits: reader.number("weightBits", 8) as WeightBits,
    binary: reader.boolean("binary", false),
    outputShift: reader.number("outputShift", null),
    weightsOf: reader.text("weightsOf") ?? null,
    streaming: reader.boolean("streaming", false),
    ...readSpeed(reader),
    ...(bypass ? { bypass } : {}),
  };
}

/** The speed-ups that were given. */
function readSpeed(reader: OptionReader): Pick<WeightedNode, SpeedOption> {
  const given = speedOptions.filter((option) => reader.has(option));
  return Object.fromEntries(given.map((option) => [option, reader.boolean(option, false)]));
}

/** After an error, sizes go on as at least one sample, so that later operators are judged on their own. */
export const usableSize = (size: number): number => (size >= 1 ? Math.floor(size) : 1);

export const inputNode = (call: Call, id: number): ModelNode => call.builder.node(id);

export interface WeightedAmounts {
  /** Number of weights. */
  readonly weights: number;
  /** Pixels written per channel. */
  readonly outputWords: number;
}

/** Facts about the result and the weights, for `rules/weighted.ts`. */
export function weightedFacts(node: WeightedNode, context: FactContext, amounts: WeightedAmounts): Facts {
  const { channels, height, width } = node.shape;
  const { device, weightsBefore } = context;
  const bypass = node.bypass ?? false;
  const ownWeights = node.weightsOf === null && !bypass ? weightBytes(amounts.weights, node.weightBits) : 0;
  const hiddenShift = 8 - node.weightBits;
  const range = device.limits.outputShift;
  return {
    channels,
    result: `${channels}x${height}x${width}`,
    weightBits: node.weightBits,
    weightsFitBefore: weightsBefore <= device.weightMemory.totalBytes,
    weightsReach: weightsBefore + ownWeights,
    activation: node.activation,
    activated: node.activation !== null,
    wide: node.wide,
    binary: node.binary,
    binaryAvailable: device.capabilities.binaryWeights,
    outputShift: node.outputShift,
    shifted: node.outputShift !== null,
    smallestShift: range.min - hiddenShift,
    largestShift: range.max - hiddenShift,
    calcx4: node.calcx4 ?? false,
    calcx4Available: device.capabilities.calcx4,
    readAhead: node.readAhead ?? false,
    readAheadAvailable: device.capabilities.readAhead,
    tcalcGiven: node.tcalc !== undefined,
    bypass,
    bypassAvailable: device.capabilities.bypass,
    takesWeights: node.bias || node.weightBits !== 8 || node.weightsOf !== null,
    outputStored: !node.streaming || !context.streamsOn,
    outputBytes: amounts.outputWords * channelPasses(whole(channels), device.processors) * (node.wide ? 16 : 4),
  };
}

/** Twin of `weightedFacts`; `Weights` and `OutputWords` as in `WeightedAmounts`, `Height` x `Width` the result, 0 where it does not exist. */
export interface WeightedFacts<
  C extends CallOf,
  Spec extends DeviceSpec,
  Weights,
  OutputWords,
  Height,
  Width,
> extends AnyFacts {
  readonly spec: Spec;
  readonly channels: C["argument"] & number;
  readonly result: `${C["argument"] & number}x${UsableSize<Height> & number}x${UsableSize<Width> & number}`;
  readonly weightBits: BitsOf<C>;
  readonly weightsFitBefore: AtMost<C["used"], Spec["weightMemory"]["totalBytes"]>;
  readonly weightsReach: WeightsReach<C, Weights>;
  readonly activation: ActivationOf<C["options"]>;
  readonly activated: IsActivated<ActivationOf<C["options"]>>;
  readonly wide: Option<C["options"], "wide", false>;
  readonly binary: Option<C["options"], "binary", false>;
  readonly binaryAvailable: Spec["capabilities"]["binaryWeights"];
  readonly outputShift: Option<C["options"], "outputShift", null>;
  readonly shifted: Option<C["options"], "outputShift", null> extends number ? true : false;
  readonly smallestShift: Negative<Sum<Negative<Spec["limits"]["outputShift"]["min"]>, HiddenShift<C>>>;
  readonly largestShift: Difference<Spec["limits"]["outputShift"]["max"], HiddenShift<C>>;
  readonly calcx4: Option<C["options"], "calcx4", false>;
  readonly calcx4Available: Spec["capabilities"]["calcx4"];
  readonly readAhead: Option<C["options"], "readAhead", false>;
  readonly readAheadAvailable: Spec["capabilities"]["readAhead"];
  readonly tcalcGiven: IsGiven<Option<C["options"], "tcalc", undefined>>;
  readonly bypass: BypassOf<C>;
  readonly bypassAvailable: Spec["capabilities"]["bypass"];
  readonly takesWeights: TakesWeights<C["options"], BypassOf<C>>;
  /** Whether all readers stream is not known here. */
  readonly outputStored: Option<C["options"], "streaming", false> extends false ? true : boolean;
  readonly outputBytes: Product<
    Product<OutputWords, ChannelPasses<Whole<C["argument"] & number>, Spec["processors"]>>,
    Option<C["options"], "wide", false> extends true ? 16 : 4
  >;
}

/** Weight bytes of the model up to and including this call. */
export type WeightsReach<C extends CallOf, Weights> = [BypassOf<C>] extends [true]
  ? C["used"]
  : [Option<C["options"], "weightsOf", null>] extends [null]
    ? Sum<C["used"], WeightBytes<Weights, BitsOf<C>>>
    : C["used"];

export type BypassOf<C extends CallOf> = Option<C["options"], "bypass", false>;

/** A bypass has no bias unless it is asked for. */
type TakesWeights<O, Bypass> = [
  Option<O, "bias", Bypass extends true ? false : true>,
  Option<O, "weightBits", 8>,
  Option<O, "weightsOf", null>,
] extends infer Given
  ? Given extends [false, 8, null]
    ? false
    : [false, 8, null] extends Given
      ? boolean
      : true
  : never;

/** What the result of an operator with weights is to the next one. */
export type WeightedRole<O> =
  Option<O, "wide", false> extends true ? "wide" : IsActivated<ActivationOf<O>> extends true ? "activated" : "conv";

type BitsOf<C extends CallOf> = Option<C["options"], "weightBits", 8>;
type HiddenShift<C extends CallOf> = Difference<8, BitsOf<C>>;
type ActivationOf<O> = Option<O, "activation", null>;
type IsActivated<A> = [A] extends [null | undefined] ? false : string extends A ? boolean : true;
type IsGiven<V> = [V] extends [undefined] ? false : undefined extends V ? boolean : true;
