import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { bitsOf, countBits, firstBit, lastBit, passesOf, processorsPerPass } from "../../compiler/ir/geometry.ts";
import type { Layer } from "../../compiler/ir/network.ts";
import type { LayerPlacement, Placement } from "../../compiler/ir/placement.ts";
import { needsResetLayer } from "../../compiler/ir/reset-layer.ts";
import { sameWeights } from "../../compiler/placement/share-weights.ts";
import { kernelLayout } from "../../compiler/placement/weight-layout.ts";
import type { ComparisonClass } from "../golden/program-compare.ts";

/**
 * Where our programs differ from the generator's on purpose, by rules that look at the placed network: the entries of
 * docs/deviations.md that written descriptions meet. A rule says where a difference may be, not that there is one.
 */
export interface KnownDifference {
  readonly parts: readonly ComparisonClass[];
  readonly reason: string;
  readonly applies: (placement: Placement, device: DeviceSpec) => boolean;
}

const weights: readonly ComparisonClass[] = ["weights"];
const placedWeights: readonly ComparisonClass[] = ["weights", "configure", "resources"];

export const knownDifferences: readonly KnownDifference[] = [
  {
    parts: ["output count"],
    reason: "several outputs: the generator counts the last one",
    applies: (placement) => outputsOf(placement).length > 1,
  },
  {
    parts: ["unload"],
    reason: "gapped output: the generator stretches the distance between instances, too",
    applies: (placement, { processorsPerDataInstance: shared }) =>
      outputsOf(placement).some(({ place }) => place.writeGap > 0 && lastBit(place.outputProcessors) >= shared),
  },
  {
    parts: ["unload"],
    reason: "wide output whose last four channels are not all there: the generator reads words in between",
    applies: (placement, { processorsPerDataInstance: shared }) =>
      outputsOf(placement).some(
        ({ layer }) =>
          isWide(layer) && pixels(layer) > 1 && layer.output.channels > shared && layer.output.channels % shared > 0,
      ),
  },
  {
    parts: ["unload"],
    reason: "wide and narrow outputs: the generator delivers the bytes of a wide one plane by plane",
    applies: (placement) => {
      const outputs = outputsOf(placement).map(({ layer }) => layer);
      return outputs.some((layer) => !isWide(layer)) && outputs.some((layer) => isWide(layer) && pixels(layer) > 1);
    },
  },
  {
    parts: weights,
    reason: "fewer than 8 bits over passes that are not full: later kernels of the generator are shifted",
    applies: ({ network }, device) =>
      network.layers.some(({ input, convolution }) => {
        const passes = passesOf(input.channels, device);
        const isFull = input.channels === passes * processorsPerPass(input.channels, device);
        return (convolution?.weights?.bits ?? 8) < 8 && passes > 1 && !isFull;
      }),
  },
  {
    parts: [...placedWeights, "bias"],
    reason: "layers calculated four channels at a time beside others: the generator gives them the same words or bytes",
    applies: ({ network }) => {
      const weighted = network.layers.filter(({ convolution }) => convolution?.weights);
      return weighted.some(({ calcx4 }) => calcx4) && weighted.some(({ calcx4 }) => !calcx4);
    },
  },
  {
    parts: placedWeights,
    reason: "equal kernels that lie differently in memory: the generator keeps those of the first layer only",
    applies: hasUnsharedKernels,
  },
  {
    parts: ["bias", "resources"],
    reason: "output processors with gaps: the generator packs the bias, whose address advances at gaps",
    applies: (placement) =>
      placement.layers.some(
        ({ outputProcessors: mask }, i) =>
          placement.network.layers[i]?.convolution?.bias != null &&
          countBits(mask) < 1 + lastBit(mask) - firstBit(mask),
      ),
  },
  {
    parts: ["configure"],
    reason: "hidden layer in front of an average, without results in the first quadrant: it overwrites a word there",
    applies: ({ network, layers }, device) =>
      network.layers.some(
        (layer) =>
          needsResetLayer(network, layer, device) &&
          bitsOf((layers[layer.index] as LayerPlacement).outputProcessors).every(
            (processor) => processor >= device.processorsPerQuadrant,
          ),
      ),
  },
];

const outputsOf = ({ network, layers }: Placement) =>
  network.layers.flatMap((layer) => (layer.isOutput ? [{ layer, place: layers[layer.index] as LayerPlacement }] : []));

const isWide = ({ outputBits }: Layer): boolean => outputBits === 32;
const pixels = ({ output }: Layer): number => output.height * output.width;

function hasUnsharedKernels({ network, layers, weights: memory }: Placement, device: DeviceSpec): boolean {
  const quad = network.options.fifo === "fast-quad";
  const layouts = layers.flatMap((place, index) => {
    const layout = kernelLayout(network, index, place, device, quad && index === 0);
    return layout === null ? [] : [{ layout, place, shared: memory.layers[index]?.sharedWith ?? null }];
  });
  return layouts.some(
    ({ layout, place, shared }, i) =>
      shared === null &&
      layouts
        .slice(0, i)
        .some(
          (other) =>
            other.place.processors === place.processors &&
            other.layout.bits === layout.bits &&
            other.layout.taps === layout.taps &&
            sameWeights(other.layout.weights, layout.weights),
        ),
  );
}
