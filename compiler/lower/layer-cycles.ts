import { layerCycles as modelCycles } from "../../runtime/reference/latency.ts";
import { ceilDiv, countBits, firstBit, lastBit } from "../ir/geometry.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";
import { flattenModePasses } from "./pixel-registers.ts";

/** Estimated cycles of a layer; null where the device has no model. */
export function layerCycles(hw: HardwareLayer, context: LoweringContext): number | null {
  if (!context.device.capabilities.latencyModel) return null;
  const passthrough = hw.operation === "passthrough";
  const [rows, columns] = hw.pooled;
  const stretch = hw.operation === "convTranspose2d" ? hw.stride : 1;
  return modelCycles({
    operands: hw.operands,
    poolFirst: hw.layer.eltwise?.poolFirst ?? true,
    pool: hw.pool.size,
    channelPasses: channelPasses(hw),
    pooled: [rows * stretch, columns * stretch],
    kernel: hw.kernel,
    padding: hw.padding,
    outputColumns: outputColumns(hw),
    outputSlots: passthrough ? 0 : outputSlots(hw, context),
    timeSlots: hw.timeSlots + 1,
    kernelOffset: hw.weights?.column ?? 0,
    flattenAdjustment: hw.flattenPasses >= flattenModePasses,
    passthrough,
    streaming: hw.layer.streaming,
  });
}

/** Pooling alone visits all but the first pass twice. */
const channelPasses = (hw: HardwareLayer): number =>
  hw.operation === "passthrough" && hw.pooling && hw.outputPasses > 1 ? 2 * hw.inputPasses - 1 : hw.inputPasses;

function outputColumns(hw: HardwareLayer): number {
  if (hw.layer.flatten) return hw.pooled[1];
  return hw.runsAsImage ? hw.size[1] : hw.layer.output.width;
}

/** Kernel slots a layer goes through for one output pixel, with those that alignment leaves empty. */
function outputSlots(hw: HardwareLayer, context: LoweringContext): number {
  const first = firstBit(hw.outputProcessors);
  const passes = hw.outputPasses;
  const ahead = (first % 4) * (passes > 1 ? 2 : 1);
  const slots = (1 + lastBit(hw.outputProcessors) - first + ahead) * passes;
  if (hw.layer.flatten) return slots - (passes * countBits(hw.outputProcessors) - hw.layer.output.channels);
  if (!context.quadFifo || hw.index !== context.start.index) return slots;
  return Math.floor(ceilDiv(slots * hw.inputPasses, context.device.quadrants) / hw.inputPasses);
}
