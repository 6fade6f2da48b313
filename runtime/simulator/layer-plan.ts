import type { DeviceSpec } from "../../targets/index.ts";
import { layerRegisters, type LayerRegisters, type RegisterFile } from "./register-file.ts";

/** What one hardware layer does, as its registers say it. Words and pixels, no model. */
export interface LayerPlan {
  readonly layer: number;
  /** Quadrants that run, ascending. */
  readonly quadrants: readonly number[];
  readonly master: number;
  /** Enabled processors (0..63), ascending. */
  readonly processors: readonly number[];
  readonly input: InputPlan;
  readonly convolution: ConvolutionPlan | null;
  readonly output: OutputPlan;
}

export interface InputPlan {
  /** First word in each processor's data memory instance, by quadrant. */
  readonly readPointers: readonly number[];
  /** Four pixels of one channel per word instead of four channels of one pixel. */
  readonly isChw: boolean;
  readonly channelPasses: number;
  readonly operands: number;
  readonly eltwise: EltwisePlan | null;
  /** Words from one pass to the next, and from one pixel to the next. */
  readonly wordsPerPass: number;
  readonly wordsPerPixel: number;
  readonly columns: number;
  readonly window: WindowPlan;
  readonly pooledRows: number;
  readonly pooledColumns: number;
}

export interface EltwisePlan {
  readonly operation: "sub" | "add" | "or" | "xor";
  readonly poolFirst: boolean;
}

export interface WindowPlan {
  readonly kind: "max" | "average" | "subsample";
  readonly isRounding: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly rowDilation: number;
  readonly columnDilation: number;
  readonly stride: number;
}

export interface ConvolutionPlan {
  /** quad: every quadrant computes every fourth output from the same input. */
  readonly kind: "full" | "quad" | "depthwise-broadcast" | "depthwise-move";
  readonly isTransposed: boolean;
  readonly isBypass: boolean;
  readonly isCalcx4: boolean;
  readonly kernelRows: number;
  readonly kernelColumns: number;
  readonly rowPadding: number;
  readonly columnPadding: number;
  readonly weightBits: number;
  /** 1-bit weights are +1 and -1 instead of 0 and -1. */
  readonly isBinary: boolean;
  /** Weight range in eighths of a kernel, and the byte where the first word starts. */
  readonly firstMask: number;
  readonly lastMask: number;
  readonly startByte: number;
  /** Output channels, including those that only fill up a word. */
  readonly outputs: number;
  /** Quadrants whose sums and biases are added. */
  readonly sources: readonly number[];
  /** First bias entry by quadrant; null where none is added. */
  readonly bias: readonly (number | null)[];
}

export interface OutputPlan {
  readonly rows: number;
  readonly columns: number;
  readonly isWide: boolean;
  readonly shift: number;
  readonly activation: "relu" | "abs" | null;
  /** Flat word addresses by quadrant. */
  readonly writePointers: readonly number[];
  readonly timeSlotOffset: number;
  readonly maskOffset: number;
  readonly channelOffset: number;
  /** Words from one pixel (or pixel and pass) to the next, for 8-bit data. */
  readonly pixelStep: number;
  readonly channelsPerPass: number;
}

/** Output channels a layer writes, fillers of incomplete words included. */
export const outputCount = ({ convolution, input, processors }: LayerPlan): number =>
  convolution === null ? input.channelPasses * processors.length : convolution.outputs;

export interface PlanContext {
  readonly device: DeviceSpec;
  readonly registers: RegisterFile;
  readonly quadrants: readonly number[];
  readonly master: number;
  readonly isFirst: boolean;
  /** The layer takes its input while it arrives. */
  readonly isStreaming: boolean;
  readonly report: (problem: string) => void;
}

/** Decodes the registers of one hardware layer. */
export function decodeLayer(context: PlanContext, layer: number): LayerPlan {
  const { device, registers, quadrants, master } = context;
  const own = layerRegisters(registers, master, layer);
  const enabled = quadrants.map((quadrant) => registers.get("ENA", "processors", quadrant, layer));
  const processors = enabled.flatMap((bits, i) => processorsIn(device, quadrants[i] as number, bits));
  const weighted = quadrants.some((quadrant) => registers.get("ENA", "masks", quadrant, layer) !== 0);
  const isBypass = own.get("LCTL", "bypass") === 1;
  const input = decodeInput(context, layer, own);
  const convolution = weighted || isBypass ? decodeConvolution(context, layer, own, input, processors.length) : null;
  checkQuadrantsAgree(context, layer, processors);
  const output = decodeOutput(context, layer, own, input, convolution);
  return { layer, quadrants, master, processors, input, convolution, output };
}

