import type { EltwiseNode, Model, ModelNode, PoolNode, RollingBufferNode, WeightedNode } from "../../dsl/model.ts";
import { readsWholeSplit } from "../../dsl/check-graph.ts";
import { invariant } from "../../dsl/diagnostic.ts";
import type { Network } from "../ir/network.ts";
import type { PassContext, PassResult } from "./context.ts";
import { Findings } from "./context.ts";
import { whyNotTogether } from "./fusion-rules.ts";
import type { StagePlan } from "./fusion-rules.ts";
import type { LayerDraft } from "./layer-draft.ts";
import { pinnedLayer, poolOf, resultOf, samePair, samePool, writtenBy } from "./layer-draft.ts";
import { sameShape } from "./shape.ts";
import { consumersOf, freshName, nodeAt, onlyConsumer, readOut } from "./model-graph.ts";
import { buildNetwork } from "./build-network.ts";
import { isActivation, isEltwise, isPool, isWeighted } from "./operators.ts";
import type { View } from "./views.ts";
import {
  isOneTensor,
  isPlain,
  joinedSlices,
  plainView,
  sameCut,
  viewOfConcat,
  viewOfRows,
  viewThrough,
} from "./views.ts";
import type { QuantizedSet } from "./weights.ts";

/**
 * Collects operators into hardware layers: what one layer does in flight becomes one layer, as far as the device
 * can. Operators pinned to one layer number are collected whatever the rules say (the verifier judges them).
 * Every operator has weights; activations follow a convolution that nothing else reads (`carryActivations`).
 */
export function fuseLayers(
  context: PassContext,
  { model, weights }: { readonly model: Model; readonly weights: QuantizedSet },
): PassResult<Network> {
  const findings = new Findings();
  const drafts = new LayerCollector(context, model, weights, findings).collect();
  if (findings.failed) return { diagnostics: findings.diagnostics };
  return findings.result(buildNetwork(context, model, weights, drafts, findings));
}

class LayerCollector {
  readonly #context: PassContext;
  readonly #model: Model;
  readonly #weights: QuantizedSet;
  readonly #findings: Findings;
  readonly #consumers: readonly (readonly ModelNode[])[];
  /** By the node whose result the layer delivers. */
  readonly #drafts = new Map<number, LayerDraft>();
  readonly #views = new Map<number, View>();

  constructor(context: PassContext, model: Model, weights: QuantizedSet, findings: Findings) {
    this.#context = context;
    this.#model = model;
    this.#weights = weights;
    this.#findings = findings;
    this.#consumers = consumersOf(model);
  }

