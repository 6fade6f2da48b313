import type { DeviceSpec } from "../../targets/index.ts";
import { decodeInput, isTransposed, type PlanContext } from "./decode-input.ts";
import type { ConvolutionPlan, InputPlan, LayerPlan, OutputPlan } from "./layer-plan.ts";
import { layerRegisters, type LayerRegisters } from "./register-file.ts";

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
  if (convolution !== null && !isBypass) checkMasksEnabled(context, layer);
  const output = decodeOutput(context, layer, own, input, convolution);
  return { layer, quadrants, master, processors, input, convolution, output };
}

const processorsIn = (device: DeviceSpec, quadrant: number, enabled: number): number[] =>
  Array.from({ length: device.processorsPerQuadrant }, (_, j) => j)
    .filter((j) => (enabled >>> j) & 1)
    .map((j) => quadrant * device.processorsPerQuadrant + j);

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
  // The parts of a bias behind a quad FIFO have no leading byte in the vendor's programs.
  const isStreamingBias =
    context.isFirst && context.isStreaming && device.capabilities.streamingBiasLeadingByte && !isQuad;
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

/** A processor without its weight memory would contribute nothing. */
function checkMasksEnabled({ registers, quadrants, report }: PlanContext, layer: number): void {
  for (const quadrant of quadrants) {
    if (registers.get("ENA", "masks", quadrant, layer) === registers.get("ENA", "processors", quadrant, layer))
      continue;
    report(`layer ${layer}: ENA enables different processors and weight memories in quadrant ${quadrant}`);
  }
}