const processorsIn = (device: DeviceSpec, quadrant: number, enabled: number): number[] =>
  Array.from({ length: device.processorsPerQuadrant }, (_, j) => j)
    .filter((j) => (enabled >>> j) & 1)
    .map((j) => quadrant * device.processorsPerQuadrant + j);

function decodeInput(context: PlanContext, layer: number, own: LayerRegisters): InputPlan {
  const { registers, device } = context;
  const operands = own.get("ONED", "eltwise") ? own.get("ONED", "operands") + 1 : 1;
  const high = own.get("POST", "flatten") ? own.get("POST", "passesHigh") << 4 : 0;
  const channelPasses = (own.get("LCTL2", "passes") | high) + 1;
  const isChw = own.get("LCTL", "chw") === 1;
  const window = decodeWindow(context, own);
  const extent = own.has("RCNT", "last") ? windowExtent(own, window) : countedExtent(own, window);
  const packed = operands * channelPasses;
  const step = Math.floor(own.get("STRIDE", "step") / windowStride(own));
  const spread = own.has("STRIDE", "step") && step >= packed ? Math.floor(step / packed) : 1;
  if (own.has("RCNT", "advance")) checkRowAdvance(context, layer, own, extent, step);
  return {
    readPointers: Array.from({ length: device.quadrants }, (_, q) => registers.get("RPTR_BASE", "word", q, layer)),
    isChw,
    channelPasses,
    operands,
    eltwise: operands > 1 ? decodeEltwise(own) : null,
    wordsPerPass: operands * spread,
    wordsPerPixel: packed * spread,
    window,
    ...extent,
  };
}

const eltwiseOperations = ["sub", "add", "or", "xor"] as const;

const decodeEltwise = (own: LayerRegisters): EltwisePlan => ({
  operation: eltwiseOperations[own.get("ONED", "eltwiseFunction")] as EltwisePlan["operation"],
  poolFirst: own.get("ONED", "poolFirst") === 1,
});

const isTransposed = (own: LayerRegisters): boolean => own.get("POST", "transposed") === 1;
const windowStride = (own: LayerRegisters): number => own.get("STRIDE", "stride") + 1;

function decodeWindow({ registers, master }: PlanContext, own: LayerRegisters): WindowPlan {
  const size = (register: string, dilation: number): number => own.get(register, "count") / dilation + 1;
  const rowDilation = own.get("PRCNT", "dilation") + 1;
  const columnDilation = own.get("PCCNT", "dilation") + 1;
  const isPooling = own.get("LCTL", "poolEnable") === 1;
  const isMax = own.get("LCTL", "poolMode") === 1;
  return {
    kind: isPooling ? (isMax ? "max" : "average") : "subsample",
    // The 1-D engine of the vendor's simulator always truncates.
    isRounding: registers.get("CTL", "averageRounding", master) === 1 && own.get("ONED", "oneDimensional") === 0,
    rows: size("PRCNT", rowDilation),
    columns: size("PCCNT", columnDilation),
    rowDilation,
    columnDilation,
    stride: windowStride(own),
  };
}

interface InputExtent {
  readonly columns: number;
  readonly pooledRows: number;
  readonly pooledColumns: number;
}

/** Row and column counters that count everything, padding included. */
function countedExtent(own: LayerRegisters, window: WindowPlan): InputExtent {
  const zoom = isTransposed(own) ? 2 : 1;
  const size = (register: string): number => (own.get(register, "count") + 1 - 2 * own.get(register, "pad")) / zoom;
  const rows = size("RCNT");
  const columns = size("CCNT");
  const pooled = (length: number, extent: number): number => Math.floor((length - extent) / window.stride) + 1;
  return { columns, pooledRows: pooled(rows, window.rows), pooledColumns: pooled(columns, window.columns) };
}

