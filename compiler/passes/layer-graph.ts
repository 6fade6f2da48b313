import { invariant } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import { firstChannel, readShape } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { layerReads } from "../placement/data-memory-reads.ts";
import type { LayerReads } from "../placement/data-memory-reads.ts";
import { movedSequence, movedUnload } from "./move-sequence.ts";
import { selectingConvolution } from "./identity-convolution.ts";
import { freshName } from "./model-graph.ts";

/** A layer that knows its sources themselves, so that layers can be inserted without renumbering. */
export interface GraphLayer {
  layer: Layer;
  sources: GraphSource[];
}
export type GraphSource = "input" | GraphLayer;

/** One place where a tensor is read. */
export interface Use {
  readonly reader: GraphLayer;
  /** Position in the reader's sources. */
  readonly operand: number;
}

/** A network being edited. Layers are in execution order. */
export class LayerGraph {
  readonly network: Network;
  readonly layers: GraphLayer[];
  /** Layers the network came with. */
  readonly #original: readonly GraphLayer[];

  constructor(network: Network) {
    this.network = network;
    this.layers = network.layers.map((layer) => ({ layer, sources: [] }));
    this.#original = [...this.layers];
    for (const entry of this.layers) {
      entry.sources = entry.layer.sources.map((source) => {
        const producer = source === "input" ? source : this.layers[source];
        invariant(producer, `layer ${entry.layer.index} reads layer ${String(source)}, which does not exist`);
        return producer;
      });
    }
  }

  finish(): Network {
    const indexOf = new Map(this.layers.map((entry, index) => [entry, index]));
    const layers = this.layers.map(({ layer, sources }, index): Layer => ({
      ...layer,
      index,
      sources: sources.map((source) => (source === "input" ? source : (indexOf.get(source) as number))),
    }));
    const { sequence, unload } = this.network;
    const moved = this.#original.map((entry) => indexOf.get(entry) as number);
    return {
      ...this.network,
      layers,
      ...(sequence === undefined ? {} : { sequence: movedSequence(sequence, moved, layers.length) }),
      ...(unload === undefined ? {} : { unload: movedUnload(unload, moved) }),
    };
  }

  usesOf(source: GraphSource): Use[] {
    return this.layers.flatMap((reader) =>
      reader.sources.flatMap((other, operand) => (other === source ? [{ reader, operand }] : [])),
    );
  }

  /** How a layer expects its sources in data memory. */
  readsOf(reader: GraphLayer, device: DeviceSpec): LayerReads {
    const producers = reader.sources.map((source) => ({ ...plainLayer(this.shapeOf(source)) }));
    const layer = { ...reader.layer, sources: producers.map((_, index) => index) };
    return layerReads({ ...this.network, layers: producers }, layer, device);
  }

  shapeOf(source: GraphSource): Shape {
    return source === "input" ? this.network.input : source.layer.output;
  }

  nameOf(source: GraphSource): string {
    return source === "input" ? "the network input" : `'${source.layer.name}'`;
  }

  /** Adds a layer that reads one tensor whole: a copy, or a convolution of it. Runs as early as it can. */
  insertAfter(source: GraphSource, suffix: string, convolution: LayerConvolution | null): GraphLayer {
    const shape = this.shapeOf(source);
    const name = source === "input" ? "input" : source.layer.name;
    const channels = convolution?.weights?.outputs ?? shape.channels;
    const entry: GraphLayer = {
      layer: {
        ...plainLayer(shape),
        name: freshName(`${name}_${suffix}`, (wanted) => this.layers.some((other) => other.layer.name === wanted)),
        origins: source === "input" ? [] : source.layer.origins,
        convolution,
        output: { ...shape, channels },
      },
      sources: [source],
    };
    this.layers.splice(this.#earliestAfter(source), 0, entry);
    return entry;
  }

  /** Lets a reader have the channels that it reads of a tensor as a tensor of their own, made by a 1x1 convolution. */
  selectChannels({ reader, operand }: Use, suffix: string): GraphLayer {
    const source = reader.sources[operand] as GraphSource;
    const whole = this.shapeOf(source);
    const { channels } = readShape(reader.layer, operand, whole);
    const first = firstChannel(reader.layer, operand);
    const selected = this.insertAfter(source, suffix, selectingConvolution(whole.channels, channels, first));
    this.redirect([{ reader, operand }], selected);
    const { slices, ...layer } = reader.layer;
    const left = slices?.map((slice, i) => (i === operand ? { first: 0, channels } : slice)) ?? [];
    const some = left.some((slice, i) => slice.channels < this.shapeOf(reader.sources[i] as GraphSource).channels);
    reader.layer = some ? { ...layer, slices: left } : layer;
    return selected;
  }

  /** Adds a layer in front of another. */
  insertBefore(reader: GraphLayer, entry: GraphLayer): void {
    this.layers.splice(this.layers.indexOf(reader), 0, entry);
  }

  /** Lets a layer run right before another. */
  moveBefore(reader: GraphLayer, entry: GraphLayer): void {
    this.layers.splice(this.layers.indexOf(entry), 1);
    this.insertBefore(reader, entry);
  }

  redirect(uses: readonly Use[], to: GraphLayer): void {
    for (const { reader, operand } of uses) reader.sources[operand] = to;
  }

  /** Streaming layers run at the same time, one behind the other: nothing comes between them. */
  #earliestAfter(source: GraphSource): number {
    const streaming = this.layers.findLastIndex(({ layer }) => layer.streaming) + 1;
    return Math.max(streaming, source === "input" ? 0 : this.layers.indexOf(source) + 1);
  }
}

/** A layer that copies. */
export const plainLayer = (shape: Shape): Layer => ({
  index: -1,
  name: "",
  origins: [],
  sources: [],
  crop: [0, 0],
  input: shape,
  eltwise: null,
  pool: null,
  pooled: shape,
  flatten: false,
  convolution: null,
  activation: null,
  outputBits: 8,
  output: shape,
  isOutput: false,
  streaming: false,
  calcx4: false,
  readAhead: false,
  tcalc: null,
  pins: {},
  finalScale: 0,
});

/** The user numbered this layer: it stays as it is. */
export const isPinned = ({ layer }: GraphLayer): boolean => layer.pins.layer !== undefined;
