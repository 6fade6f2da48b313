import type { OperationCount, Program, ProgramLayer } from "../../accelerator/program.ts";
import { percent, thousands, withoutContinuation } from "./values.ts";

const countNames = ["macc", "comp", "add", "mul", "bitwise"] as const satisfies readonly (keyof OperationCount)[];

/** Operations of the network and of each layer, then memory use: the lines of the comment in cnn.h. */
export function summaryLines(program: Program): string[] {
  const { resources } = program;
  return [
    "SUMMARY OF OPS",
    `Hardware: ${countText(totalCount(program.layers))}`,
    ...program.layers.map((layer) => `  ${layerLabel(layer)}: ${countText(layer.operations)}`),
    "",
    "RESOURCE USAGE",
    memory("Weight memory:", resources.weightBytes, resources.weightBytesTotal),
    memory("Bias memory:  ", resources.biasBytes, resources.biasBytesTotal),
    memory("Data memory:  ", resources.dataBytes, resources.dataBytesTotal).replace("total", "per instance"),
    ...latency(program),
  ];
}

const memory = (name: string, used: number, all: number): string =>
  `${name} ${thousands(used)} bytes out of ${thousands(all)} bytes total (${percent(used, all)}%)`;

export const layerLabel = ({ index, name }: ProgramLayer): string =>
  withoutContinuation(name === "" || name === String(index) ? `Layer ${index}` : `Layer ${index} (${name})`);

function countText(count: OperationCount): string {
  const all = countNames.reduce((sum, name) => sum + count[name], 0);
  return `${thousands(all)} ops (${countNames.map((name) => `${thousands(count[name])} ${name}`).join("; ")})`;
}

function totalCount(layers: readonly ProgramLayer[]): OperationCount {
  const sum = (name: keyof OperationCount): number => layers.reduce((all, layer) => all + layer.operations[name], 0);
  return { macc: sum("macc"), comp: sum("comp"), add: sum("add"), mul: sum("mul"), bitwise: sum("bitwise") };
}

const latency = ({ cycles }: Program): string[] =>
  cycles === null ? [] : ["", `Estimated latency: ${thousands(cycles)} cycles`];
