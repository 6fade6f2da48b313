import type { Model, ModelNode } from "../../dsl/model.ts";
import { invariant } from "../../dsl/diagnostic.ts";

/** The nodes that read each node, one entry per use. Indexed by node id. */
export function consumersOf(model: Model): readonly (readonly ModelNode[])[] {
  const consumers: ModelNode[][] = model.nodes.map(() => []);
  for (const node of model.nodes) for (const input of node.inputs) consumers[input]?.push(node);
  return consumers;
}

/** Nodes whose results must be in memory in the end: outputs, and what is read out instead of them. */
export function readOut({ outputs, unload = [], nodes }: Model): readonly number[] {
  const unloaded = unload.flatMap((item) =>
    "tensor" in item ? nodes.filter(({ name }) => name === item.tensor).map(({ id }) => id) : [],
  );
  return [...outputs, ...unloaded];
}

/** The only reader of a node, or null when there are several, none, or the node is read out. */
export function onlyConsumer(model: Model, consumers: readonly (readonly ModelNode[])[], id: number): ModelNode | null {
  const readers = consumers[id] ?? [];
  return readers.length === 1 && !readOut(model).includes(id) ? (readers[0] ?? null) : null;
}

export function nodeAt(model: { readonly nodes: readonly ModelNode[] }, id: number | undefined): ModelNode {
  const node = id === undefined ? undefined : model.nodes[id];
  invariant(node, `the model has no node ${id}`);
  return node;
}

/** Appends a node to the new model and returns its id; the id given with it is ignored. */
export type Emit = (node: ModelNode) => number;

/**
 * Rebuilds a model node by node. `visit` sees every node with its inputs already renumbered and returns the id of
 * the node that takes its place: what it emits, one of its inputs to drop it, or null when nothing reads it.
 */
export function rewriteModel(
  model: Model,
  visit: (node: ModelNode, emit: Emit, nodes: readonly ModelNode[]) => number | null,
): Model {
  const nodes: ModelNode[] = [];
  const emit: Emit = (node) => {
    invariant(
      node.inputs.every((input) => input >= 0),
      `'${node.name}' reads an operator that was removed`,
    );
    return nodes.push({ ...node, id: nodes.length }) - 1;
  };
  const moved: number[] = [];
  const newId = (old: number): number => {
    const id = moved[old];
    invariant(id !== undefined, `node ${old} is read before it is defined`);
    return id;
  };
  for (const node of model.nodes) {
    moved[node.id] = visit({ ...node, inputs: node.inputs.map(newId) }, emit, nodes) ?? -1;
  }
  return { ...model, nodes, outputs: model.outputs.map(newId) };
}

/** A name that no node has yet: the wanted one, or with a number behind it. */
export function freshName(wanted: string, taken: (name: string) => boolean): string {
  if (!taken(wanted)) return wanted;
  for (let number = 2; ; number++) if (!taken(`${wanted}_${number}`)) return `${wanted}_${number}`;
}
