import { dataAddress, quadrantAddress } from "../../targets/accelerator/address.ts";
import { bitsOf } from "../ir/geometry.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import type { FieldValues } from "../../targets/accelerator/register.ts";
import { writeAlwaysOn } from "./control.ts";
import type { LoweringContext } from "./context.ts";
import type { HardwareLayer } from "./hardware-layer.ts";
import type { RegisterWriter } from "./register-writer.ts";

/** `cnn_init`: brings a powered accelerator into a known state, with its sequencer stopped. */

/** Memory timing after reset, plus negative voltage on writes. */
const memoryTiming: FieldValues = { readMarginEnable: true, readMargin: 3, negativeVoltage: true };

export function writeInit(writer: RegisterWriter, context: LoweringContext): void {
  const { device, options, quadrants } = context;
  const clocks: FieldValues = {
    clockEnable: true,
    waitStates: options.readySelect,
    ...(device.capabilities.pipeline ? { pipelineOff: !options.pipeline } : {}),
  };
  if (device.capabilities.registerClear) {
    for (const quadrant of quadrants) writer.write("CTL", clocks, { quadrant, label: "Enable clocks" });
  }
  writeAlwaysOn(writer, context, {});
  if (device.capabilities.registerClear) clearRegisters(writer, context);
  for (const quadrant of quadrants) {
    if (options.initTram) clearLineBuffers(writer, context, quadrant);
    const stopped = { ...clocks, fifo: context.fifo, express: options.mexpress };
    writer.write("CTL", stopped, { quadrant, label: "Stop sequencer" });
    if (!device.capabilities.registerClear) writer.write("SRAM", memoryTiming, { quadrant });
    writer.write("LCNT_MAX", layerRange(context), { quadrant });
  }
  if (options.zeroSram) testMemories(writer, context);
  else clearRollingBuffers(writer, context);
}

/** The first inference finds zeros. The memory tests leave them everywhere. */
function clearRollingBuffers(writer: RegisterWriter, { device, network, placement }: LoweringContext): void {
  for (const { index, name, recalls, sources, output } of network.layers) {
    if (!recalls) continue;
    const { outputProcessors, outputOffset, writeGap } = placement.layers[index] as LayerPlacement;
    const rows = sources.map((source) => (source === "input" ? 0 : (network.layers[source]?.output.height ?? 0)));
    const pixels = rows.reduce((sum, count) => sum + count, 0) * output.width;
    const perInstance = device.processorsPerDataInstance;
    const instances = new Set(bitsOf(outputProcessors).map((processor) => processor - (processor % perInstance)));
    for (const first of instances) {
      writer.push({
        kind: "block",
        address: dataAddress(device, first, outputOffset),
        words: new Uint32Array((pixels - 1) * (writeGap + 1) + 1),
        width: 4,
        step: 4,
        label: `Rolling buffer of ${name}, processors ${first} to ${first + perInstance - 1}`,
      });
    }
  }
}

/** First and last hardware layer to run. */
function layerRange({ hardwareLayerCount, layers, options, registers, start }: LoweringContext): FieldValues {
  const final = layers.at(-1) as HardwareLayer;
  const last = (options.repeatLayers - 1) * hardwareLayerCount + final.hardwareIndex;
  return registers.LCNT_MAX?.fields.first === undefined ? { last } : { last, first: start.hardwareIndex };
}

function clearRegisters(writer: RegisterWriter, context: LoweringContext): void {
  const clearBias = hasBias(context);
  const clear: FieldValues = { clearRegisters: true, select: 3, clearBias };
  for (const quadrant of context.quadrants) writer.write("SRAM", memoryTiming, { quadrant });
  for (const quadrant of context.quadrants) {
    writer.write("SRAM_TEST", clear, { quadrant, label: "Clear registers" });
  }
  for (const quadrant of context.quadrants)
    writer.poll("SRAM_TEST", { clearDone: true }, quadrant, "Wait until cleared");
  for (const quadrant of context.quadrants) resetTest(writer, quadrant);
}

const hasBias = (context: LoweringContext): boolean =>
  context.network.layers.some((layer) => layer.convolution?.bias != null);

const resetTest = (writer: RegisterWriter, quadrant: number): void =>
  writer.write("SRAM_TEST", {}, { quadrant, label: "End of test", forced: true });

function clearLineBuffers(writer: RegisterWriter, { device }: LoweringContext, quadrant: number): void {
  const base = quadrantAddress(device, quadrant) + device.memoryMap.tram;
  for (let processor = 0; processor < device.processorsPerQuadrant; processor++) {
    writer.push({
      kind: "block",
      address: base + processor * device.memoryMap.tramProcessorStride,
      words: new Uint32Array(device.tram.words),
      width: 4,
      step: 4,
      label: `Line buffer of processor ${quadrant * device.processorsPerQuadrant + processor}`,
    });
  }
}

interface MemoryTest {
  readonly label: string;
  /** Fields on devices that select tests by number, and on those with one bit each. */
  readonly selected: FieldValues;
  readonly plain: FieldValues;
}

/** In the order of the done and failed bits. */
const memoryTests: readonly MemoryTest[] = [
  { label: "Test data memory", selected: { runData: true, select: 2 }, plain: { runData: true } },
  { label: "Test weight memory", selected: { runMask: true, select: 4 }, plain: { runMask: true } },
  { label: "Test line buffers", selected: { runTram: true, select: 6 }, plain: { runTram: true } },
  { label: "Test bias memory", selected: { runBias: true, select: 3, clearBias: true }, plain: { runBias: true } },
];

/** The memory tests leave zeros behind. All quadrants are cleared, used or not. */
function testMemories(writer: RegisterWriter, { device, registers }: LoweringContext): void {
  const all = Array.from({ length: device.quadrants }, (_, quadrant) => quadrant);
  const fields = registers.SRAM_TEST?.fields ?? {};
  for (const [index, test] of memoryTests.entries()) {
    const run = fields.select === undefined ? test.plain : test.selected;
    const done = { done: 1 << index, ...(fields.allDone === undefined ? {} : { allDone: true }) };
    for (const quadrant of all) writer.write("SRAM_TEST", run, { quadrant, label: test.label });
    for (const quadrant of all) writer.poll("SRAM_TEST", done, quadrant, "Wait for test");
    for (const quadrant of all) writer.check("SRAM_TEST", { failed: 1 << index }, quadrant, "Stop on test error");
    for (const quadrant of all) resetTest(writer, quadrant);
  }
}
