import { invariant } from "../../dsl/diagnostic.ts";
import type { FieldValues } from "../../targets/accelerator/register.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";
import { maskRange } from "./kernel-registers.ts";
import { flattenModePasses, isPointwise } from "./pixel-registers.ts";
import { summedQuadrants } from "./pointer-registers.ts";

/** What a layer computes: activation, pooling mode, element-wise function, bias, shift, and where it goes next. */

export function layerControl(hw: HardwareLayer, quadrant: number, context: LoweringContext): FieldValues {
  const { layer } = hw;
  return {
    master: true,
    chw: hw.chw,
    poolEnable: hw.pooling,
    poolMode: hw.pool.kind,
    relu: layer.activation === "relu",
    globalWrite: !hw.localSource,
    sources: quadrant === context.master ? sourceBits(hw, context) : 0,
    wide: layer.outputBits === 32,
    ...(context.registers.LCTL?.fields.readAhead === undefined ? {} : extendedLayerControl(hw)),
  };
}

/** Quadrants whose partial sums the master adds, including the one that holds the bias. */
function sourceBits(hw: HardwareLayer, context: LoweringContext): number {
  if (hw.operation === "passthrough" || hw.depthwise) return 0;
  if (context.quadFifo && hw.index === context.start.index) return 0;
  let bits = 0;
  for (const quadrant of summedQuadrants(hw, context)) bits |= 1 << quadrant;
  const biasQuadrant = hw.bias?.quadrant;
  if (typeof biasQuadrant === "number" && biasQuadrant !== context.master) bits |= 1 << biasQuadrant;
  return bits;
}

const broadcastBit = 8;

/** The top bit of the shift count is the broadcast flag of depthwise layers. */
function extendedLayerControl(hw: HardwareLayer): FieldValues {
  const convolution = hw.operation === "passthrough" ? null : hw.kernel;
  const { readAhead } = hw.layer;
  const steps = hw.tcalc ? Math.floor((hw.inputPasses - 1) / 4) : hw.inputPasses - 1;
  return {
    readAhead,
    kernelColumns: convolution === null ? 0 : convolution[1] - 1,
    kernelRows: convolution === null ? 0 : convolution[0] - 1,
    shiftCount: (readAhead ? steps : 0) | (hw.broadcast ? broadcastBit : 0),
    bypass: hw.layer.convolution?.bypass ?? false,
  };
}

export function oneDimensional(hw: HardwareLayer, context: LoweringContext): FieldValues {
  const { eltwise } = hw.layer;
  const convolution = hw.operation !== "passthrough";
  const fields = {
    timeSlots: hw.timeSlots,
    startByte: convolution ? maskRange(hw, context).startByte : 0,
    kernelLength: kernelLength(hw),
    oneDimensional: hw.operation === "conv1d",
  };
  if (eltwise === null || eltwise.operands < 2) return fields;
  return {
    ...fields,
    eltwise: true,
    eltwiseFunction: eltwise.operation,
    poolFirst: hw.pooling && eltwise.poolFirst,
    eltwiseConvolve: convolution,
    operands: eltwise.operands - 1,
  };
}

function kernelLength(hw: HardwareLayer): number {
  if (hw.operation === "conv1d") return hw.kernel[0];
  if (hw.operation === "passthrough") return hw.operands === 1 ? 1 : 0;
  return hw.operation !== "convTranspose2d" && isPointwise(hw) ? 1 : 0;
}

const weightSizeNames: Readonly<Record<number, string>> = {
  0: "bits8",
  1: "bits1",
  2: "bits2",
  4: "bits4",
  8: "bits8",
};

export function postProcessing(hw: HardwareLayer, quadrant: number, context: LoweringContext): FieldValues {
  const passthrough = hw.operation === "passthrough";
  const flattenMode = hw.flattenPasses >= flattenModePasses;
  return {
    ...biasFields(hw, quadrant, context),
    shift: Math.abs(hw.shift),
    shiftRight: hw.shift < 0,
    passesHigh: flattenMode ? hw.flattenPasses >> 4 : 0,
    weightSize: weightSizeNames[hw.weightBits],
    timeSlots: passthrough || hw.depthwise,
    passthrough: passthrough && hw.operands === 1,
    abs: hw.layer.activation === "abs",
    flatten: flattenMode,
    transposed: hw.operation === "convTranspose2d",
    ...(context.registers.POST?.fields.depthwise === undefined
      ? {}
      : { calcx4: hw.layer.calcx4, depthwise: hw.depthwise, tcalc: hw.tcalc }),
  };
}

/** One quadrant adds the bias; in depthwise layers, and behind a quad FIFO, every quadrant adds its own. */
function biasFields(hw: HardwareLayer, quadrant: number, context: LoweringContext): FieldValues {
  const offset = hw.bias?.offsets[quadrant];
  if (offset === undefined || offset === null) return {};
  if (!hw.depthwise && hw.bias?.quadrant === quadrant) {
    return { biasEnable: true, biasAddress: hw.layer.calcx4 ? Math.floor(offset / 4) : offset };
  }
  if (!hw.depthwise && !(context.quadFifo && hw.index === context.start.index)) return {};
  return { biasEnable: true, biasAddress: hw.broadcast ? Math.floor(offset / 4) : offset };
}

/** Successor of a layer, where it is not simply the next one. A link is conditional when a snoop unit decides. */
export function nextLayer(hw: HardwareLayer, context: LoweringContext): FieldValues {
  const { layers, options, network, hardwareLayerCount } = context;
  const next = layers[hw.index + 1];
  if (next === undefined) return hw.hardwareIndex < hardwareLayerCount - 1 || options.linkLayer ? { stop: true } : {};
  const watched = network.sequence?.onSnoop.find(({ layer }) => layer === hw.index);
  const target = watched === undefined ? next : layers[watched.next];
  invariant(target, `layer ${hw.index} is linked to layer ${watched?.next}, which does not exist`);
  const follows = entryOf(target) === hw.hardwareIndex + 1;
  return follows && !options.linkLayer ? {} : { link: true, layer: entryOf(target) };
}

/** A hidden reset layer runs first. */
const entryOf = ({ hardwareIndex, resetBefore }: HardwareLayer): number => hardwareIndex - (resetBefore ? 1 : 0);