  collect(): LayerDraft[] {
    for (const node of this.#model.nodes) this.#take(node);
    for (const output of readOut(this.#model)) {
      if (!this.#drafts.has(output)) this.#copy(nodeAt(this.#model, output));
    }
    return [...this.#drafts.values()];
  }

  #take(node: ModelNode): void {
    if (isPool(node)) this.#takePool(node);
    else if (isEltwise(node)) this.#takeEltwise(node);
    else if (isWeighted(node)) this.#takeConvolution(node);
    else if (isActivation(node)) this.#takeActivation(node);
    else if (node.kind === "passthrough") this.#takePassthrough(node);
    else if (node.kind === "input") this.#views.set(node.id, plainView(node.id, node.shape));
    else if (node.kind === "concat") this.#takeConcat(node, viewOfConcat);
    else if (node.kind === "concatRows") this.#takeConcat(node, viewOfRows);
    else if (node.kind === "rollingBuffer") this.#takeRollingBuffer(node);
    // Parts are read by element-wise operators only, which look at what was split.
    else if (node.kind === "split") return;
    else this.#takeView(node);
  }

  #takePool(node: PoolNode): void {
    const pool = poolOf(node);
    const draft = this.#openLayer(node);
    if (draft !== null && draft.eltwise !== null && draft.pool === null && draft.convolution === null) {
      const eltwise = { ...draft.eltwise, poolFirst: false };
      if (this.#agree(draft, node, { pool, eltwise }))
        return this.#extend(draft, node, { pool, eltwise, pooled: node.shape });
    }
    const created = this.#start(node, this.#readable(node));
    created.pool = pool;
    created.pooled = node.shape;
  }

  #takeEltwise(node: EltwiseNode): void {
    const parts = node.inputs.map((input) => nodeAt(this.#model, input));
    if (readsWholeSplit(parts)) return this.#takeParts(node, parts);
    const pooled = this.#pooledOperands(node);
    if (pooled !== null) return this.#mergeOperands(node, pooled);
    const view = this.#viewOfOperands(node);
    const draft = this.#start(node, view);
    draft.eltwise = { operation: node.kind, operands: node.inputs.length, poolFirst: true };
  }

  /** The operands side by side: cropped and cut anew by the layer itself where all are alike, else copied as they are. */
  #viewOfOperands(node: EltwiseNode): View {
    const views = node.inputs.map((input) => this.#view(input));
    const [first] = views;
    if (first !== undefined && views.every((view) => isOneTensor(view) && sameCut(view, first))) {
      const via = [...new Set(views.flatMap((view) => view.via))];
      const slices = joinedSlices(views, this.#channelsOf);
      return { ...first, parts: views.flatMap((view) => view.parts), ...slices, via };
    }
    return { ...plainView(-1, node.shape), parts: node.inputs.map((input) => this.#tensor(input)) };
  }

  /** The operands are groups of channels of one tensor, which may be pooled in the same layer. */
  #takeParts(node: EltwiseNode, parts: readonly ModelNode[]): void {
    const whole = parts[0]?.inputs[0] ?? -1;
    const { channels } = node.shape;
    const eltwise = { operation: node.kind, operands: parts.length, poolFirst: true };
    const draft = this.#pooledForParts(node, whole, parts);
    if (draft?.pool && this.#agree(draft, node, { channels, pool: draft.pool, eltwise })) {
      const { input, pooled } = draft;
      const changes = { eltwise, input: { ...input, channels }, pooled: { ...pooled, channels } };
      this.#drafts.delete(whole);
      draft.nodes.push(...parts, node);
      this.#drafts.set(node.id, Object.assign(draft, changes));
      return;
    }
    const view = this.#view(whole);
    const readable = isOneTensor(view) && view.slices === undefined;
    const read = readable ? view : plainView(this.#tensor(whole), view.shape);
    const created = this.#start(node, { ...read, shape: { ...read.shape, channels }, via: [...read.via, ...parts] });
    created.eltwise = eltwise;
  }

  /** The layer that pools what is split, when nothing else reads its result and it does nothing else. */
  #pooledForParts(node: EltwiseNode, whole: number, parts: readonly ModelNode[]): LayerDraft | null {
    const draft = this.#drafts.get(whole);
    if (!draft || draft.closed || draft.eltwise || draft.convolution || draft.sources.length > 1) return null;
    const alone = (id: number, readers: readonly ModelNode[]) =>
      !readOut(this.#model).includes(id) && this.#consumers[id]?.every((reader) => readers.includes(reader));
    if (!alone(whole, parts) || !parts.every(({ id }) => alone(id, [node]))) return null;
    const [pinned, wanted] = [pinnedLayer(draft), node.pins?.layer];
    return pinned !== undefined && wanted !== undefined && pinned !== wanted ? null : draft;
  }

  /** The layers of all operands, when each only pools, all alike, and nothing else reads their results. */
  #pooledOperands(node: EltwiseNode): readonly LayerDraft[] | null {
    const drafts = node.inputs.map((input) => this.#openLayer(node, input));
    const [first] = drafts;
    if (!first?.pool || new Set(drafts).size !== drafts.length) return null;
    const { pool, crop, input } = first;
    const alike = drafts.every(
      (draft) =>
        draft?.pool &&
        draft.eltwise === null &&
        draft.convolution === null &&
        draft.sources.length === 1 &&
        samePool(draft.pool, pool) &&
        samePair(draft.crop, crop) &&
        sameShape(draft.input, input),
    );
    if (!alike) return null;
    const eltwise = { operation: node.kind, operands: drafts.length, poolFirst: true };
    return this.#agree(first, node, { eltwise }) ? (drafts as LayerDraft[]) : null;
  }

  #mergeOperands(node: EltwiseNode, drafts: readonly LayerDraft[]): void {
    const [first] = drafts;
    invariant(first, "an element-wise operator has operands");
    for (const draft of drafts) this.#drafts.delete(resultOf(draft).id);
    const views = drafts.map(({ sources, slices }) => ({ parts: sources, ...(slices && { slices }) }));
    this.#drafts.set(node.id, {
      ...first,
      ...joinedSlices(views, this.#channelsOf),
      nodes: [...drafts.flatMap((draft) => draft.nodes), node],
      sources: drafts.flatMap((draft) => draft.sources),
      eltwise: { operation: node.kind, operands: drafts.length, poolFirst: true },
    });
  }

  #takeConvolution(node: WeightedNode): void {
    const bias = (this.#weights.get(node.name)?.bias ?? null) !== null;
    const convolution = { ...node, bias };
    const draft = this.#openLayer(node);
    if (draft !== null && draft.convolution === null && this.#agree(draft, node, { convolution })) {
      return this.#extend(draft, node, { convolution: node, activation: node.activation });
    }
    const view = this.#view(node.inputs[0]);
    if (view.flatten && !readsPixelsAlone(node)) this.#refuseFlatten(node);
    const flattened = this.#flattensResult(node, view);
    if (flattened !== null && this.#agree(flattened, node, { flatten: true, convolution })) {
      const changes = { flatten: true, convolution: node, activation: node.activation };
      return this.#extend(flattened, node, changes, view.via);
    }
    const created = this.#start(node, view);
    created.flatten = view.flatten;
    created.convolution = node;
    created.activation = node.activation;
  }

  /** The layer that makes what the node flattens, when it may take more operators and only the node reads its result. */
  #flattensResult(node: WeightedNode, view: View): LayerDraft | null {
    const [made = -1] = view.parts;
    const alone = view.via.length === 1 && this.#consumers[node.inputs[0] ?? -1]?.length === 1;
    if (!view.flatten || view.parts.length > 1 || !alone) return null;
    const draft = this.#openLayer(node, made);
    return draft !== null && draft.convolution === null ? draft : null;
  }

  #takeActivation(node: ModelNode & { readonly kind: "relu" | "abs" }): void {
    const draft = this.#openLayer(node);
    if (draft !== null && draft.convolution !== null && draft.activation === null) {
      return this.#extend(draft, node, { activation: node.kind });
    }
    const message = `'${node.name}' is pinned to another layer than the convolution it activates`;
    this.#findings.error("AI1506", node, message, "Pin both to the same layer.");
    this.#start(node, this.#readable(node));
  }

  #takePassthrough(node: ModelNode): void {
    const draft = this.#openLayer(node);
    if (draft !== null && draft.convolution === null) this.#extend(draft, node, { closed: true });
    else this.#start(node, this.#readable(node)).closed = true;
  }

  #takeView(node: ModelNode): void {
    const [input = -1] = node.inputs;
    const before = this.#view(input);
    if (before.flatten) this.#refuseFlatten(node);
    if (node.kind === "reshape" && node.shape.channels !== before.shape.channels) {
      const message = `'${node.name}' turns ${before.shape.channels} channels into ${node.shape.channels}; a reshape keeps the channels`;
      this.#findings.error("AI1503", node, message, "Change rows and columns only.");
    }
    const view = viewThrough(node, before) ?? viewThrough(node, this.#copied(input));
    this.#views.set(node.id, view ?? plainView(input, node.shape));
  }

  #takeConcat(node: ModelNode, viewOf: typeof viewOfConcat): void {
    const views = node.inputs.map((input) => this.#view(input));
    const { view, copy } = viewOf(node, views, this.#channelsOf);
    if (view !== null) return void this.#views.set(node.id, view);
    const readable = views.map((input, i) => (copy[i] ? this.#copied(node.inputs[i] ?? -1) : input));
    this.#views.set(node.id, viewOf(node, readable, this.#channelsOf).view ?? plainView(-1, node.shape));
  }

  /** A copy moves the rows that stay to the front; readers find them and then the newest rows, where their layer puts them. */
  #takeRollingBuffer(node: RollingBufferNode): void {
    const newest = this.#tensor(node.inputs[0] ?? -1);
    const { channels, height, width } = node.shape;
    const added = nodeAt(this.#model, newest).shape.height;
    const kept = { channels, height: height - added, width };
    const keeps = this.#model.nodes.length + node.id;
    const parts = [keeps, newest];
    const draft = { ...draftOf([node], { ...plainView(-1, kept), parts, crop: [added, 0] }), closed: true, keeps };
    this.#drafts.set(writtenBy(draft), draft);
    this.#views.set(node.id, { ...plainView(-1, node.shape), parts, stacked: true });
  }

  /** The layer that makes an input of `node`, when it may take more operators and only `node` reads its result. */
  #openLayer(node: ModelNode, input = node.inputs[0] ?? -1): LayerDraft | null {
    const draft = this.#drafts.get(input);
    if (draft === undefined || draft.closed) return null;
    if (onlyConsumer(this.#model, this.#consumers, input) === null) return null;
    const [pinned, wanted] = [pinnedLayer(draft), node.pins?.layer];
    return pinned !== undefined && wanted !== undefined && pinned !== wanted ? null : draft;
  }

  /** True when the device can do the additional stage in the same layer, or the user insists. */
  #agree(draft: LayerDraft, node: ModelNode, addition: Partial<StagePlan>): boolean {
    const wanted = node.pins?.layer;
    if (wanted !== undefined && wanted === pinnedLayer(draft)) return true;
    const { eltwise, pool, flatten, input } = draft;
    const { channels, width: columns } = input;
    const plan: StagePlan = { channels, columns, eltwise, pool, flatten, convolution: null, ...addition };
    return whyNotTogether(plan, this.#context.device, this.#context.options) === null;
  }

  #extend(draft: LayerDraft, node: ModelNode, changes: Partial<LayerDraft>, via: readonly ModelNode[] = []): void {
    this.#drafts.delete(resultOf(draft).id);
    draft.nodes.push(...via, node);
    Object.assign(draft, changes);
    this.#drafts.set(node.id, draft);
  }

  #start(node: ModelNode, view: View): LayerDraft {
    const draft = draftOf([...view.via.filter((via) => !this.#drafts.has(via.id)), node], view);
    this.#drafts.set(node.id, draft);
    return draft;
  }

  #view(id: number | undefined): View {
    const node = nodeAt(this.#model, id);
    return this.#views.get(node.id) ?? plainView(node.id, node.shape);
  }

  /** Channels of a tensor in memory. Rolling buffers have ids behind all nodes, for the rows that they keep. */
  readonly #channelsOf = (id: number): number =>
    nodeAt(this.#model, id < this.#model.nodes.length ? id : id - this.#model.nodes.length).shape.channels;

  /** The view of a node's input by an operator that cannot flatten. */
  #readable(node: ModelNode): View {
    const view = this.#view(node.inputs[0]);
    if (view.flatten) this.#refuseFlatten(node);
    return view;
  }

  /** The id of a tensor in memory that holds exactly this node's result. */
  #tensor(id: number): number {
    const view = this.#view(id);
    return isPlain(view) ? (view.parts[0] ?? id) : (this.#copied(id).parts[0] as number);
  }

  /** Makes the result of a view a tensor of its own. */
  #copied(id: number): View {
    const node = nodeAt(this.#model, id);
    if (!this.#drafts.has(id)) this.#copy(node);
    return plainView(id, node.shape);
  }

  #copy(node: ModelNode): void {
    const view = this.#view(node.id);
    if (view.flatten) this.#refuseFlatten(node);
    const via = view.via.filter((other) => other.id !== node.id);
    this.#start(node.kind === "rollingBuffer" ? this.#copyOfBuffer(node) : node, { ...view, via }).closed = true;
  }

  /** The name of a rolling buffer and its pins belong to the layer that moves it. */
  #copyOfBuffer(node: ModelNode): ModelNode {
    const { pins: _, ...rest } = node;
    return { ...rest, name: freshName(`${node.name}_copy`, (name) => this.#model.nodes.some((n) => n.name === name)) };
  }

  #refuseFlatten(node: ModelNode): void {
    const message = `'${node.name}' uses flattened data; only a linear operator can read it`;
    this.#findings.error("AI1502", node, message, "Flatten directly in front of a linear operator.");
  }
}

const draftOf = (nodes: ModelNode[], view: View): LayerDraft => ({
  nodes,
  sources: view.parts,
  ...(view.slices === undefined ? {} : { slices: view.slices }),
  crop: view.crop,
  input: view.shape,
  eltwise: null,
  pool: null,
  pooled: view.shape,
  flatten: false,
  convolution: null,
  activation: null,
  closed: false,
});

/** Flattening leaves one pixel: only operators that look at single pixels make sense of it. */
const readsPixelsAlone = (node: WeightedNode): boolean =>
  node.kind === "linear" || (node.kind === "conv2d" && samePair(node.kernel, [1, 1]) && samePair(node.padding, [0, 0]));