/** Row and column registers that hold the start of the last window. */
function windowExtent(own: LayerRegisters, window: WindowPlan): InputExtent {
  const zoom = isTransposed(own) ? 2 : 1;
  const lastRow = own.get("RCNT", "last");
  const lastColumn = own.get("CCNT", "last");
  const pooled = (last: number): number => (Math.floor(last / window.stride) + 1) / zoom;
  return {
    columns: (lastColumn + own.get("CCNT", "advance")) / zoom,
    pooledRows: pooled(lastRow),
    pooledColumns: pooled(lastColumn),
  };
}

function checkRowAdvance(
  context: PlanContext,
  layer: number,
  own: LayerRegisters,
  extent: InputExtent,
  wordsPerPixel: number,
): void {
  if (extent.pooledRows < 2 || isTransposed(own)) return;
  const toRowEnd = extent.columns - own.get("CCNT", "last");
  const expected = (toRowEnd + (windowStride(own) - 1) * extent.columns) * wordsPerPixel;
  const advance = own.get("RCNT", "advance");
  if (advance === expected) return;
  context.report(`layer ${layer}: RCNT.advance is ${advance} words; the next row starts after ${expected}`);
}

function decodeConvolution(
  context: PlanContext,
  layer: number,
  own: LayerRegisters,
  input: InputPlan,
  processors: number,
): ConvolutionPlan {
  const { registers, device, quadrants, master } = context;
  const isDepthwise = own.get("POST", "depthwise") === 1;
  const isQuad = registers.get("CTL", "quadFifo", master) === 1 && context.isFirst;
  const isCalcx4 = own.get("POST", "calcx4") === 1;
  const sources = own.get("LCTL", "sources");
  const isStreamingBias = context.isFirst && context.isStreaming && device.capabilities.streamingBiasLeadingByte;
  const isBroadcast = isDepthwise && registers.get("LCTL", "shiftCount", master, layer) >= broadcastBit;
  const kind = isDepthwise ? (isBroadcast ? "depthwise-broadcast" : "depthwise-move") : isQuad ? "quad" : "full";
  const biasScale = isCalcx4 || kind === "depthwise-broadcast" ? 4 : 1;
  const biasAddress = (quadrant: number): number | null =>
    registers.get("POST", "biasEnable", quadrant, layer) === 0
      ? null
      : registers.get("POST", "biasAddress", quadrant, layer) * biasScale + (isStreamingBias ? 1 : 0);
  const masks = decodeMasks(own);
  const bits = weightBitsOf(own);
  return {
    kind,
    isTransposed: isTransposed(own),
    isBypass: own.get("LCTL", "bypass") === 1,
    isCalcx4,
    ...kernelSize(own),
    rowPadding: padding(own, "RCNT"),
    columnPadding: padding(own, "CCNT"),
    weightBits: bits,
    isBinary: bits === 1 && registers.get("CTL", "binaryWeights", master) === 1,
    ...masks,
    startByte: own.get("ONED", "startByte"),
    outputs: isDepthwise
      ? input.channelPasses * processors
      : convolutionOutputs(context, layer, own, kind, input.channelPasses),
    sources: quadrants.filter((quadrant) => quadrant === master || (sources >>> quadrant) & 1),
    bias: Array.from({ length: device.quadrants }, (_, quadrant) => biasAddress(quadrant)),
  };
}

/** Top bit of the shift count field, which means broadcast in depthwise layers. */
const broadcastBit = 8;

const decodeMasks = (own: LayerRegisters): { firstMask: number; lastMask: number } =>
  own.has("MCNT1", "last")
    ? { firstMask: own.get("MCNT2", "first"), lastMask: own.get("MCNT1", "last") }
    : { firstMask: own.get("MCNT", "first"), lastMask: own.get("MCNT", "last") };

const weightSizes = [8, 1, 2, 4] as const;
const weightBitsOf = (own: LayerRegisters): number => weightSizes[own.get("POST", "weightSize")] as number;

const padding = (own: LayerRegisters, register: "RCNT" | "CCNT"): number => {
  if (!own.has(register, "padEnable")) return own.get(register, "pad");
  return own.get(register, "padEnable") ? own.get(register, "pad") + 1 : 0;
};

