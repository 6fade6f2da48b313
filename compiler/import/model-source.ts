import type { DeviceName } from "../../targets/accelerator/device.ts";
import type { NetworkOptions } from "../ir/network.ts";
import type { Shape } from "../../dsl/model.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { SourceValue } from "./model-source-sequence.ts";

/** A model as TypeScript that is about to be written: calls with their arguments as text, one entry per hardware layer. */
export interface ModelSource {
  readonly name: string;
  readonly device: DeviceName;
  readonly input: { readonly shape: readonly number[]; readonly format: "CHW" | "HWC" };
  readonly options: NetworkOptions;
  /** What the model says about execution and read-out, by name of the setting. */
  readonly order: Readonly<Record<string, SourceValue>>;
  readonly layers: readonly SourceLayer[];
}

export interface SourceLayer {
  /** Position in the network the source was made of. */
  readonly index: number;
  /** Name of the operator that stands for the layer, and of the constant that holds its result. */
  readonly name: string;
  readonly sources: readonly TensorSource[];
  /** First calls on each source; absent: none. */
  readonly select?: readonly (readonly SourceCall[])[];
  /** Calls on every source, then a function that joins the results, then calls on what that delivers. */
  readonly before: readonly SourceCall[];
  /** The only source is split into this many operands; 1: sources are operands. */
  readonly parts: number;
  readonly join: SourceJoin | null;
  readonly after: readonly SourceCall[];
  readonly isOutput: boolean;
  /** Rows, columns and channels of the result, for remarks where types do not show them. */
  readonly shape: Shape;
  /** What the layer takes away from the compiler, values as text; null: nothing. */
  readonly pins: Readonly<Record<string, string>> | null;
}

/** Functions of the model language that take several tensors. */
export type SourceJoin = "concat" | "concatRows" | "add" | "sub" | "bitwiseXor" | "bitwiseOr";

/** A method call on a tensor: `.method(argument, { option: value })`. */
export interface SourceCall {
  readonly method: string;
  readonly argument: string | null;
  readonly options: Readonly<Record<string, string>>;
}

/** Columns of a line of the written model. */
export const lineWidth = 120;

/** Calls that say something about the operator before them and add none. */
const remarks: readonly string[] = ["pin", "named"];

/** Operators that a layer's calls add to the graph. */
export function operatorsOf({ sources, select = [], before, parts, join, after }: SourceLayer): number {
  const added = (calls: readonly SourceCall[]) => calls.filter(({ method }) => !remarks.includes(method)).length;
  const selected = select.reduce((sum, calls) => sum + added(calls), 0);
  return selected + added(before) * sources.length + (parts > 1 ? parts : 0) + (join === null ? 0 : 1) + added(after);
}
