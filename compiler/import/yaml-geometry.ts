import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { EltwiseKind, Pair, Shape } from "../../dsl/model.ts";
import type { LayerConvolution, LayerEltwise, LayerPool } from "../../runtime/reference/layer.ts";
import type { YamlOptions, YamlSample } from "./yaml-options.ts";
import type { YamlOrder, YamlSlot } from "./yaml-order.ts";
import type { YamlTensor } from "./yaml-tensors.ts";
import { operatorOf } from "./yaml-tensors.ts";
import { yamlError } from "./yaml-values.ts";

/** Shapes and parameters of a layer with everything filled in that its description leaves out. */
export interface YamlGeometry {
  /** One operand. */
  readonly input: Shape;
  readonly eltwise: LayerEltwise | null;
  readonly pool: LayerPool | null;
  readonly pooled: Shape;
  readonly flatten: boolean;
  /** null: nothing is convolved. */
  readonly convolution: Pick<
    LayerConvolution,
    "kind" | "kernel" | "padding" | "dilation" | "stride" | "outputPadding" | "groups"
  > | null;
  readonly output: Shape;
}

/**
 * Sizes of all layers in the order of execution. AI1804: sizes or channels that do not fit together; AI1805: a window
 * larger than its data; AI6209 warning: a padding that the reference generator decides by accident.
 */
export function inferGeometry(
  order: YamlOrder,
  tensors: readonly (YamlTensor | null)[],
  sample: YamlSample,
  options: YamlOptions,
): { readonly geometry: ReadonlyMap<number, YamlGeometry>; readonly diagnostics: readonly Diagnostic[] } {
  const walker = new Walker(order, tensors, sample, options);
  for (const index of order.executed) walker.visit(order.slots[index] as YamlSlot);
  return { geometry: walker.geometry, diagnostics: walker.diagnostics };
}

class Walker {
  readonly geometry = new Map<number, YamlGeometry>();
  readonly diagnostics: Diagnostic[] = [];
  private readonly order: YamlOrder;
  private readonly tensors: readonly (YamlTensor | null)[];
  private readonly inputShape: Shape;
  private readonly options: YamlOptions;
  /** Columns of padding where a description gives none. */
  private readonly defaultColumns: number;

  constructor(order: YamlOrder, tensors: readonly (YamlTensor | null)[], sample: YamlSample, options: YamlOptions) {
    this.order = order;
    this.tensors = tensors;
    this.options = options;
    const [channels = 1, height = 1, width = 1] = sample.shape;
    this.inputShape = { channels, height, width };
    this.defaultColumns = this.warnDefaultPadding() ? 0 : 1;
  }

  visit(slot: YamlSlot): void {
    const { values } = slot.layer;
    const eltwise = eltwiseOf(slot);
    const operator = operatorOf(slot.layer);
    const conv = operator === "none" || isEltwise(operator) ? null : operator;
    const size = this.inputSize(slot);
    const flatten = values.flatten === true;
    const pool = poolOf(slot, conv, size);
    const pooledSize = pooled(size, pool);
    const channels = this.inputChannels(slot, eltwise, flatten, pooledSize);
    const parameters = conv === null ? null : this.convolution(slot, conv);
    const outputSize = flatten ? ([1, 1] as const) : convolved(pooledSize, parameters);
    this.checkWindow(slot, pooledSize, outputSize);
    this.checkAddedRows(slot, outputSize);
    const outputs = values.out_channels ?? this.tensors[slot.index]?.outputs ?? channels;
    this.geometry.set(slot.index, {
      input: shape(channels, size),
      eltwise,
      pool,
      pooled: shape(channels, pooledSize),
      flatten,
      convolution: parameters,
      output: shape(outputs, outputSize),
    });
  }

  private isStart(slot: YamlSlot): boolean {
    return slot.index === this.order.executed[0];
  }

  private producers(slot: YamlSlot): Shape[] {
    return slot.sources.flatMap((source) =>
      source === "input" ? this.inputShape : (this.geometry.get(source)?.output ?? []),
    );
  }

