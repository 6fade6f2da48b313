import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { processorsPerPass } from "../ir/geometry.ts";
import type { Layer } from "../ir/network.ts";
import { type KernelLayout, WORD_BYTES } from "./weight-layout.ts";
import { hasWholeQuarters } from "./weight-four-way.ts";
import { wordsOf } from "./weight-columns.ts";

/** Kernels the hardware could not read back where the pins put them. */
export function checkKernels(layout: KernelLayout, device: DeviceSpec): Diagnostic[] {
  return [
    ...checkProcessors(layout, device),
    ...checkAlignment(layout),
    ...checkMove(layout),
    ...(layout.fourWay ? checkFourWay(layout) : []),
    ...(layout.quad ? checkQuad(layout) : []),
  ];
}

/** A diagnostic about a layer, at the place in the user's source it came from. */
export function layerError(layer: Layer, code: string, message: string, hint: string): Diagnostic {
  const location = layer.origins.at(-1)?.source;
  return { code, severity: "error", message: `'${layer.name}' ${message}`, hint, ...(location ? { location } : {}) };
}

/** Words that all processors of a layer have. */
export const shortestMemory = ({ processors }: KernelLayout, device: DeviceSpec): number =>
  Math.min(...processors.map((processor) => wordsOf(device, processor)));

export function weightsDoNotFit(layout: KernelLayout, length: number, device: DeviceSpec): Diagnostic {
  const { layer, processors } = layout;
  const available = shortestMemory(layout, device);
  const message = `needs ${length} words of weight memory, the same ones in ${processors.length} processors; ${
    length > available ? `a processor has ${available}` : `no ${length} of ${available} are left together`
  }`;
  const hint = "Use fewer channels, smaller kernels or fewer weight bits, or spread layers over more processors.";
  return layerError(layer, "AI3201", message, hint);
}

function checkProcessors(
  { layer, processors, quad, outputProcessors }: KernelLayout,
  device: DeviceSpec,
): Diagnostic[] {
  const complain = (what: string, channels: number, needed: number, found: number): Diagnostic[] =>
    needed === found
      ? []
      : [
          layerError(
            layer,
            "AI3204",
            `has ${channels} ${what} channels on ${found} processors; they need ${needed}${quad ? " in the first quadrant" : ""}`,
            `Choose ${needed} processors.`,
          ),
        ];
  const { input, output } = layer;
  return [
    ...complain("input", input.channels, processorsPerPass(input.channels, device), processors.length),
    ...complain("output", output.channels, processorsPerPass(output.channels, device), outputProcessors),
  ];
}

function checkAlignment({ layer, startSlots, outputPasses, depthwise }: KernelLayout): Diagnostic[] {
  const kind = layer.flatten ? "flattened" : depthwise ? "depthwise" : outputPasses > 1 ? "multi-pass" : null;
  if (startSlots === 0 || kind === null) return [];
  const message = `writes its ${kind} output from a processor that is not the first of its group of four`;
  return [layerError(layer, "AI3202", message, "Let the output processors start at a multiple of 4.")];
}

/** Results of a depthwise layer move by one distance, whatever lies between the processors. */
function checkMove({ layer, depthwise, processors, slots, outputPasses }: KernelLayout): Diagnostic[] {
  if (!depthwise) return [];
  const targets = [...slots.slice(0, slots.length / outputPasses).entries()].flatMap(([at, slot]) =>
    slot === null ? [] : at,
  );
  const distances = new Set(targets.map((target, rank) => target - (processors[rank] ?? target)));
  if (distances.size === 1) return [];
  const message = "moves its depthwise output to processors that lie otherwise than those of the input";
  return [layerError(layer, "AI3202", message, "Give input and output processors the same gaps.")];
}

function checkFourWay(layout: KernelLayout): Diagnostic[] {
  const { layer, taps, slots, outputs, startSlots, depthwise } = layout;
  const gaps = startSlots > 0 || slots.some((slot) => slot === null);
  const message =
    taps !== 9
      ? "has kernels other than 3x3"
      : depthwise
        ? "convolves every channel by itself"
        : gaps
          ? "leaves out output processors"
          : hasWholeQuarters(layout)
            ? null
            : `has ${outputs} outputs, whose quarters do not begin at weight words`;
  if (message === null) return [];
  const hint = "Compute one output at a time, or use 3x3 kernels and a multiple of 4 outputs on adjacent processors.";
  return [layerError(layer, "AI3203", `computes four outputs at a time, but ${message}`, hint)];
}

/** Words are dealt to the quadrants one by one: each must be the kernel of one output, or of those one byte holds. */
function checkQuad({ layer, perByte, outputs, taps, depthwise }: KernelLayout): Diagnostic[] {
  const block = 4 * perByte;
  if (taps !== WORD_BYTES || depthwise) {
    const message = `reads the quad FIFO, which needs 3x3 kernels over all channels`;
    return [layerError(layer, "AI3205", message, "Use such a kernel for the first layer, or another FIFO.")];
  }
  if (perByte === 1 || outputs % block === 0) return [];
  const message = `reads the quad FIFO and has ${outputs} outputs; with these weight bits it needs a multiple of ${block}`;
  return [layerError(layer, "AI3205", message, "Change the number of outputs, or use another FIFO.")];
}
