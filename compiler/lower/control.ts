import type { FieldValues } from "../../targets/accelerator/register.ts";
import { quadrantBits } from "../ir/geometry.ts";
import { hardwareKernel } from "../passes/rewrite-kernels.ts";
import type { LoweringContext } from "./context.ts";
import type { RegisterWriter } from "./register-writer.ts";

/** The registers that start a run and those around it: quadrant control, FIFO, always-on domain. */

/** Low nibble of each quadrant: the processors a FIFO can feed. */
const fifoProcessors = 0xf;

/** Processors of the first layer before they are copied for a quad FIFO. */
const startProcessors = (context: LoweringContext): bigint => context.start.placement.processors;

/** The fast FIFO delivers to four processors of the first quadrant, not to one of each quadrant. */
function feedsGroup(context: LoweringContext): boolean {
  const mask = startProcessors(context);
  return context.fastFifo && !(mask !== 1n && (mask & 0x0en) === 0n);
}

/** Whether the input FIFO fills data memory of a quadrant. */
const isFed = (context: LoweringContext, quadrant: number): boolean =>
  (quadrantBits(startProcessors(context), quadrant) & fifoProcessors) !== 0;

const fifoFields = (context: LoweringContext, quadrant: number): FieldValues => {
  if (!context.fifo) return {};
  const fed = isFed(context, quadrant);
  return { fifo: true, fastFifo: fed && context.fastFifo, fastFifoGroup: fed && feedsGroup(context) };
};

/** Fields of the control register that all quadrants share while the network runs. */
function runFields(context: LoweringContext): FieldValues {
  const { options, network, device } = context;
  const streaming = context.anyStreaming;
  return {
    clockEnable: true,
    waitStates: options.pipeline ? 0 : options.readySelect,
    streaming,
    averageRounding: network.options.averagePoolRounding,
    externalSync: context.fifo,
    circularBuffers: context.fifo && streaming,
    express: options.mexpress,
    simpleOneBit: options.simple1b,
    quadFifo: context.quadFifo,
    oneShot: options.oneShot,
    apbClockAlwaysOn: snoopValues(context) !== null,
    ...(options.externalReady ? { externalReady: true } : {}),
    ...(hasBinaryKernels(context) ? { binaryWeights: true } : {}),
    ...(device.capabilities.pipeline ? { pipelineOff: !options.pipeline } : {}),
    ...(device.capabilities.streamingFormulas === "window"
      ? { globalChw: context.start.layer.streaming && context.start.chw }
      : {}),
  };
}

/** Kernels of +1 and -1 that stayed so, although hardware adds zeros to some. */
const hasBinaryKernels = ({ network, device }: LoweringContext): boolean =>
  network.layers.some(
    ({ convolution, index }) => convolution?.weights?.binary && hardwareKernel(network, index, device)?.weights?.binary,
  );

/** Wakes the other quadrants first; the master starts them all. */
export function writeStart(writer: RegisterWriter, context: LoweringContext): void {
  const run = runFields(context);
  const { master } = context;
  for (const quadrant of context.quadrants) {
    const fields = { ...run, ...fifoFields(context, quadrant), externalSync: true, syncQuadrant: master };
    writer.write("CTL", { ...fields, start: quadrant !== master }, { quadrant, label: `Enable quadrant ${quadrant}` });
  }
  if (context.options.powerdown) writeAlwaysOn(writer, context, { powerDown: unusedQuadrants(context) });
  const fed = context.fifo && isFed(context, master) ? fifoFields(context, master) : {};
  writer.write("CTL", { ...run, ...fed, start: true }, { quadrant: master, label: `Master enable quadrant ${master}` });
}

/** One bit per quadrant that the network does not use. */
function unusedQuadrants(context: LoweringContext): number {
  let bits = 2 ** context.device.quadrants - 1;
  for (const quadrant of context.quadrants) bits &= ~(1 << quadrant);
  return bits;
}

/** Always-on control. At first it is written even when zero: the domain survives a reset of the accelerator. */
export function writeAlwaysOn(writer: RegisterWriter, context: LoweringContext, fields: FieldValues): void {
  const forced = fields.powerDown === undefined;
  writer.write("AON_CTL", { waitStates: context.options.readySelectAon, ...fields }, { forced });
}

/** Input FIFO set-up behind the layer registers. */
export function writeFifoSetup(writer: RegisterWriter, context: LoweringContext): void {
  if (!context.fifo) return;
  if (context.fastFifo) {
    writer.write("FAST_FIFO_IE", { enable: 0 });
    writer.write("FAST_FIFO_CR", { threshold: fastFifoThreshold });
    return;
  }
  writer.write("FIFO_CTL", {
    almostFull: almostThreshold,
    almostEmpty: almostThreshold,
    waitStates: context.options.readySelectFifo,
    ...(context.device.capabilities.fifoCoupling ? { couple: true } : {}),
    enable: enabledFifos(context),
  });
}

const almostThreshold = 2;
const fastFifoThreshold = 10;

/** One FIFO per quadrant; channel i of the input goes through FIFO i mod 4 where its first processor reads. */
function enabledFifos(context: LoweringContext): number {
  const { channels } = context.start.layer.input;
  let bits = 0;
  for (let fifo = 0; fifo < Math.min(channels, context.device.quadrants); fifo++) {
    if (quadrantBits(startProcessors(context), fifo) & 1) bits |= 1 << fifo;
  }
  return bits;
}

const snoopValues = ({ network }: LoweringContext): readonly number[] | null => network.sequence?.snoop ?? null;

/** Registers of the two snoop units, which watch the bus for a result. */
export function writeSnoop(writer: RegisterWriter, context: LoweringContext): void {
  const snoop = snoopValues(context);
  if (snoop === null) return;
  const units = Object.values(context.registers).filter((register) => register.name.startsWith("SNP"));
  for (const quadrant of context.quadrants) {
    for (const [index, register] of units.entries()) {
      writer.write(register.name, { value: (snoop[index] ?? 0) >>> 0 }, { quadrant });
    }
  }
}