  /** Rows and columns after cropping and re-cutting. */
  private inputSize(slot: YamlSlot): Pair {
    const { in_dim, in_crop = [0, 0] } = slot.layer.values;
    const producers = this.producers(slot);
    const first = producers[0] ?? this.inputShape;
    const cropped = (producer: Shape): Pair => [
      producer.height - (in_crop[0] as number) - (in_crop[1] as number),
      producer.width,
    ];
    const pixels = (size: Pair) => size[0] * size[1];
    if (this.isStart(slot) || in_dim === undefined) {
      const odd = producers.find((other) => other.height !== first.height || other.width !== first.width);
      if (odd !== undefined) {
        const message = `layer ${slot.index} reads ${rowsByColumns(first)} and ${rowsByColumns(odd)}`;
        this.complain(slot, "in_sequences", "AI1804", message, "Read layers of one size, or give 'in_dim'.");
      }
      const [height, width] = cropped(first);
      if (in_dim !== undefined && (in_dim[0] !== height || in_dim[1] !== width)) {
        const message = `'in_dim' is ${in_dim.join("x")}; layer ${slot.index} reads the network input, ${height}x${width}`;
        this.complain(slot, "in_dim", "AI1804", message, "Give the size of the sample, or remove 'in_dim'.");
      }
      return [height, width];
    }
    const found = slot.explicitSources ? producers.map((producer) => pixels(cropped(producer))) : [];
    const equal = !slot.readsBuffer && found.every((count) => count === found[0]);
    const sum = found.reduce((total, count) => total + count, 0);
    // Tensors of one size lie side by side, or behind one another.
    const behind = eltwiseOf(slot) === null && pixels(in_dim) === sum;
    const available = found.length === 0 || (equal && !behind) ? found[0] : sum;
    if (available !== undefined && available !== pixels(in_dim)) {
      const message = `'in_dim' has ${pixels(in_dim)} pixels; layer ${slot.index} reads ${available}`;
      this.complain(slot, "in_dim", "AI1804", message, "Give sizes whose product is the number of pixels.");
    }
    return in_dim;
  }

  private inputChannels(slot: YamlSlot, eltwise: LayerEltwise | null, flatten: boolean, size: Pair): number {
    const explicit = slot.layer.values.in_channels;
    // Of a flattened layer both count all inputs, as its weights do.
    if (explicit !== undefined) return flatten ? this.flattened(slot, explicit, size, "'in_channels' is") : explicit;
    const producers = this.producers(slot);
    const first = producers[0]?.channels ?? this.inputShape.channels;
    if (slot.explicitSources) {
      return eltwise ? first : producers.reduce((sum, producer) => sum + producer.channels, 0);
    }
    const stored = this.tensors[slot.index]?.inputs;
    if (stored !== undefined) return flatten ? this.flattened(slot, stored, size, "its weights have") : stored;
    return this.isStart(slot) ? this.perOperand(slot, first, eltwise?.operands ?? 1) : first;
  }

  private perOperand(slot: YamlSlot, channels: number, operands: number): number {
    if (channels % operands === 0) return channels / operands;
    const message = `layer ${slot.index} combines ${operands} operands, but its input has ${channels} channels`;
    this.complain(slot, "operands", "AI1804", message, "Give a sample with the channels of all operands.");
    return Math.max(1, Math.floor(channels / operands));
  }

  private flattened(slot: YamlSlot, inputs: number, size: Pair, told: string): number {
    const pixels = size[0] * size[1];
    if (inputs % pixels === 0) return inputs / pixels;
    const message = `layer ${slot.index} flattens ${size.join("x")} pixels, but ${told} ${inputs} inputs`;
    this.complain(slot, "flatten", "AI1804", message, "Check that the weights belong to this network.");
    return Math.max(1, Math.floor(inputs / pixels));
  }

  private convolution(slot: YamlSlot, kind: LayerConvolution["kind"]): NonNullable<YamlGeometry["convolution"]> {
    const { values } = slot.layer;
    const transposed = kind === "convTranspose2d";
    const [stride, strideColumns] = values.stride ?? [1, 1];
    const [dilation, dilationColumns] = values.dilation ?? [1, 1];
    const oddDilation = kind !== "conv1d" && dilation !== dilationColumns;
    if (stride !== strideColumns || oddDilation) {
      const [key, pair] = stride === strideColumns ? ["dilation", values.dilation] : ["stride", values.stride];
      const message = `layer ${slot.index} has different values for rows and columns: '${key}' [${pair?.join(", ")}]`;
      this.complain(slot, key as "dilation" | "stride", "AI1804", message, `Give one value for '${key}'.`);
    }
    return {
      kind,
      kernel: kernelOf(slot, kind),
      padding: this.paddingOf(slot, kind),
      dilation,
      stride: values.stride === undefined && transposed ? 2 : stride,
      outputPadding: values.output_pad ?? (transposed ? 1 : 0),
      groups: values.groups ?? 1,
    };
  }

  private paddingOf(slot: YamlSlot, kind: LayerConvolution["kind"]): Pair {
    const { pad } = slot.layer.values;
    if (kind === "linear") return [0, 0];
    if (pad !== undefined) return [pad, kind === "conv1d" ? 0 : pad];
    return [1, kind === "conv1d" ? 0 : this.defaultColumns];
  }

