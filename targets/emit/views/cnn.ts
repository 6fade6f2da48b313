import { registerAddress } from "../../accelerator/address.ts";
import type { BusOperation } from "../../accelerator/program.ts";
import { encodeRegister, type RegisterSpec } from "../../accelerator/register.ts";
import { printOperations, type PrintContext } from "../print/operations.ts";
import { layerLabel, summaryLines } from "../print/summary.ts";
import { transposerView } from "../print/transposer.ts";
import { unloadHelpers, unloadLines } from "../print/unload.ts";
import { commentLines, hex } from "../print/values.ts";
import { biasTransfers } from "../print/weights.ts";
import { render } from "../render.ts";
import { verifyWeights } from "../templates/verify-weights.c.ts";
import { commonView, type Emission } from "./common.ts";

/** Control register bits that the interrupt handler clears. */
function acknowledgeMask({ program, registers }: Emission): number {
  const { oneShot, oneShotSteps, streaming } = program.settings;
  if (oneShot && oneShotSteps > 0) return encodeRegister(control(registers), { interrupt: true });
  return encodeRegister(control(registers), { interrupt: true, start: true, streaming });
}

const control = (registers: Readonly<Record<string, RegisterSpec>>): RegisterSpec => registers["CTL"] as RegisterSpec;

/** What the frame of cnn.c asks for. */
export function cnnView(emission: Emission): object {
  const { program, device, registers, options } = emission;
  const context: PrintContext = { program, device, registers };
  const init = printOperations(program.phases.init, context, "init_data");
  const configuring = { ...context, verifyWrites: options.verifyWrites };
  const configure = printOperations(program.phases.configure, configuring, "configure_data");
  const [before, last] = splitLaunch(program.phases.start);
  const prepare = printOperations(before, context, "start_data");
  const launch = printOperations(last, context, "launch_data");
  const controlAddress = (quadrant: number): string => hex(registerAddress(device, control(registers), quadrant, 0));
  const powered = program.quadrants.reduce((mask, quadrant) => mask + 2 ** quadrant, 0);
  const all = 2 ** device.quadrants - 1;
  const express = program.settings.mexpress;
  const windowMask = hex(device.memoryMap.weightProcessorStride - 1);
  return {
    ...commonView(emission),
    layers: program.layers.flatMap((layer) =>
      commentLines(`${layerLabel(layer)}: ${layer.description}`).map((line) => line.slice(3)),
    ),
    verifyWeights: options.verifyWeights ? render(verifyWeights, { express, windowMask }).trimEnd() : null,
    quadrants: program.quadrants.map((quadrant) => ({ control: controlAddress(quadrant) })),
    acknowledgeMask: hex(acknowledgeMask(emission)),
    masterControl: controlAddress(program.quadrants[0] ?? 0),
    startBit: hex(encodeRegister(control(registers), { start: true })),
    express,
    biases: biasTransfers(program, device).map(({ quadrant, address }) => ({ quadrant, address: hex(address) })),
    initTables: init.tables,
    init: init.lines,
    configureTables: configure.tables,
    configure: configure.lines,
    startTables: [...prepare.tables, ...launch.tables],
    prepare: prepare.lines,
    launch: launch.lines,
    unload: options.unload ? unloadView(emission) : null,
    allQuadrants: hex(all, 1),
    usedQuadrants: hex(powered, 1),
    unusedQuadrants: hex(all - powered, 1),
    switchDelayUs: options.switchDelay * 1000,
    pllDevice: device.capabilities.pll,
  };
}

function unloadView({ device, registers, options, layouts }: Emission) {
  const transposer = options.mlator ? { device, registers } : null;
  const helpers = unloadHelpers(layouts, transposer);
  return {
    lines: unloadLines(layouts, transposer),
    helpers,
    transposer: helpers.transposed ? transposerView({ device, registers }) : null,
    unrollMlator: options.unrollMlator,
    unrollNarrow: options.unrollNarrow,
    unrollWide: options.unrollWide,
  };
}

/** The master's start is the last operation; the timer starts before it. */
function splitLaunch(start: readonly BusOperation[]): [BusOperation[], BusOperation[]] {
  const last = start.findLastIndex(({ kind }) => kind === "register");
  return last === -1 ? [[...start], []] : [start.slice(0, last), start.slice(last)];
}

/** What the frame of cnn.h asks for. */
export function headerView(emission: Emission): object {
  const { program, options } = emission;
  return {
    ...commonView(emission),
    summary: summaryLines(program),
    timer: options.timer === null ? null : `MXC_TMR${options.timer}`,
    unload: options.unload,
    verifyWeights: options.verifyWeights,
  };
}
