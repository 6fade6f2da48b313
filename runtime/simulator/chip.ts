import type { DeviceSpec } from "../../targets/index.ts";
import type { InputFifos } from "./fifo.ts";
import type { BiasMemory, DataMemory, WeightMemory } from "./memory.ts";
import type { RegisterFile } from "./register-file.ts";

/** Everything a running accelerator can see. */
export interface Chip {
  readonly device: DeviceSpec;
  readonly registers: RegisterFile;
  readonly data: DataMemory;
  readonly weights: readonly WeightMemory[];
  readonly bias: readonly BiasMemory[];
  readonly fifos: InputFifos;
  readonly report: (problem: string) => void;
  /** Records why results may be unknown; a problem only if somebody looks at them. */
  readonly note: (cause: string) => void;
  /** Records why it is not known which layer runs next. */
  readonly undecided: (reason: string) => void;
  /** Called after each layer. */
  readonly onLayer: ((execution: LayerExecution) => void) | null;
}

/** One executed hardware layer. */
export interface LayerExecution {
  readonly layer: number;
  /** One line: processors, geometry, operator. */
  readonly description: string;
  /** Results in slot order (`values[slot * rows * columns + pixel]`), fillers of incomplete words included. */
  readonly outputs: number;
  readonly rows: number;
  readonly columns: number;
  readonly values: Int32Array | Int8Array;
  /** The results went to the next streaming layer instead of data memory. */
  readonly isStreamed: boolean;
  /** Bus addresses and contents of the data memory words written, ascending; read it before the next layer runs. */
  readonly written: readonly { readonly address: number; readonly word: number }[];
}

/** A line of the execution log. */
export interface LayerSummary {
  readonly layer: number;
  readonly description: string;
}
