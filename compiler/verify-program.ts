import type { DeviceSpec } from "../targets/accelerator/device.ts";
import type { Program } from "../targets/accelerator/program.ts";
import type { Diagnostic } from "../dsl/diagnostic.ts";
import { checkKnownAnswer, infer, prepare, readOutput, type LayerExecution } from "../runtime/simulator/index.ts";
import type { Placement } from "./ir/placement.ts";
import { needsResetLayer } from "./ir/reset-layer.ts";
import { outputLocation } from "./lower/output-location.ts";

/**
 * Runs a program on the simulator and compares every layer's result in data memory with the reference
 * (`tensors`: one [channel][row][column] array per layer). The first difference is named by layer, channel and pixel.
 */
export function verifyProgram(
  program: Program,
  placement: Placement,
  device: DeviceSpec,
  tensors: readonly ArrayLike<number>[],
): Diagnostic[] {
  const layerOf = networkLayers(placement, device);
  let difference: string | null = null;
  const machine = prepare(program);
  machine.onLayer = (execution: LayerExecution): void => {
    const index = layerOf(execution.layer);
    if (difference !== null || index === null || execution.isStreamed) return;
    const expected = tensors[index];
    if (expected === undefined) return;
    const actual = readOutput(machine, outputLocation(placement, index));
    difference = firstDifference(placement, index, expected, actual);
  };
  infer(machine, program);
  const diagnostics: Diagnostic[] = [];
  if (difference !== null) diagnostics.push(wrong(difference));
  else if (program.knownAnswer !== null) {
    const [first, ...more] = checkKnownAnswer(machine, program.knownAnswer);
    if (first !== undefined) {
      const address = `0x${first.address.toString(16)}`;
      diagnostics.push(wrong(`the word at ${address} and ${more.length} others differ from the known answer`));
    }
  }
  for (const problem of machine.problems) diagnostics.push(wrong(problem));
  return diagnostics;
}

/** Hardware layer to network layer: hidden reset layers have none. */
function networkLayers({ network }: Placement, device: DeviceSpec): (hardware: number) => number | null {
  const map: (number | null)[] = [];
  for (const layer of network.layers) {
    if (needsResetLayer(network, layer, device)) map.push(null);
    map.push(layer.index);
  }
  return (hardware) => map[hardware] ?? null;
}

function firstDifference(
  { network }: Placement,
  index: number,
  expected: ArrayLike<number>,
  actual: ArrayLike<number>,
): string | null {
  const layer = network.layers[index]!;
  const pixels = layer.output.height * layer.output.width;
  for (let element = 0; element < expected.length; element++) {
    if (expected[element] === actual[element]) continue;
    const [channel, pixel] = [Math.floor(element / pixels), element % pixels];
    const place = `channel ${channel}, row ${Math.floor(pixel / layer.output.width)}, column ${pixel % layer.output.width}`;
    return `${layer.name} (layer ${index}), ${place}: the program computes ${actual[element]}, the reference ${expected[element]}`;
  }
  return null;
}

const wrong = (message: string): Diagnostic => ({
  code: "AI9001",
  severity: "error",
  message: `the compiled program does not compute the model: ${message}`,
  hint: "this is a defect of ai8xc; report it with the model, or write the project all the same with --no-verify",
});
