import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "./network.ts";
import type { Schedule, ScheduledLayer } from "./schedule.ts";

/** The schedule as text, one line per layer and per tensor; the same schedule always prints the same. */
export function printSchedule(schedule: Schedule): string {
  const { network } = schedule;
  const lines = [`schedule ${network.name} (${network.device}, ${network.layers.length} layers)`];
  for (const layer of network.layers) {
    const scheduled = schedule.layers[layer.index] as ScheduledLayer;
    const input = `${scheduled.inputPasses} x ${scheduled.inputProcessors}`;
    const output = `${scheduled.outputPasses} x ${scheduled.outputProcessors}`;
    lines.push(`  ${layer.index} ${layer.name}: passes x processors ${input} -> ${output}`);
  }
  lines.push("tensors, live from layer to layer (end not included)");
  for (const tensor of schedule.tensors) {
    lines.push(`  ${sourceText(network, tensor.source)}: ${tensor.start} .. ${tensor.end}`);
  }
  return `${lines.join("\n")}\n`;
}

const sourceText = (network: Network, source: TensorSource): string =>
  source === "input" ? "input" : `${source} ${(network.layers[source] as Layer).name}`;
