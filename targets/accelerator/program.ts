import type { DeviceName } from "./device.ts";

/**
 * A compiled network as the chip sees it: ordered bus operations, memory images, and where results are.
 * Everything behind this type (C emission, simulator) works without knowing the model.
 */
export interface Program {
  readonly format: "ai8xc-program";
  readonly version: 1;
  readonly name: string;
  readonly device: DeviceName;
  readonly settings: ProgramSettings;
  /** Quadrants that are powered and configured, ascending; the first is the master. */
  readonly quadrants: readonly number[];
  /** One entry per network layer, for comments and reports. */
  readonly layers: readonly ProgramLayer[];
  /** Operations of each generated function, in order. */
  readonly phases: Readonly<Record<PhaseName, readonly BusOperation[]>>;
  /** Weight words by processor and column; encoded on the bus by `phases.loadWeights`. */
  readonly weights: readonly WeightChunk[];
  readonly bias: readonly BiasImage[];
  readonly input: ProgramInput;
  readonly outputs: readonly ProgramOutput[];
  /** What data memory must hold after the sample input was processed; null without sample. */
  readonly knownAnswer: readonly KnownAnswerBlock[] | null;
  readonly resources: ResourceUsage;
  /** Estimated cycles of one inference, start-up included; null where no model exists. */
  readonly cycles: number | null;
}

export type PhaseName = "init" | "loadWeights" | "loadBias" | "configure" | "loadInput" | "start";

/** Options of the program that change what the generated functions do, beyond their bus operations. */
export interface ProgramSettings {
  readonly fifo: "none" | "standard" | "fast" | "fast-quad";
  readonly streaming: boolean;
  readonly mexpress: boolean;
  readonly averagePoolRounding: boolean;
  readonly oneShot: boolean;
  /** Number of `cnn_continue` steps of a one-shot run. */
  readonly oneShotSteps: number;
  readonly pipeline: boolean;
  readonly pll: boolean;
  readonly zeroSram: boolean;
  /** Present where data memory keeps rows between inferences: the known answer is that of the first one. */
  readonly rolling?: true;
  /** Weight bits of the last layer, which scale its 32-bit result (softmax shift = 8 - bits). */
  readonly finalWeightBits: number;
}

/** One access to the bus. Addresses are absolute byte addresses. */
export type BusOperation =
  | RegisterWriteOperation
  | BlockWriteOperation
  /** Spin until (word at address & mask) equals value. */
  | {
      readonly kind: "poll";
      readonly address: number;
      readonly mask: number;
      readonly value: number;
      readonly label: string;
    }
  /** Return CNN_FAIL if any bit of mask is set at address. */
  | { readonly kind: "check"; readonly address: number; readonly mask: number; readonly label: string }
  | { readonly kind: "note"; readonly text: string };

export interface RegisterWriteOperation {
  readonly kind: "register";
  /** Name in the device's register table. */
  readonly register: string;
  readonly quadrant: number | null;
  /** Hardware layer or streaming slot. */
  readonly layer: number | null;
  readonly address: number;
  readonly value: number;
  /** Trailing comment of the generated line. */
  readonly label: string;
  /** Name of the operator this write came from. */
  readonly origin?: string;
}

/** A run of words (or one byte) written to memory or pushed into a FIFO. */
export interface BlockWriteOperation {
  readonly kind: "block";
  readonly address: number;
  readonly words: Uint32Array;
  /** Bytes per access. */
  readonly width: 1 | 4;
  /** Bytes from one access to the next; 0 pushes every word to the same address. */
  readonly step: number;
  readonly label: string;
}

/** Consecutive 72-bit weight words of one processor: 9 bytes per column, most significant first. */
export interface WeightChunk {
  readonly processor: number;
  readonly column: number;
  readonly bytes: Uint8Array;
}

export interface BiasImage {
  readonly quadrant: number;
  readonly bytes: Uint8Array;
}

export interface ProgramLayer {
  readonly index: number;
  readonly name: string;
  /** One line: shapes, pooling, operator, activation. */
  readonly description: string;
  readonly source?: { readonly file: string; readonly line: number };
  readonly operations: OperationCount;
  /** Estimated cycles, null where no model exists. */
  readonly cycles: number | null;
}

export interface OperationCount {
  readonly macc: number;
  readonly comp: number;
  readonly add: number;
  readonly mul: number;
  readonly bitwise: number;
}

/** One tensor in data memory, enough to find every element of it. */
export interface TensorLocation {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Processors that hold one pass of channels, lowest first. */
  readonly processors: readonly number[];
  /** Byte offset inside each data memory instance. */
  readonly offset: number;
  /** Output words are (writeGap + 1) words apart. */
  readonly writeGap: number;
  readonly bits: 8 | 32;
}

export interface ProgramInput {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly format: "CHW" | "HWC";
  /** Sample words: per memory instance (or processor, CHW) or per FIFO; empty without sample. */
  readonly arrays: readonly InputArray[];
}

export interface InputArray {
  /** Number in the name `SAMPLE_INPUT_n`: first processor, or FIFO number. */
  readonly index: number;
  /** Where `load_input()` copies it, or the FIFO data register. */
  readonly address: number;
  readonly words: Uint32Array;
  /** One line for the generated comment. */
  readonly comment: string;
}

/** What `cnn_unload()` delivers: a result, a part of one, or a piece of memory. */
export interface ProgramOutput {
  readonly name: string;
  /** null: a piece of memory, whatever layer wrote it. */
  readonly layer: number | null;
  readonly location: TensorLocation;
  /** log2 of the factor from the stored to the real output (QATv2 final scale); 0 when unused. */
  readonly finalScale: number;
}

export interface KnownAnswerBlock {
  readonly address: number;
  readonly mask: number;
  readonly words: Uint32Array;
}

export interface ResourceUsage {
  readonly weightBytes: number;
  readonly weightBytesTotal: number;
  readonly biasBytes: number;
  readonly biasBytesTotal: number;
  /** Highest byte used in any data memory instance, and the capacity of one. */
  readonly dataBytes: number;
  readonly dataBytesTotal: number;
}
