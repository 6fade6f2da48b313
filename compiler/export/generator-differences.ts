import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { bitsOf, countBits, firstBit, lastBit, passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { LayerPlacement, Placement } from "../ir/placement.ts";
import { needsResetLayer } from "../ir/reset-layer.ts";
import { sameWeights } from "../placement/share-weights.ts";
import { kernelLayout } from "../placement/weight-layout.ts";

/** Parts of a generated program, by what the generator calls the functions that hold them. */
export type ProgramPart = "configure" | "weights" | "bias" | "unload" | "resources";

/**
 * What the reference generator accepts and makes something else of: defects that a written description meets. A
 * rule says where its program may differ from ours, not that it does.
 */
export interface GeneratorDifference {
  readonly parts: readonly ProgramPart[];
  /** What happens to the layer. */
  readonly reason: string;
  readonly layers: (placement: Placement, device: DeviceSpec) => readonly Layer[];
}

export const generatorDifferences: readonly GeneratorDifference[] = [
  {
    parts: ["weights"],
    reason: "kernels of fewer than 8 bits are shifted where a pass is not full",
    layers: ({ network }, device) =>
      network.layers.filter(({ input: { channels }, convolution }) => {
        const passes = passesOf(channels, device);
        const isFull = channels === passes * processorsPerPass(channels, device);
        return (convolution?.weights?.bits ?? 8) < 8 && passes > 1 && !isFull;
      }),
  },
  {
    parts: ["weights", "configure", "resources"],
    reason: "it reads the kernels of an earlier layer, which are equal but lie otherwise in memory",
    layers: layersWithEqualKernels,
  },
  {
    parts: ["bias", "configure", "resources"],
    reason: "it adds the bias of an earlier layer, which is equal but lies otherwise in memory",
    layers: ({ network }) =>
      network.layers.filter((layer) =>
        network.layers.slice(0, layer.index).some((other) => isPlacedApart(other, layer) && hasBiasOf(other, layer)),
      ),
  },
  {
    parts: ["bias", "resources"],
    reason: "its bias is packed, though the hardware counts processors that the output leaves out",
    layers: ({ network, layers }) =>
      network.layers.filter(({ convolution, index }) => {
        const { outputProcessors } = layers[index] as LayerPlacement;
        const gaps = 1 + lastBit(outputProcessors) - firstBit(outputProcessors) - countBits(outputProcessors);
        return (convolution?.bias ?? null) !== null && gaps > 0;
      }),
  },
  {
    parts: ["configure"],
    reason: "the hidden layer in front of it overwrites a word of the first quadrant",
    layers: ({ network, layers }, device) =>
      network.layers.filter((layer) => {
        const [first = 0] = bitsOf((layers[layer.index] as LayerPlacement).outputProcessors);
        return needsResetLayer(network, layer, device) && first >= device.processorsPerQuadrant;
      }),
  },
  {
    parts: ["unload"],
    reason: "cnn_unload() reads it at wrong addresses, because there are gaps between its pixels",
    layers: ({ network, layers }, { processorsPerDataInstance: shared }) =>
      outputsOf(network).filter(({ index }) => {
        const { writeGap, outputProcessors } = layers[index] as LayerPlacement;
        return writeGap > 0 && lastBit(outputProcessors) >= shared;
      }),
  },
  {
    parts: ["unload"],
    reason: "cnn_unload() reads words between the last channels of 32 bits, which do not fill an instance",
    layers: ({ network }, { processorsPerDataInstance: shared }) =>
      outputsOf(network).filter(
        (layer) => isWidePlane(layer) && layer.output.channels > shared && layer.output.channels % shared > 0,
      ),
  },
  {
    parts: ["unload"],
    reason: "cnn_unload() delivers the bytes of its 32-bit results apart, because other outputs have 8 bits",
    layers: ({ network }) => {
      const outputs = outputsOf(network);
      return outputs.some(({ outputBits }) => outputBits === 8) ? outputs.filter(isWidePlane) : [];
    },
  },
];

/** A warning for every layer of which the generator makes something else (AI6215). */
export const generatedOtherwise = (placement: Placement, device: DeviceSpec): Diagnostic[] =>
  generatorDifferences.flatMap(({ reason, layers }) =>
    layers(placement, device).map(({ name }): Diagnostic => ({
      code: "AI6215",
      severity: "warning",
      message: `the reference generator makes something else of '${name}': ${reason}`,
      hint: "Build the network with ai8xc.",
    })),
  );

const outputsOf = ({ layers }: Network): Layer[] => layers.filter(({ isOutput }) => isOutput);

const isWidePlane = ({ outputBits, output }: Layer): boolean => outputBits === 32 && output.height * output.width > 1;

const isPlacedApart = (a: Layer, b: Layer): boolean =>
  a.calcx4 !== b.calcx4 || String(a.pins.biasQuadrants) !== String(b.pins.biasQuadrants);

const hasBiasOf = ({ convolution: a }: Layer, { convolution: b }: Layer): boolean =>
  a?.bias != null && b?.bias != null && a.bias.length === b.bias.length && a.bias.every((v, i) => v === b.bias?.[i]);

/** The generator compares contents, bits and processors of kernels, not how they lie. */
function layersWithEqualKernels({ network, layers, weights }: Placement, device: DeviceSpec): Layer[] {
  const quad = network.options.fifo === "fast-quad";
  const layouts = network.layers.flatMap(({ index }) => {
    const place = layers[index] as LayerPlacement;
    const layout = kernelLayout(network, index, place, device, quad && index === 0);
    const isShared = (weights.layers[index]?.sharedWith ?? null) !== null;
    return layout === null ? [] : [{ layout, processors: place.processors, isShared }];
  });
  const own = layouts.filter(
    ({ layout, processors, isShared }, i) =>
      !isShared &&
      layouts
        .slice(0, i)
        .some(
          (other) =>
            other.processors === processors &&
            other.layout.bits === layout.bits &&
            other.layout.taps === layout.taps &&
            sameWeights(other.layout.weights, layout.weights),
        ),
  );
  return own.map(({ layout }) => layout.layer);
}
