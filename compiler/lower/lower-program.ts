import { biasAddress } from "../../targets/accelerator/address.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type {
  BlockWriteOperation,
  BusOperation,
  KnownAnswerBlock,
  OperationCount,
  PhaseName,
  Program,
  ProgramInput,
  ProgramLayer,
  ProgramOutput,
  ProgramSettings,
} from "../../targets/accelerator/program.ts";
import { hasErrors, type Diagnostic } from "../../dsl/diagnostic.ts";
import { STARTUP_CYCLES } from "../../runtime/reference/latency.ts";
import { countOperations } from "../../runtime/reference/operation-count.ts";
import type { IntegerLayer } from "../../runtime/reference/layer.ts";
import { simulatedLayers } from "../ir/network-sequence.ts";
import type { BiasMemory, Placement } from "../ir/placement.ts";
import type { ProgramOptions } from "../options.ts";
import { checkLayers } from "./check-layers.ts";
import { checkNetwork } from "./check-network.ts";
import { checkOptions } from "./check-options.ts";
import { loweringContext, type LoweringContext } from "./context.ts";
import { writeFifoSetup, writeSnoop, writeStart } from "./control.ts";
import { describeLayer } from "./describe-layer.ts";
import type { HardwareLayer } from "./hardware-layer.ts";
import { writeInit } from "./initialize.ts";
import { inputImage, type Sample } from "./input-image.ts";
import { knownAnswer } from "./known-answer.ts";
import { writeLayerRegisters, writeUnusedLayers } from "./layer-registers.ts";
import { layerCycles } from "./layer-cycles.ts";
import { programOutputs } from "./output-location.ts";
import { RegisterWriter } from "./register-writer.ts";
import { resourceUsage } from "./resources.ts";
import { unloadOutputs } from "./unload-location.ts";
import { weightOperations } from "./weight-image.ts";

/** What a program is built from besides the network: both null without a sample. */
export interface ProgramData {
  readonly sample: Sample | null;
  /** Result of every executed layer for the sample, by layer index, in the order channels, rows, columns. */
  readonly tensors: readonly (ArrayLike<number> | undefined)[] | null;
}

/** Turns a placed network into bus operations. Without program when the diagnostics hold errors. */
export function lowerProgram(
  placement: Placement,
  device: DeviceSpec,
  options: ProgramOptions,
  data: ProgramData,
): { readonly program?: Program; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics = checkProgram(placement, device, options);
  if (hasErrors(diagnostics)) return { diagnostics };
  const context = loweringContext(placement, device, options);
  const input = inputImage(data.sample, context, diagnostics);
  const phases = lowerPhases(context, input, diagnostics);
  const executed = simulatedLayers(placement.network);
  if (hasErrors(diagnostics)) return { diagnostics };
  const layers = programLayers(context, executed);
  const program: Program = {
    format: "ai8xc-program",
    version: 1,
    name: placement.network.name,
    device: device.name,
    settings: programSettings(context),
    quadrants: context.quadrants,
    layers,
    phases,
    weights: placement.weights.chunks,
    bias: biasImages(placement.bias),
    input,
    outputs: readOut(placement, device),
    knownAnswer: data.tensors === null ? null : answerOf(placement, device, data.tensors),
    resources: resourceUsage(context),
    cycles: totalCycles(layers),
  };
  return { program, diagnostics };
}

/** What data memory must hold after the sample; `tensors` as in `ProgramData`. */
export const answerOf = (
  placement: Placement,
  device: DeviceSpec,
  tensors: readonly (ArrayLike<number> | undefined)[],
): KnownAnswerBlock[] => knownAnswer(placement, device, tensors, simulatedLayers(placement.network));

/**
 * What stands in the way of a program, before anything is computed: options the device lacks, layers it cannot
 * execute, a network that does not fit. Lowering checks the same.
 */
export function checkProgram(placement: Placement, device: DeviceSpec, options: ProgramOptions): Diagnostic[] {
  const diagnostics = checkOptions(options, placement.network, device);
  if (hasErrors(diagnostics)) return diagnostics;
  const context = loweringContext(placement, device, options);
  return [...diagnostics, ...checkNetwork(context), ...checkLayers(context)];
}

