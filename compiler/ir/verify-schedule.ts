import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Schedule } from "./schedule.ts";

/**
 * Judges a schedule by walking the layers once and asking of each tensor who still needs it. Shares nothing with the
 * code that made the schedule. Findings are defects of ours: AI9005.
 */
export function verifySchedule(schedule: Schedule, device: DeviceSpec): Diagnostic[] {
  const { network, layers, tensors } = schedule;
  const found: Diagnostic[] = [];
  const wrong = (message: string): void => {
    found.push({ code: "AI9005", severity: "error", message: `the schedule is wrong: ${message}` });
  };
  if (layers.length !== network.layers.length)
    wrong(`${layers.length} of ${network.layers.length} layers are scheduled`);
  for (const [index, layer] of network.layers.entries()) {
    const scheduled = layers[index];
    if (scheduled === undefined) continue;
    const sides = [
      ["reads", layer.input.channels, scheduled.inputPasses, scheduled.inputProcessors],
      ["writes", layer.output.channels, scheduled.outputPasses, scheduled.outputProcessors],
    ] as const;
    for (const [verb, channels, passes, processors] of sides) {
      const place = `${layer.name} ${verb} ${channels} channels in ${passes} passes of ${processors} processors`;
      if (processors > device.processors) wrong(`${place}; there are ${device.processors}`);
      if (passes * processors < channels) wrong(`${place}: too few`);
      if (passes > 1 && (passes - 1) * device.processors >= channels) wrong(`${place}: a pass too many`);
    }
    for (const source of layer.sources) {
      const tensor = tensors.find((candidate) => candidate.source === source);
      if (tensor === undefined) wrong(`${layer.name} reads a tensor that lives nowhere`);
      else if (tensor.end <= index) wrong(`${layer.name} (layer ${index}) reads a tensor that ended at ${tensor.end}`);
      if (layer.recalls) {
        if (tensor && (tensor.start >= 0 || tensor.end <= network.layers.length))
          wrong(
            `${layer.name} reads what the previous inference left, but that lives from ${tensor.start} to ${tensor.end}`,
          );
      } else if (source !== "input" && source >= index) wrong(`${layer.name} reads layer ${source} before it has run`);
    }
    const result = tensors.find((candidate) => candidate.source === index);
    if (result !== undefined && result.start > index) wrong(`the result of ${layer.name} starts after it is written`);
    if (result !== undefined && layer.isOutput && result.end < network.layers.length) {
      wrong(`the output ${layer.name} does not live to the end`);
    }
  }
  return found;
}
