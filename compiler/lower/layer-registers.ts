import type { FieldValues } from "../../targets/accelerator/register.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";
import { layerControl2, maskRange, outputChannels, passMask } from "./kernel-registers.ts";
import { layerControl, nextLayer, oneDimensional, postProcessing } from "./mode-registers.ts";
import { columnCount, lineBuffer, poolCount, rowCount, strideFields } from "./pixel-registers.ts";
import {
  channelOffset,
  enables,
  maskOffset,
  readPointer,
  resetWritePointer,
  timeSlotOffset,
  writePointer,
} from "./pointer-registers.ts";
import type { RegisterWriter } from "./register-writer.ts";
import { inputFrameWords, inputVolume, streamingValues } from "./streaming.ts";

interface RegisterRule {
  readonly register: string;
  /** Fields of the register in one quadrant; null: not written for this layer. */
  readonly fields: (hw: HardwareLayer, quadrant: number, context: LoweringContext) => FieldValues | null;
  /** Fields the inserted reset layer gets in the same register. */
  readonly reset?: (fields: FieldValues, hw: HardwareLayer) => FieldValues;
}

const isConvolution = (hw: HardwareLayer): boolean => hw.operation !== "passthrough";

/**
 * All registers of a layer, in the order they are written. Rules whose register a device does not have are skipped.
 * The reset layer is a one-pixel passthrough of one processor, whose result the layer itself overwrites.
 */
const rules: readonly RegisterRule[] = [
  { register: "NXTLYR", fields: (hw, _, context) => nextLayer(hw, context) },
  { register: "RCNT", fields: (hw, _, context) => rowCount(hw, context), reset: () => ({ advance: 1 }) },
  { register: "CCNT", fields: (hw, _, context) => columnCount(hw, context), reset: () => ({ advance: 1 }) },
  { register: "PRCNT", fields: (hw, _, context) => poolCount(hw, 0, context) },
  { register: "PCCNT", fields: (hw, _, context) => poolCount(hw, 1, context) },
  { register: "STRIDE", fields: (hw, _, context) => strideFields(hw, context), reset: () => ({ step: 1 }) },
  { register: "WPTR_BASE", fields: writePointer, reset: resetWritePointer },
  { register: "WPTR_TOFFS", fields: (hw, _, context) => timeSlotOffset(hw, context), reset: (fields) => fields },
  { register: "WPTR_MOFFS", fields: (hw, _, context) => (isConvolution(hw) ? maskOffset(context) : null) },
  { register: "WPTR_CHOFFS", fields: (hw) => channelOffset(hw) },
  { register: "RPTR_BASE", fields: (hw) => readPointer(hw), reset: (fields) => fields },
  {
    register: "LCTL",
    fields: layerControl,
    reset: () => ({ master: true, poolMode: "max", globalWrite: true }),
  },
  { register: "LCTL2", fields: (hw) => layerControl2(hw) },
  { register: "MCNT", fields: (hw, _, context) => maskFields(hw, context) },
  { register: "MCNT1", fields: (hw, _, context) => (isConvolution(hw) ? { last: maskRange(hw, context).last } : null) },
  { register: "MCNT2", fields: (hw, _, context) => ({ first: maskFields(hw, context).first ?? passMask(hw) }) },
  { register: "OCHAN", fields: (hw) => outputChannels(hw) },
  { register: "ONED", fields: (hw, _, context) => oneDimensional(hw, context), reset: () => ({ kernelLength: 1 }) },
  { register: "TPTR", fields: (hw, _, context) => lineBuffer(hw, context) },
  { register: "POST", fields: postProcessing, reset: () => ({ timeSlots: true, passthrough: true }) },
  { register: "ENA", fields: enables, reset: () => ({ processors: 1 }) },
  { register: "STREAM1", fields: (hw, _, context) => streamStart(hw, context) },
  { register: "STREAM2", fields: (hw, _, context) => streamDeltas(hw, context) },
  {
    register: "FMAX",
    fields: (hw, _, context) =>
      context.fifo && hw.layer.streaming ? { words: streamingValues(hw, context).rollover } : null,
  },
  {
    register: "IFRM",
    fields: (hw, _, context) =>
      context.fifo && hw.index === context.start.index ? { words: inputFrameWords(hw) } : null,
  },
];

function maskFields(hw: HardwareLayer, context: LoweringContext): FieldValues {
  if (isConvolution(hw)) {
    const { first, last } = maskRange(hw, context);
    return { first, last };
  }
  return { last: hw.passesAsRows ? 0 : passMask(hw) };
}

function streamStart(hw: HardwareLayer, context: LoweringContext): FieldValues {
  const { start } = streamingValues(hw, context);
  const go = context.options.fifoGo && hw.index === context.start.index;
  return go ? { start, fifoGo: true } : { start };
}

function streamDeltas(hw: HardwareLayer, context: LoweringContext): FieldValues {
  const { delta1, delta2 } = streamingValues(hw, context);
  return { inputVolume: inputVolume(hw, context), delta1, delta2 };
}

const inRegisterOrder = ({ layers }: LoweringContext): HardwareLayer[] =>
  layers.toSorted((a, b) => a.hardwareIndex - b.hardwareIndex);

/** Writes the registers of every layer, repetition by repetition, quadrant by quadrant. */
export function writeLayerRegisters(writer: RegisterWriter, context: LoweringContext): void {
  for (let repetition = 0; repetition < context.options.repeatLayers; repetition++) {
    const firstHardwareLayer = repetition * context.hardwareLayerCount;
    for (const hw of inRegisterOrder(context)) {
      for (const quadrant of context.quadrants) writeLayer(writer, context, hw, quadrant, firstHardwareLayer);
    }
  }
}

function writeLayer(
  writer: RegisterWriter,
  context: LoweringContext,
  hw: HardwareLayer,
  quadrant: number,
  firstHardwareLayer: number,
): void {
  const layer = firstHardwareLayer + hw.hardwareIndex;
  const resetHere = hw.resetBefore && quadrant === context.master;
  for (const rule of rules) {
    const register = context.registers[rule.register];
    if (register === undefined) continue;
    if (register.scope === "stream" && layer >= streamSlots(context)) continue;
    const fields = rule.fields(hw, quadrant, context);
    if (fields === null) continue;
    if (resetHere && rule.reset !== undefined) {
      writer.write(rule.register, rule.reset(fields, hw), { quadrant, layer: layer - 1, origin: hw.layer });
    }
    const slot = register.scope === "quadrant" ? {} : { layer };
    writer.write(rule.register, fields, { quadrant, ...slot, origin: hw.layer });
  }
}

/** Stream registers exist for the first layers only; writes for later ones would reach other registers, or none. */
const streamSlots = ({ device }: LoweringContext): number => device.limits.streamingLayers;

/** Clears every register of the hardware layers that the network leaves unused. */
export function writeUnusedLayers(writer: RegisterWriter, context: LoweringContext): void {
  const used = context.options.repeatLayers * context.hardwareLayerCount;
  const registers = Object.values(context.registers).filter(
    (spec) => spec.scope === "layer" || spec.scope === "stream",
  );
  for (let layer = used; layer < context.device.limits.layers; layer++) {
    for (const quadrant of context.quadrants) {
      for (const register of registers) {
        if (register.scope === "stream" && layer >= streamSlots(context)) continue;
        writer.write(register.name, {}, { quadrant, layer, forced: true });
      }
    }
  }
}
