import { needsResetLayer } from "../ir/reset-layer.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Pair } from "../../dsl/model.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import { ceilDiv, passesOf, quadrantBits } from "../ir/geometry.ts";
import type { Layer } from "../ir/network.ts";
import { registerOrder } from "../ir/network-sequence.ts";
import type { BiasPlacement, LayerPlacement, Placement, WeightPlacement } from "../ir/placement.ts";
import { hardwareKernel } from "../passes/rewrite-kernels.ts";
import { isLocalSource, timeSlotsOf } from "./time-slots.ts";

/**
 * One layer as the registers describe it: after kernels were rewritten for the hardware, with pass counts,
 * programmed sizes and its place among the hardware layers. Sizes are in pixels, offsets in bytes.
 */
export interface HardwareLayer {
  readonly layer: Layer;
  readonly index: number;
  /** Register set this layer uses in the first repetition. */
  readonly hardwareIndex: number;
  /** An extra one-pixel layer stands before this one. */
  readonly resetBefore: boolean;
  readonly placement: LayerPlacement;
  readonly weights: WeightPlacement | null;
  readonly bias: BiasPlacement | null;
  readonly operation: LayerConvolution["kind"] | "passthrough";
  /** Processors that read the input; the first layer of a quad FIFO uses the same ones in all quadrants. */
  readonly processors: bigint;
  readonly outputProcessors: bigint;
  readonly inputPasses: number;
  readonly outputPasses: number;
  readonly operands: number;
  /** Input sizes as programmed, pooled sizes, and kernel as executed. */
  readonly size: Pair;
  readonly pooled: Pair;
  readonly kernel: Pair;
  readonly padding: Pair;
  readonly stride: number;
  readonly pool: Required<NonNullable<Layer["pool"]>>;
  readonly pooling: boolean;
  /** A dilated Conv1d that is executed as an image, one column per residue. */
  readonly runsAsImage: boolean;
  /** Bytes of garbage the layer writes below its output offset. */
  readonly outputIgnore: number;
  /** Line buffer words of one pass. */
  readonly tramLength: number;
  /** Passes - 1 of a flattened input; 0 otherwise. */
  readonly flattenPasses: number;
  /** Passes of an element-wise operation are presented as rows. */
  readonly passesAsRows: boolean;
  readonly depthwise: boolean;
  /** Depthwise layer whose results stay with their processors. */
  readonly broadcast: boolean;
  readonly tcalc: boolean;
  /** Time slots - 1. */
  readonly timeSlots: number;
  readonly localSource: boolean;
  readonly chw: boolean;
  /** Stored weight bits; 0 without stored weights. */
  readonly weightBits: number;
  readonly shift: number;
}

/** Describes all layers of a placed network, in execution order. `quadrants` are those in use. */
export function hardwareLayers(
  placement: Placement,
  device: DeviceSpec,
  quadrants: readonly number[],
): HardwareLayer[] {
  const layers: HardwareLayer[] = [];
  let hardwareIndex = 0;
  for (const index of registerOrder(placement.network)) {
    const layer = placement.network.layers[index] as Layer;
    const resetBefore = needsResetLayer(placement.network, layer, device);
    if (resetBefore) hardwareIndex++;
    layers[index] = hardwareLayer(placement, layer, device, quadrants, hardwareIndex++, resetBefore);
  }
  return layers;
}

/** The processors that read a layer's input; those of the first quadrant are copied for a quad FIFO. */
export function inputProcessors(placement: Placement, index: number): bigint {
  const mask = (placement.layers[index] as LayerPlacement).processors;
  if (placement.network.options.fifo !== "fast-quad" || index !== 0) return mask;
  return mask | (mask << 16n) | (mask << 32n) | (mask << 48n);
}

