import type { DeviceSpec } from "../../targets/index.ts";
import type { EltwisePlan, InputPlan, WindowPlan } from "./layer-plan.ts";
import type { LayerRegisters, RegisterFile } from "./register-file.ts";

/** What decoding a layer needs to know besides the layer's registers. */
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

/** Decodes how a layer reads, combines and pools its input. */
export function decodeInput(context: PlanContext, layer: number, own: LayerRegisters): InputPlan {
  const { registers, device } = context;
  const operands = own.get("ONED", "eltwise") ? own.get("ONED", "operands") + 1 : 1;
  const high = own.get("POST", "flatten") ? own.get("POST", "passesHigh") << 4 : 0;
  const channelPasses = (own.get("LCTL2", "passes") | high) + 1;
  const isChw = own.get("LCTL", "chw") === 1;
  const packed = operands * channelPasses;
  const window = decodeWindow(context, own, packed);
  const extent = own.has("RCNT", "last") ? windowExtent(own, window) : countedExtent(own, window);
  const step = Math.floor(own.get("STRIDE", "step") / window.stride);
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

export const isTransposed = (own: LayerRegisters): boolean => own.get("POST", "transposed") === 1;
const strideOf = (own: LayerRegisters): number => own.get("STRIDE", "stride") + 1;

/**
 * Transposed convolutions have no stride of windows in its field. It follows from the words between windows where a
 * device has them; else windows are assumed to lie side by side, which no register says.
 */
function transposedStride(own: LayerRegisters, wordsPerPixel: number): number {
  if (own.has("STRIDE", "step")) return Math.max(1, Math.floor(own.get("STRIDE", "step") / wordsPerPixel));
  return own.get("LCTL", "poolEnable") === 1 ? own.get("PRCNT", "count") + 1 : 1;
}

function decodeWindow({ registers, master }: PlanContext, own: LayerRegisters, wordsPerPixel: number): WindowPlan {
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
    stride: isTransposed(own) ? transposedStride(own, wordsPerPixel) : strideOf(own),
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
  const pooled = (last: number): number => Math.floor((Math.floor(last / window.stride) + 1) / zoom);
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
  const expected = (toRowEnd + (strideOf(own) - 1) * extent.columns) * wordsPerPixel;
  const advance = own.get("RCNT", "advance");
  if (advance === expected) return;
  context.report(`layer ${layer}: RCNT.advance is ${advance} words; the next row starts after ${expected}`);
}
