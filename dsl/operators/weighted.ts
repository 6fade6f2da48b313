import type { Activation, ModelNode, WeightBits, WeightedNode } from "../model.ts";
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
} as const satisfies Parameters;

type WeightedFields = Pick<
  WeightedNode,
  "activation" | "bias" | "wide" | "weightBits" | "binary" | "outputShift" | "weightsOf" | "streaming"
> & { readonly name: string | undefined };

/**
 * Reads the shared options. Values outside the limits are kept as they are: the rules judge the finished graph,
 * so that graphs from elsewhere are judged alike.
 */
export function readWeighted(reader: OptionReader): WeightedFields {
  return {
    name: reader.text("name"),
    activation: (reader.text("activation") ?? null) as Activation | null,
    bias: reader.boolean("bias", true),
    wide: reader.boolean("wide", false),
    weightBits: reader.number("weightBits", 8) as WeightBits,
    binary: reader.boolean("binary", false),
    outputShift: reader.number("outputShift", null),
    weightsOf: reader.text("weightsOf") ?? null,
    streaming: reader.boolean("streaming", false),
  };
}

/** After an error, sizes go on as at least one sample, so that later operators are judged on their own. */
export const usableSize = (size: number): number => (size >= 1 ? Math.floor(size) : 1);

export const inputNode = (call: Call, id: number): ModelNode => call.builder.node(id);
