import type { DeviceName } from "../../targets/accelerator/device.ts";
import type { FifoKind, Pins, Shape } from "../../dsl/model.ts";
import type { SourceLocation } from "../../dsl/diagnostic.ts";
import type { IntegerLayer } from "../../runtime/reference/layer.ts";
import type { NetworkSequence, UnloadItem } from "./network-sequence.ts";

/**
 * Hardware layers in execution order: what one register set of the accelerator does in flight,
 * with integer weights, before any memory is assigned.
 */
export interface Network {
  readonly name: string;
  readonly device: DeviceName;
  readonly input: NetworkInput;
  /** Execution order is array order; a layer reads only the input or earlier layers. */
  readonly layers: readonly Layer[];
  readonly options: NetworkOptions;
  /** Present where not all layers run one after the other, each from the next register set. */
  readonly sequence?: NetworkSequence;
  /** What `cnn_unload()` reads instead of the outputs; present only when asked for. */
  readonly unload?: readonly UnloadItem[];
}

export interface NetworkInput extends Shape {
  readonly format: "CHW" | "HWC";
}

/** Whole-network switches that change values or layer semantics. */
export interface NetworkOptions {
  readonly averagePoolRounding: boolean;
  readonly fifo: FifoKind;
}

export interface Layer extends IntegerLayer {
  /** Position in `Network.layers`. */
  readonly index: number;
  /** User operators that were fused into this layer. */
  readonly origins: readonly { readonly name: string; readonly source?: SourceLocation }[];
  /** Read out and part of the known answer. */
  readonly isOutput: boolean;
  readonly streaming: boolean;
  readonly calcx4: boolean;
  readonly readAhead: boolean;
  /** null: read-ahead and more than one pass. */
  readonly tcalc: boolean | null;
  readonly pins: Pins;
  /** log2 of the factor from the stored output to the real one. */
  readonly finalScale: number;
}
