import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Shape } from "../../dsl/model.ts";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import { firstChannel, readShape } from "../../runtime/reference/layer.ts";
import { passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { Layer, Network } from "../ir/network.ts";

/**
 * How a layer finds its input in data memory. A pixel takes `passes x operands` words in every instance, in the
 * order [pass][operand]; what a layer reads from several tensors must lie exactly as if one layer had written it.
 */
export interface LayerReads {
  readonly passes: number;
  readonly operands: number;
  /** Processors that read, per pass. */
  readonly processors: number;
  /** Pixels the layer fetches. */
  readonly pixels: number;
  readonly sources: readonly SourceRead[];
  /** Why memory order and the layer's view of the data cannot agree; null when they do. */
  readonly problem: string | null;
}

/** Where one source must lie, seen from the first word and the first processor that the layer reads. */
export interface SourceRead {
  readonly source: TensorSource;
  /**
   * Words from one of its words to the next (1: dense), when the layer has no read gap; 1 / n where the layer reads
   * one of n words of every pixel.
   */
  readonly interleave: number;
  /** Position inside the pixel: operand, or pass. */
  readonly wordShift: number;
  /** Pixels between the layer's first pixel and the first one of the source; negative when rows are cropped. */
  readonly pixelShift: number;
  /** Place of the source's first channel among the processors of the layer; negative where others come before. */
  readonly rank: number;
  /** Words of a pixel of the source, as it is written, before the one that the layer reads. */
  readonly skipped: number;
}

/** Shape of what a source holds. */
export const shapeOf = (network: Network, source: TensorSource): Shape =>
  source === "input" ? network.input : (network.layers[source] as Layer).output;

/** Where a layer expects its sources. */
export function layerReads(network: Network, layer: Layer, device: DeviceSpec): LayerReads {
  const { channels, height, width } = layer.input;
  const operands = layer.eltwise?.operands ?? 1;
  const passes = passesOf(channels, device);
  const processors = processorsPerPass(channels, device);
  const whole = layer.sources.map((source) => shapeOf(network, source));
  const shapes = whole.map((shape, position) => readShape(layer, position, shape));
  const base = { passes, operands, processors, pixels: height * width };
  const cropped = layer.crop[0] * (shapes[0]?.width ?? 0);
  const view = viewOf(layer, shapes, { passes, operands, processors }, device);
  if (typeof view === "string") return { ...base, sources: [], problem: view };
  if (layer.sources[0] === "input" && network.input.format === "CHW" && cropped % 4 !== 0) {
    const problem = `the ${cropped} values per channel that are cropped do not fill words of four`;
    return { ...base, sources: [], problem };
  }
  const sources: SourceRead[] = [];
  for (const [position, read] of view.entries()) {
    const slice = sliceOf(layer, position, whole[position] as Shape, device);
    if (typeof slice === "string") return { ...base, sources: [], problem: slice };
    const { interleave, rank, pixelShift } = read;
    sources.push({
      ...read,
      interleave: interleave / slice.passes,
      rank: rank - slice.rank,
      pixelShift: pixelShift - cropped,
      skipped: slice.pass,
    });
  }
  return { ...base, sources, problem: null };
}

/** Where the channels that a layer reads lie among those of a source: the pass, the processor, and passes passed over. */
interface SlicePlace {
  readonly pass: number;
  readonly rank: number;
  /** Words from one pixel to the next, counted in pixels as the layer reads them. */
  readonly passes: number;
}

const atStart: SlicePlace = { pass: 0, rank: 0, passes: 1 };

/** The processors of one pass can be read, or all those of several passes of a single pixel. */
function sliceOf(layer: Layer, position: number, whole: Shape, device: DeviceSpec): SlicePlace | string {
  const { channels, height, width } = readShape(layer, position, whole);
  if (channels === whole.channels) return atStart;
  const first = firstChannel(layer, position);
  const perPass = processorsPerPass(whole.channels, device);
  const [pass, rank] = [Math.floor(first / perPass), first % perPass];
  const passes = height * width === 1 ? 1 : passesOf(whole.channels, device);
  if (rank + channels <= perPass) return { pass, rank, passes };
  const fullPasses = rank === 0 && processorsPerPass(channels, device) === perPass;
  if (fullPasses && passes === 1) return { pass, rank, passes };
  return `channels ${first} to ${first + channels - 1} cross the end of a pass of ${perPass} channels`;
}

/**
 * Only pixels can lie apart; the values of one pixel, which several passes fetch, follow each other without a gap.
 * The registers of transposed convolutions do not tell a gap from a pooling stride.
 */
export function canReadGaps({ input, pooled, flatten, convolution }: Layer, device: DeviceSpec): boolean {
  if (convolution?.kind === "convTranspose2d") return false;
  const onePass = passesOf(input.channels, device) === 1 && !(flatten && pooled.height * pooled.width > 1);
  return device.capabilities.readGap && onePass;
}

interface Geometry {
  readonly passes: number;
  readonly operands: number;
  readonly processors: number;
}

function viewOf(layer: Layer, shapes: readonly Shape[], geometry: Geometry, device: DeviceSpec): SourceRead[] | string {
  const { channels } = layer.input;
  const total = shapes.reduce((sum, shape) => sum + shape.channels, 0);
  if (shapes.length === 1) return viewOfOne(layer, shapes[0] as Shape, geometry, device);
  if (layer.eltwise !== null && shapes.length === geometry.operands) return viewOfOperands(layer, shapes);
  if (layer.eltwise !== null) {
    return `${shapes.length} tensors cannot be read as ${geometry.operands} operands; every operand needs a tensor of its own`;
  }
  const [first] = shapes as readonly [Shape, ...Shape[]];
  const sameSize = shapes.every(({ height, width }) => height === first.height && width === first.width);
  if (sameSize && total === channels) return viewOfChannels(layer, shapes, geometry);
  if (shapes.every((shape) => shape.channels === channels)) return viewOfPixels(layer, shapes);
  return `its ${channels} input channels are not the ${shapes.map((shape) => shape.channels).join(" + ")} channels it reads`;
}

const whole = (source: TensorSource): SourceRead => ({
  source,
  interleave: 1,
  wordShift: 0,
  pixelShift: 0,
  rank: 0,
  skipped: 0,
});

function viewOfOne(layer: Layer, shape: Shape, geometry: Geometry, device: DeviceSpec): SourceRead[] | string {
  const { channels } = layer.input;
  const source = layer.sources[0] as TensorSource;
  if (geometry.operands > 1) {
    if (layer.slices !== undefined) return "operands that are parts of some channels of one tensor are not possible";
    if (shape.channels !== channels * geometry.operands) {
      return `${shape.channels} channels are not ${geometry.operands} operands of ${channels}`;
    }
    const slices = passesOf(shape.channels, device) === geometry.operands;
    const aligned = slices && processorsPerPass(shape.channels, device) === channels;
    if (source !== "input" && !aligned) {
      return `the ${geometry.operands} operands of ${channels} channels inside one tensor do not lie in words of their own`;
    }
    return [whole(source)];
  }
  if (shape.channels !== channels && shape.height * shape.width !== 1) {
    return `${shape.channels} channels cannot be read as ${channels} without moving data`;
  }
  if (shape.channels !== channels) return `a vector of ${shape.channels} values cannot be read as ${channels} channels`;
  return [whole(source)];
}

function viewOfOperands(layer: Layer, shapes: readonly Shape[]): SourceRead[] | string {
  const odd = shapes.find((shape) => shape.channels !== layer.input.channels);
  if (odd) return `an operand has ${odd.channels} channels where the layer reads ${layer.input.channels}`;
  return layer.sources.map((source, operand) => ({
    ...whole(source),
    interleave: shapes.length,
    wordShift: operand,
  }));
}

/** Parts side by side; where the sum needs several passes, each part must lie inside one of them. */
function viewOfChannels(layer: Layer, shapes: readonly Shape[], geometry: Geometry): SourceRead[] | string {
  const reads: SourceRead[] = [];
  let first = 0;
  for (const [index, shape] of shapes.entries()) {
    const pass = Math.floor(first / geometry.processors);
    const rank = first % geometry.processors;
    if (rank % 4 !== 0) return `part ${index} of the concatenation starts at channel ${first}, not at a multiple of 4`;
    if (rank + shape.channels > geometry.processors) {
      return `part ${index} of the concatenation (channels ${first} to ${first + shape.channels - 1}) crosses the end of a pass of ${geometry.processors} channels`;
    }
    reads.push({ ...whole(layer.sources[index] as TensorSource), interleave: geometry.passes, wordShift: pass, rank });
    first += shape.channels;
  }
  return reads;
}

function viewOfPixels(layer: Layer, shapes: readonly Shape[]): SourceRead[] {
  let pixels = 0;
  return shapes.map((shape, index) => {
    const read = { ...whole(layer.sources[index] as TensorSource), pixelShift: pixels };
    pixels += shape.height * shape.width;
    return read;
  });
}