function kernelSize(own: LayerRegisters): { kernelRows: number; kernelColumns: number } {
  if (own.has("LCTL", "kernelRows")) {
    return { kernelRows: own.get("LCTL", "kernelRows") + 1, kernelColumns: own.get("LCTL", "kernelColumns") + 1 };
  }
  const length = own.get("ONED", "kernelLength");
  if (own.get("ONED", "oneDimensional")) return { kernelRows: length, kernelColumns: 1 };
  return length === 1 ? { kernelRows: 1, kernelColumns: 1 } : { kernelRows: 3, kernelColumns: 3 };
}

function convolutionOutputs(
  context: PlanContext,
  layer: number,
  own: LayerRegisters,
  kind: ConvolutionPlan["kind"],
  channelPasses: number,
): number {
  if (own.get("LCTL", "bypass")) return own.get("OCHAN", "last") + 1;
  if (own.get("POST", "calcx4")) return Math.floor((4 * (own.get("OCHAN", "last") + 1)) / channelPasses);
  const { firstMask, lastMask } = decodeMasks(own);
  const kernels = (lastMask - firstMask) / weightBitsOf(own) + 1;
  const outputs = Math.floor(kernels / channelPasses);
  if (!Number.isInteger(kernels) || outputs * channelPasses !== kernels || outputs < 1) {
    context.report(`layer ${layer}: ${kernels} kernels do not divide into ${channelPasses} input passes`);
  }
  return Math.max(0, kind === "quad" ? outputs * context.quadrants.length : outputs);
}

function decodeOutput(
  { registers, device }: PlanContext,
  layer: number,
  own: LayerRegisters,
  input: InputPlan,
  convolution: ConvolutionPlan | null,
): OutputPlan {
  const magnitude = own.get("POST", "shift");
  const bits = own.get("LCTL", "bypass") ? 8 : weightBitsOf(own);
  const pointer = (quadrant: number): number =>
    registers.get("WPTR_BASE", "instance", quadrant, layer) * 2 ** device.dataMemory.writePointerShift +
    registers.get("WPTR_BASE", "word", quadrant, layer);
  const activation = own.get("POST", "abs") ? "abs" : own.get("LCTL", "relu") ? "relu" : null;
  return {
    ...outputSize(input, convolution),
    isWide: own.get("LCTL", "wide") === 1,
    shift: own.get("POST", "shiftRight") ? -magnitude : magnitude,
    activation,
    writePointers: Array.from({ length: device.quadrants }, (_, quadrant) => pointer(quadrant)),
    timeSlotOffset: own.get("WPTR_TOFFS", "words"),
    maskOffset: own.get("WPTR_MOFFS", "words"),
    channelOffset: own.get("WPTR_CHOFFS", "words"),
    pixelStep: own.get("LCTL2", "writeIncrement") + 1,
    channelsPerPass: own.get("LCTL2", "channels") / bits + 1,
  };
}

function outputSize(input: InputPlan, convolution: ConvolutionPlan | null): { rows: number; columns: number } {
  if (convolution === null) return { rows: input.pooledRows, columns: input.pooledColumns };
  const zoom = convolution.isTransposed ? 2 : 1;
  return {
    rows: input.pooledRows * zoom + 2 * convolution.rowPadding - convolution.kernelRows + 1,
    columns: input.pooledColumns * zoom + 2 * convolution.columnPadding - convolution.kernelColumns + 1,
  };
}

const sharedRegisters = ["RCNT", "CCNT", "PRCNT", "PCCNT", "STRIDE", "LCTL2", "ONED", "MCNT", "MCNT1", "MCNT2"];

/** Quadrants that process a layer together must see the same geometry. */
function checkQuadrantsAgree(
  { registers, device, master, report }: PlanContext,
  layer: number,
  processors: readonly number[],
): void {
  const active = new Set(processors.map((processor) => Math.floor(processor / device.processorsPerQuadrant)));
  for (const quadrant of active) {
    for (const register of sharedRegisters) {
      if (registers.word(register, quadrant, layer) === registers.word(register, master, layer)) continue;
      report(`layer ${layer}: ${register} of quadrant ${quadrant} differs from the one of quadrant ${master}`);
    }
  }
}
