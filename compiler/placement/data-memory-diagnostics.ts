import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { thousands } from "../../targets/emit/print/values.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Layer } from "../ir/network.ts";
import { layerProblem } from "./codes.ts";
import { spanBytes } from "./data-memory-layout.ts";
import type { DataLayout, TensorForm } from "./data-memory-layout.ts";
import { peakUse, usedBytes } from "./data-memory.ts";
import { tensorIndex } from "./live-ranges.ts";
import type { ProcessorChoice } from "./processors.ts";
import { staysInQuadrants } from "./processors-groups.ts";

/** Two tensors are tied to places that overlap. */
export function describeCollision(layout: DataLayout, tensors: readonly [number, number]): Diagnostic {
  const [first, second] = tensors.map((tensor) => nameOf(layout, tensor));
  const layer = layout.network.layers[Math.max(...tensors) - 1] as Layer;
  return layerProblem(
    "AI3004",
    layer,
    `${first} and ${second} have to lie at the same place for the layers that read them, but both are needed at the same time`,
    "copy one of them with a passthrough layer",
  );
}

/** A layer without convolution would have to move values to another quadrant, or quadrant 0 has no work. */
export function describeQuadrants(layout: DataLayout, choice: ProcessorChoice, device: DeviceSpec): Diagnostic {
  const { layers } = layout.network;
  const layer = layers.find(
    ({ index, convolution }) =>
      convolution === null &&
      !staysInQuadrants(choice.layers[index] as bigint, choice.tensors[index + 1] as bigint, device),
  );
  if (layer) {
    const message = `${layer.name} has no convolution and cannot move its values to the processors where its readers need them`;
    return layerProblem("AI3006", layer, message, "put a 1x1 convolution in its place");
  }
  return layerProblem(
    "AI3021",
    layers[0] as Layer,
    "no layer uses a processor of quadrant 0, which controls the others",
  );
}

/** The layer with the largest need, what it needs, and what else holds the memory at that time. */
export function describeShortage(
  layout: DataLayout,
  choice: ProcessorChoice,
  device: DeviceSpec,
  unplaced: number | null,
): Diagnostic {
  const capacity = device.dataMemory.instanceBytes;
  const tooLarge = layout.tensors.findIndex((form) => spanBytes(form) > capacity);
  if (tooLarge >= 0) return describeTooLarge(layout, tooLarge, capacity);
  const peak = peakUse(layout, choice.instances, device);
  const layer = layout.network.layers[peak.layer] as Layer;
  if (peak.bytes <= capacity) return describeFragmented(layout, unplaced ?? 0, capacity);
  const message = `${layer.name} needs ${thousands(peak.bytes)} bytes in each data memory instance; ${thousands(capacity)} are there${heldText(layout, layer)}`;
  return layerProblem("AI3005", layer, message, remedy(layout, layer));
}

const nameOf = (layout: DataLayout, tensor: number): string =>
  tensor === 0 ? "the network input" : `the output of ${(layout.network.layers[tensor - 1] as Layer).name}`;

function describeTooLarge(layout: DataLayout, tensor: number, capacity: number): Diagnostic {
  const form = layout.tensors[tensor] as TensorForm;
  const { layers } = layout.network;
  const layer = (tensor === 0 ? layers[0] : layers[tensor - 1]) as Layer;
  const gap = form.writeGap > 0 ? ` (with gaps for ${form.writeGap} other operand${form.writeGap > 1 ? "s" : ""})` : "";
  const message = `${nameOf(layout, tensor)} takes ${thousands(spanBytes(form))} bytes in each data memory instance${gap}; ${thousands(capacity)} are there`;
  return layerProblem("AI3005", layer, message, remedy(layout, layer));
}

function describeFragmented(layout: DataLayout, tensor: number, capacity: number): Diagnostic {
  const layer = layout.network.layers[Math.max(tensor - 1, 0)] as Layer;
  const message = `no room was found for ${nameOf(layout, tensor)} (${thousands(spanBytes(layout.tensors[tensor] as TensorForm))} bytes): every arrangement of ${thousands(capacity)} bytes per data memory instance that was tried leaves only smaller gaps`;
  return layerProblem("AI3005", layer, message, remedy(layout, layer));
}

/** Tensors that only wait during this layer. */
function heldText(layout: DataLayout, layer: Layer): string {
  const read = new Set(layer.sources.map(tensorIndex));
  const held = layout.tensors
    .map((form, tensor) => ({ form, tensor }))
    .filter(({ form, tensor }) => form.live.start < layer.index && form.live.end > layer.index && !read.has(tensor))
    .toSorted((a, b) => usedBytes(b.form) - usedBytes(a.form))
    .slice(0, 2);
  return held
    .map(
      ({ form, tensor }) =>
        `, ${thousands(usedBytes(form))} of them hold ${nameOf(layout, tensor)} until ${untilText(layout, form)}`,
    )
    .join("");
}

function untilText(layout: DataLayout, { live }: TensorForm): string {
  const { layers } = layout.network;
  if (live.end > layers.length) return "the next inference";
  const isResult = live.source !== "input" && layers[live.source]?.isOutput === true;
  return isResult ? "the end" : (layers[live.end - 1] as Layer).name;
}

function remedy(layout: DataLayout, layer: Layer): string {
  const input = layout.network.input;
  const readsInput = layer.sources.includes("input");
  const small = readsInput && input.channels <= 16 && input.format === "HWC";
  const options = [
    "pool earlier",
    ...(small ? ["use CHW input", "fold the input into channels"] : ["use fewer pixels or channels in this layer"]),
    ...(readsInput ? ["stream the first layers from a FIFO"] : []),
  ];
  return options.join(", or ");
}
