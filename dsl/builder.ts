import type { DeviceName } from "../targets/accelerator/device.ts";
import type { Diagnostic, SourceLocation } from "./diagnostic.ts";
import type { InputNode, Model, ModelNode, NodeKind, Pins, Shape } from "./model.ts";
import { type CapturedSource, decodeSource } from "./source-location.ts";

type Draft<N> = { -readonly [K in keyof N]: N[K] };
type WithoutIdentity<N> = N extends ModelNode ? Omit<N, "id" | "name" | "source"> : never;

/** A node before it has a name; `name` is what the user wrote. */
export type NewNode = WithoutIdentity<ModelNode> & { readonly name: string | undefined };

interface Entry {
  readonly node: Draft<ModelNode>;
  givenName: string | undefined;
  readonly captured: CapturedSource;
}

/** Everything `defineModel` collects while the user's function runs. */
export class GraphBuilder {
  readonly #nodes: Entry[] = [];
  readonly #problems: { problem: Diagnostic; captured: CapturedSource | undefined }[] = [];
  #pinsByName: { readonly table: Readonly<Record<string, Pins>>; readonly captured: CapturedSource } | null = null;

  node(id: number): ModelNode {
    return this.#entry(id).node;
  }

  add(description: NewNode, captured: CapturedSource): number {
    const { name, ...fields } = description;
    const id = this.#nodes.length;
    this.#nodes.push({ node: { id, name: "", ...fields } as Draft<ModelNode>, givenName: name, captured });
    return id;
  }

  /** Pins of operators by name, given with the whole model; what a call pins wins. */
  pinByName(table: Readonly<Record<string, Pins>>, captured: CapturedSource): void {
    this.#pinsByName = { table, captured };
  }

  pin(id: number, pins: Pins): void {
    const { node } = this.#entry(id);
    node.pins = { ...node.pins, ...pins };
  }

  rename(id: number, name: string): void {
    this.#entry(id).givenName = name;
  }

  foldInput(id: number, fold: number, shape: Shape): void {
    const node = this.#entry(id).node as Draft<InputNode>;
    node.fold = fold;
    node.shape = shape;
  }

  hasConsumers(id: number): boolean {
    return this.#nodes.some(({ node }) => node.inputs.includes(id));
  }

  report(code: string, message: string, captured: CapturedSource | undefined, hint?: string): void {
    const problem: Diagnostic = { code, severity: "error", message, ...(hint === undefined ? {} : { hint }) };
    this.#problems.push({ problem, captured });
  }

  /** Names the nodes, decodes source positions and freezes the graph. */
  finish(name: string, devices: readonly DeviceName[], outputs: readonly number[]): Model {
    this.#nameNodes();
    this.#applyPinsByName();
    const nodes = this.#nodes.map(({ node, captured }) => {
      const source = decodeSource(captured);
      return Object.freeze(source === undefined ? node : { ...node, source }) as ModelNode;
    });
    return { name, devices, nodes, outputs };
  }

  /** Mistakes that cannot be seen in the finished graph, in the order they were made. */
  problems(): Diagnostic[] {
    return this.#problems.map(({ problem, captured }) => located(problem, captured && decodeSource(captured)));
  }

  #entry(id: number): Entry {
    return this.#nodes[id] as Entry;
  }

  /** Names given by the user win; the others are numbered per kind and avoid them. */
  #nameNodes(): void {
    const taken = new Map<string, CapturedSource>();
    for (const entry of this.#nodes) {
      if (entry.givenName === undefined) continue;
      const first = taken.get(entry.givenName);
      if (first === undefined) {
        taken.set(entry.givenName, entry.captured);
        entry.node.name = entry.givenName;
      } else this.#reportDuplicate(entry.givenName, entry.captured, first);
    }
    const counters = new Map<NodeKind, number>();
    for (const { node, captured } of this.#nodes) {
      if (node.name !== "") continue;
      node.name = nextName(node.kind, counters, taken);
      taken.set(node.name, captured);
    }
  }

  #applyPinsByName(): void {
    if (this.#pinsByName === null) return;
    const { table, captured } = this.#pinsByName;
    for (const [name, pins] of Object.entries(table)) {
      const node = this.#nodes.find((entry) => entry.node.name === name)?.node;
      if (node !== undefined) node.pins = { ...pins, ...node.pins };
      else {
        const hint = "name the operator like this, or remove the entry";
        this.report("AI1041", `pins are given for "${name}", but no operator has this name`, captured, hint);
      }
    }
  }

  #reportDuplicate(name: string, captured: CapturedSource, first: CapturedSource): void {
    const problem: Diagnostic = {
      code: "AI1004",
      severity: "error",
      message: `two operators are named "${name}"`,
      hint: "leave the name out to have one made, or choose another",
      notes: [located({ message: "the first one is here" }, decodeSource(first))],
    };
    this.#problems.push({ problem, captured });
  }
}

function nextName(kind: NodeKind, counters: Map<NodeKind, number>, taken: ReadonlyMap<string, unknown>): string {
  if (kind === "input" && !taken.has("input")) return "input";
  for (;;) {
    const count = (counters.get(kind) ?? 0) + 1;
    counters.set(kind, count);
    const name = `${kind}_${count}`;
    if (!taken.has(name)) return name;
  }
}

function located<T extends object>(value: T, location: SourceLocation | undefined): T {
  return location === undefined ? value : { ...value, location };
}