function hardwareLayer(
  placement: Placement,
  layer: Layer,
  device: DeviceSpec,
  quadrants: readonly number[],
  hardwareIndex: number,
  resetBefore: boolean,
): HardwareLayer {
  const { index, convolution, flatten, pooled } = layer;
  const place = placement.layers[index] as LayerPlacement;
  const processors = inputProcessors(placement, index);
  const inputPasses = passesOf(layer.input.channels, device);
  const outputPasses = passesOf(layer.output.channels, device);
  const operands = layer.eltwise?.operands ?? 1;
  const rewritten = hardwareKernel(placement.network, index, device);
  const operation = rewritten?.kind ?? "passthrough";
  const spread = convolution?.kind === "conv1d" && operation === "conv2d";
  const size = spread
    ? ([ceilDiv(layer.input.height, convolution.dilation), convolution.dilation] as const)
    : ([layer.input.height, layer.input.width] as const);
  const depthwise = convolution !== null && convolution.groups > 1;
  const broadcast = depthwise && place.processors === place.outputProcessors;
  const shape: LineShape = {
    operation,
    kernel: rewritten?.kernel ?? [1, 1],
    padding: rewritten?.padding ?? [0, 0],
    pooled: spread ? size : ([pooled.height, pooled.width] as const),
    stride: convolution?.stride ?? 1,
  };
  const wordsPerOutput = layer.outputBits / 8;
  return {
    layer,
    index,
    hardwareIndex,
    resetBefore,
    placement: place,
    weights: placement.weights.layers[index] ?? null,
    bias: placement.bias.layers[index] ?? null,
    processors,
    outputProcessors: place.outputProcessors,
    inputPasses,
    outputPasses,
    operands,
    size,
    ...shape,
    pool: layer.pool ?? { kind: "max", size: [1, 1], stride: [1, 1], dilation: [1, 1] },
    pooling: layer.pool !== null && Math.max(...layer.pool.size) > 1,
    runsAsImage: spread,
    outputIgnore: spread && convolution.kernel[0] === 3 ? 4 * wordsPerOutput * convolution.dilation * outputPasses : 0,
    tramLength: tramLength(shape, convolution?.outputPadding ?? 0),
    flattenPasses: flatten ? inputPasses * pooled.height * pooled.width - 1 : 0,
    passesAsRows: passesAsRows(operands, inputPasses, device),
    depthwise,
    broadcast,
    tcalc: layer.tcalc ?? (layer.readAhead && inputPasses > 1),
    timeSlots: timeSlotsOf(processors, quadrants, wordsPerOutput, operation === "passthrough", depthwise, broadcast),
    localSource: isLocalSource(place.outputProcessors, quadrants, operation === "passthrough"),
    chw: index === 0 && placement.network.input.format === "CHW",
    weightBits: rewritten?.weights?.bits ?? 0,
    shift: convolution?.shift ?? 0,
  };
}

type LineShape = Pick<HardwareLayer, "operation" | "kernel" | "padding" | "pooled" | "stride">;

/** Words of one padded row of pooled pixels that a kernel still needs. */
function tramLength(shape: LineShape, outputPadding: number): number {
  if (shape.operation === "passthrough") return 1;
  const width =
    shape.operation === "convTranspose2d" ? (shape.pooled[1] - 1) * shape.stride + 1 + outputPadding : shape.pooled[1];
  return Math.max(0, width + 2 * shape.padding[1] - shape.kernel[1]) + 1;
}

/** Element-wise operations with several passes, other than two operands in two passes, need a capability. */
const passesAsRows = (operands: number, passes: number, device: DeviceSpec): boolean =>
  operands > 1 && passes > 1 && operands * passes !== operands + passes && !device.capabilities.multiPassEltwise;

/** Quadrants that take part: those of any input, and of the last output. */
export function usedQuadrants(placement: Placement, device: DeviceSpec): number[] {
  let mask = placement.layers.at(-1)?.outputProcessors ?? 0n;
  for (let index = 0; index < placement.layers.length; index++) mask |= inputProcessors(placement, index);
  return Array.from({ length: device.quadrants }, (_, quadrant) => quadrant).filter(
    (quadrant) => quadrantBits(mask, quadrant) !== 0,
  );
}
