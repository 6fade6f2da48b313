import type { Model } from "../../dsl/model.ts";
import type { PassContext, PassResult } from "./context.ts";
import { Findings } from "./context.ts";
import { nodeAt, readOut, rewriteModel } from "./model-graph.ts";

/** Removes operators that no result depends on and nobody gave a layer; each gets a warning (AI1510). */
export function dropUnused(_context: PassContext, model: Model): PassResult<Model> {
  const findings = new Findings();
  const pinned = model.nodes.filter(({ pins }) => pins?.layer !== undefined);
  const needed = new Set([...readOut(model), ...pinned.map(({ id }) => id)]);
  for (const node of model.nodes.toReversed()) {
    if (needed.has(node.id)) for (const input of node.inputs) needed.add(input);
  }
  const output = rewriteModel(model, (node, emit) => {
    // The input stays even when nothing reads it: the network must say what it expects.
    if (needed.has(node.id) || node.kind === "input") return emit(node);
    const message = `no result depends on '${nodeAt(model, node.id).name}'; it is left out`;
    findings.warning("AI1510", node, message, "Return it from the model, or remove it.");
    return null;
  });
  return findings.result(output);
}