  /** The reference keeps one default for all layers, and a Conv1d without `pad` removes the columns from it. */
  private warnDefaultPadding(): boolean {
    const { slots } = this.order;
    const cause = slots.find(({ layer }) => operatorOf(layer) === "conv1d" && layer.values.pad === undefined);
    if (cause === undefined) return false;
    for (const { layer, index } of slots) {
      const operator = operatorOf(layer);
      if (layer.values.pad !== undefined || (operator !== "conv2d" && operator !== "convTranspose2d")) continue;
      this.diagnostics.push({
        code: "AI6209",
        severity: "warning",
        message: `layer ${index} has no 'pad'; because layer ${cause.index} is a Conv1d without 'pad', rows are padded and columns are not`,
        location: layer.at,
        hint: "Give 'pad' in every layer.",
      });
    }
    return true;
  }

  private checkWindow(slot: YamlSlot, pooledSize: Pair, outputSize: Pair): void {
    if (Math.min(...pooledSize, ...outputSize) >= 1) return;
    const message = `nothing is left of the data of layer ${slot.index}: ${pooledSize.join("x")} after pooling, ${outputSize.join("x")} after the operator`;
    this.complain(slot, "operator", "AI1805", message, "Use smaller windows or larger data.");
  }

  private checkAddedRows(slot: YamlSlot, [rows, columns]: Pair): void {
    const { buffer_insert } = slot.layer.values;
    if (buffer_insert === undefined || buffer_insert === rows) return;
    const message = `layer ${slot.index} adds ${buffer_insert} rows to the rolling buffer, but its result is ${rows}x${columns}`;
    this.complain(
      slot,
      "buffer_insert",
      "AI1808",
      message,
      `Write 'buffer_insert: ${rows}', or make the result smaller.`,
    );
  }

  private complain(
    slot: YamlSlot,
    key: keyof YamlSlot["layer"]["values"],
    code: string,
    message: string,
    hint: string,
  ): void {
    this.diagnostics.push(yamlError(code, message, slot.layer.places[key] ?? slot.layer.at, hint));
  }
}

const shape = (channels: number, size: Pair): Shape => ({ channels, height: size[0], width: size[1] });
const rowsByColumns = ({ height, width }: Shape): string => `${height}x${width}`;

const isEltwise = (operator: string): operator is EltwiseKind => ["add", "sub", "xor", "or"].includes(operator);

function eltwiseOf(slot: YamlSlot): LayerEltwise | null {
  const { eltwise, operands, pool_first } = slot.layer.values;
  const operator = operatorOf(slot.layer);
  const operation = eltwise ?? (isEltwise(operator) ? operator : undefined);
  if (operation === undefined) return null;
  return { operation, operands: operands ?? 2, poolFirst: pool_first ?? true };
}

/** One-dimensional data have no columns to pool. */
function poolOf(slot: YamlSlot, conv: LayerConvolution["kind"] | null, size: Pair): LayerPool | null {
  const { max_pool, avg_pool, pool_stride, pool_dilation } = slot.layer.values;
  const oneDimensional = conv === "conv1d" || (conv === null && size[1] === 1);
  const cut = (pair: Pair | undefined): Pair => (oneDimensional ? [pair?.[0] ?? 1, 1] : (pair ?? [1, 1]));
  const [window, stride] = [cut(max_pool ?? avg_pool), cut(pool_stride)];
  if (window[0] * window[1] * stride[0] * stride[1] === 1) return null;
  const kind = max_pool === undefined && avg_pool !== undefined ? "average" : "max";
  return { kind, size: window, stride, dilation: cut(pool_dilation) };
}

/** Windows of (size - 1) * dilation + 1 rows or columns. */
function pooled(size: Pair, pool: LayerPool | null): Pair {
  if (pool === null) return size;
  const along = (axis: 0 | 1): number => {
    const window = (pool.size[axis] - 1) * pool.dilation[axis] + 1;
    return Math.floor((size[axis] - window) / pool.stride[axis]) + 1;
  };
  return [along(0), along(1)];
}

function convolved(size: Pair, conv: YamlGeometry["convolution"]): Pair {
  if (conv === null) return size;
  const along = (axis: 0 | 1): number => {
    // A Conv1d has no window along its second axis.
    const reach = (conv.kernel[axis] - 1) * conv.dilation;
    const padding = 2 * conv.padding[axis];
    if (conv.kind === "convTranspose2d")
      return (size[axis] - 1) * conv.stride - padding + reach + conv.outputPadding + 1;
    return Math.floor((size[axis] - reach - 1 + padding) / conv.stride) + 1;
  };
  return [along(0), conv.kind === "conv1d" ? size[1] : along(1)];
}

function kernelOf(slot: YamlSlot, kind: LayerConvolution["kind"]): Pair {
  const given = slot.layer.values.kernel_size;
  if (kind === "linear") return [1, 1];
  if (kind === "conv1d") return [given?.rows ?? 9, 1];
  return given === undefined ? [3, 3] : [given.rows, given.columns ?? given.rows];
}
