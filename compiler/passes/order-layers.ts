import type { Model } from "../../dsl/model.ts";
import { STOP } from "../../dsl/check-sequence.ts";
import type { NetworkSequence } from "../ir/network-sequence.ts";
import type { Findings } from "./context.ts";
import { resultOf, type LayerDraft } from "./layer-draft.ts";
import { snoopValues } from "./snoop-values.ts";

/** Layers as they run. */
export interface LayerOrder {
  readonly drafts: readonly LayerDraft[];
  readonly sequence: NetworkSequence | undefined;
}

/**
 * Follows what the model says about the order of execution; `numbered` are the layers by their numbers. Every layer
 * must run exactly once (AI1540), and operators that are named must be part of a layer (AI1541).
 */
export function orderLayers(model: Model, numbered: readonly LayerDraft[], findings: Findings): LayerOrder {
  const { sequence, snoop } = model;
  if (sequence === undefined && snoop === undefined) return { drafts: numbered, sequence: undefined };
  const numberOf = (name: string): number | undefined => {
    const number = numbered.findIndex(({ nodes }) => nodes.some((node) => node.name === name));
    if (number >= 0) return number;
    findings.error("AI1541", model, `"${name}" is named in the sequence, but not part of any layer`, partOfLayer);
    return undefined;
  };
  const executed = follow(model, numbered, numberOf, findings);
  const named = (names: readonly string[]): number[] => names.flatMap((name) => numberOf(name) ?? []);
  const index = (number: number): number => executed.indexOf(number);
  const onSnoop = Object.entries(sequence?.onSnoop ?? {}).flatMap(([from, to]) => {
    const [layer, next] = named([from, to]);
    return layer === undefined || next === undefined ? [] : [{ layer: index(layer), next: index(next) }];
  });
  const inOrder = executed.every((number, i) => number === i);
  return {
    drafts: executed.map((number) => numbered[number] as LayerDraft),
    sequence: {
      positions: inOrder ? null : executed,
      onSnoop,
      snoop: snoop === undefined ? null : snoopValues(snoop),
      simulated: sequence?.simulated === undefined ? null : named(sequence.simulated).map(index),
    },
  };
}

const partOfLayer = "name a convolution, a pooling, or what combines tensors";

/** Numbers of layers as they run; in order when following finds a mistake. */
function follow(
  { sequence = {} }: Model,
  numbered: readonly LayerDraft[],
  numberOf: (name: string) => number | undefined,
  findings: Findings,
): readonly number[] {
  const natural = numbered.map((_, number) => number);
  const next: (number | undefined)[] = natural.map((number) => natural[number + 1]);
  for (const [from, to] of Object.entries(sequence.next ?? {})) {
    const number = numberOf(from);
    const target = to === STOP ? undefined : numberOf(to);
    if (number !== undefined) next[number] = target;
  }
  const start = sequence.start === undefined ? 0 : numberOf(sequence.start);
  if (findings.failed) return natural;
  const executed: number[] = [];
  for (let number = start; number !== undefined; number = next[number]) {
    if (executed.includes(number)) {
      const [last, first] = [executed.at(-1) as number, number].map((one) => resultOf(numbered[one] as LayerDraft));
      const message = `execution returns from '${last?.name}' to '${first?.name}', which has run already`;
      findings.error("AI1540", last ?? null, message, `end it with "${STOP}"`);
      return natural;
    }
    executed.push(number);
  }
  const missing = natural.filter((number) => !executed.includes(number));
  for (const number of missing) {
    const node = resultOf(numbered[number] as LayerDraft);
    const message = `'${node.name}' never runs: no layer leads to it`;
    findings.error("AI1540", node, message, "lead execution there with sequence.next, or remove it");
  }
  return missing.length > 0 ? natural : executed;
}