function lowerPhases(
  context: LoweringContext,
  input: ProgramInput,
  diagnostics: Diagnostic[],
): Record<PhaseName, readonly BusOperation[]> {
  const written = (write: (writer: RegisterWriter, context: LoweringContext) => void): BusOperation[] => {
    const writer = new RegisterWriter(context, diagnostics);
    write(writer, context);
    return writer.operations;
  };
  const { device, options, placement } = context;
  return {
    init: written(writeInit),
    loadWeights: weightOperations(placement.weights.chunks, device, {
      express: options.mexpress,
      skipZeroColumns: options.zeroSram,
    }),
    loadBias: biasOperations(placement.bias, device),
    configure: written(writeConfiguration),
    loadInput: inputOperations(context, input),
    start: written(writeStart),
  };
}

function writeConfiguration(writer: RegisterWriter, context: LoweringContext): void {
  writeLayerRegisters(writer, context);
  if (context.options.zeroUnused) writeUnusedLayers(writer, context);
  writeSnoop(writer, context);
  writeFifoSetup(writer, context);
}

const biasImages = ({ images }: BiasMemory) =>
  images.map((bytes, quadrant) => ({ quadrant, bytes })).filter(({ bytes }) => bytes.length > 0);

/** One byte per 32-bit word. */
const biasOperations = (bias: BiasMemory, device: DeviceSpec): BusOperation[] =>
  biasImages(bias).map(({ quadrant, bytes }): BlockWriteOperation => ({
    kind: "block",
    address: biasAddress(device, quadrant, 0),
    words: Uint32Array.from(bytes),
    width: 4,
    step: 4,
    label: `Bias of quadrant ${quadrant}`,
  }));

/** Memory is filled from the start of each array; a FIFO takes all its words at one address. */
const inputOperations = (context: LoweringContext, input: ProgramInput): BusOperation[] =>
  input.arrays.map(({ address, words, comment }): BlockWriteOperation => ({
    kind: "block",
    address,
    words,
    width: 4,
    step: context.fifo ? 0 : 4,
    label: comment,
  }));

const fullWeightBits = 8;

function programSettings(context: LoweringContext): ProgramSettings {
  const { network, options } = context;
  return {
    fifo: network.options.fifo,
    streaming: context.anyStreaming,
    mexpress: options.mexpress,
    averagePoolRounding: network.options.averagePoolRounding,
    oneShot: options.oneShot,
    oneShotSteps: options.oneShot ? executedSets(context) - 1 : 0,
    pipeline: options.pipeline,
    pll: options.pll,
    zeroSram: options.zeroSram,
    ...(network.layers.some((layer) => layer.recalls) ? { rolling: true } : {}),
    finalWeightBits: network.layers.at(-1)?.convolution?.weights?.bits ?? fullWeightBits,
  };
}

/** Register sets that run one after the other: hidden layers count, unless a jump passes over them. */
function executedSets({ network, layers }: LoweringContext): number {
  const order = simulatedLayers(network).flatMap((index) => layers[index] ?? []);
  const hidden = order.filter(({ resetBefore, hardwareIndex }, at) => {
    const before = order[at - 1]?.hardwareIndex;
    return resetBefore && before === hardwareIndex - 2;
  });
  return order.length + hidden.length;
}

/** What `cnn_unload()` reads: the outputs, or what the network lists instead. */
const readOut = (placement: Placement, device: DeviceSpec): ProgramOutput[] =>
  placement.network.unload === undefined
    ? programOutputs(placement)
    : unloadOutputs(placement, placement.network.unload, device);

const noOperations: OperationCount = { macc: 0, comp: 0, add: 0, mul: 0, bitwise: 0 };

const programLayers = (context: LoweringContext, executed: readonly number[]): ProgramLayer[] =>
  context.layers.map((hw) => {
    const source = hw.layer.origins.find((origin) => origin.source !== undefined)?.source;
    return {
      index: hw.index,
      name: hw.layer.name,
      description: describeLayer(hw.layer),
      ...(source === undefined ? {} : { source: { file: fileName(source.file), line: source.line } }),
      operations: executed.includes(hw.index) ? countOperations(asExecuted(hw)) : noOperations,
      cycles: layerCycles(hw, context),
    };
  });

/** Without its folder, so that the same model gives the same project on every machine. */
const fileName = (path: string): string => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);

const totalCycles = (layers: readonly ProgramLayer[]): number | null =>
  layers.reduce<number | null>(
    (sum, { cycles }) => (sum === null || cycles === null ? null : sum + cycles),
    STARTUP_CYCLES,
  );

/** A kernel that was widened for streaming counts as executed; taps inserted by dilation do not count. */
function asExecuted({ layer, kernel }: HardwareLayer): IntegerLayer {
  const { convolution } = layer;
  if (convolution === null || convolution.kind === "conv1d") return layer;
  return { ...layer, convolution: { ...convolution, kernel } };
}
